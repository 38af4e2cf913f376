"""What MLflow's accounts are asked, on its own server and on ours: written by hand, then by a seed.

And what may differ, with its reason."""

import random

from differential import Allowed, Call, Normal

USERS2 = "/api/2.0/mlflow/users/"
GRANTS = "/api/3.0/mlflow/users/permissions/"
ROLES = "/api/3.0/mlflow/roles/"
PASSWORD = "correct horse battery"
NAMES = ("ann", "bob", "cid")


def kind_of(key, parent):
    if key == "id":
        return "user" if "username" in parent else "role" if "workspace" in parent else "none"
    if key == "resource_pattern":
        return "exp" if parent["resource_type"] == "experiment" and parent[key] != "*" else None
    return {"user_id": "user", "role_id": "role", "experiment_id": "exp"}.get(key)


NORMAL = Normal(kind_of, volatile={"description"})

# Our four roles, as MLflow's administrator would make them.
FIXED = {"viewer": "READ", "editor": "EDIT", "maintainer": "MANAGE", "admin": "MANAGE"}
ON_WORKSPACE = {"editor": "USE", "maintainer": "USE", "admin": "MANAGE"}


def world():
    calls = [Call("boss", "GET", USERS2 + "current", save={"user:boss": "user.id"})]
    for name in NAMES:
        calls.append(Call("boss", "POST", USERS2 + "create", {"username": name, "password": PASSWORD},
                          {f"user:{name}": "user.id"}))
    for name in ("red", "blue"):
        calls.append(Call("boss", "POST", "/api/2.0/mlflow/experiments/create", {"name": name},
                          {f"exp:{name}": "experiment_id"}))
        calls.append(Call("boss", "POST", "/api/2.0/mlflow/registered-models/create",
                          {"name": f"model-{name}"}, only="ours"))
        calls.append(Call("boss", "POST", "/api/2.0/mlflow/registered-models/create",
                          {"name": f"model-{name}"}, only="peer"))
    for number, (role, level) in enumerate(FIXED.items(), 1):
        calls.append(Call("boss", "POST", ROLES + "create",
                          {"workspace": "default", "name": role, "description": "x"},
                          {f"role:{role}": "role.id"}, only="peer"))
        calls.append(Call("boss", "GET", f"{ROLES}get?role_id={number}", None,
                          {f"role:{role}": "role.id"}, only="ours"))
        granted = [(t, level) for t in ("experiment", "registered_model", "prompt")]
        if role in ON_WORKSPACE:
            granted.append(("workspace", ON_WORKSPACE[role]))
        for kind, permission in granted:
            calls.append(Call("boss", "POST", ROLES + "permissions/add",
                              {"role_id": f"{{role:{role}}}", "resource_type": kind,
                               "resource_pattern": "*", "permission": permission}, only="peer"))
    return calls + roles_of_ones_own()


def rule(role, kind, on, permission):
    return {"role_id": f"{{role:{role}}}", "resource_type": kind, "resource_pattern": on,
            "permission": permission}


# What painter and printer say to begin with.
RULES = {"red": ("painter", "experiment", "{exp:red}", "READ"),
         "all": ("painter", "experiment", "*", "READ"),
         "model": ("painter", "registered_model", "model-red", "EDIT"),
         "blue": ("printer", "experiment", "{exp:blue}", "MANAGE"),
         "models": ("printer", "registered_model", "*", "USE")}


def roles_of_ones_own():
    calls = [Call("boss", "POST", ROLES + "create", {"workspace": "default", "name": role},
                  {f"role:{role}": "role.id"}) for role in ("painter", "printer")]
    return calls + [Call("boss", "POST", ROLES + "permissions/add", rule(*said),
                         {f"perm:{name}": "role_permission.id"}) for name, said in RULES.items()]


def about(user, kind="experiment", on="{exp:red}", **more):
    return {"username": user, "resource_type": kind, "resource_id": on, **more}


def query(user, kind="experiment", on="{exp:red}"):
    return f"get?username={user}&resource_type={kind}&resource_id={on}"


def scripted():
    """Each route: as meant, with what is missing or unknown, twice, and by who may not."""
    c = []

    def call(who, verb, path, message=None, **more):
        c.append(Call(who, verb, path, message, **more))
    # Users.
    for user in ("boss", "ann", "nobody"):
        call("boss", "GET", f"{USERS2}get?username={user}")
        call("ann", "GET", f"{USERS2}get?username={user}")
    call("boss", "GET", USERS2 + "get")
    call("boss", "GET", USERS2 + "get?username=")
    for who in ("boss", "ann", "wrong", "nobody"):
        call(who, "GET", USERS2 + "current")
        call(who, "GET", "/ajax-api/2.0/mlflow/users/current")
        call(who, "GET", USERS2 + "list")
    for message in ({"username": "ann", "password": PASSWORD}, {"username": "dora"}, {"password": PASSWORD},
                    {"username": "", "password": PASSWORD}, {"username": "dora", "password": ""},
                    {"username": "dora", "password": "short"}, {},
                    {"username": "a b", "password": PASSWORD}):
        call("boss", "POST", USERS2 + "create", message)
    call("boss", "DELETE", USERS2 + "delete", {"username": "a b"}, only="peer")
    call("ann", "POST", USERS2 + "create", {"username": "dora", "password": PASSWORD})
    # Passwords.
    for who, message in (
            ("ann", {"username": "ann", "password": "another password"}),
            ("ann", {"username": "ann", "password": "another password", "current_password": "not this one"}),
            ("ann", {"username": "ann", "password": PASSWORD, "current_password": PASSWORD}),
            ("ann", {"username": "bob", "password": "another password"}),
            ("boss", {"username": "nobody", "password": "another password"}),
            ("boss", {"username": "bob", "password": "short"}),
            ("boss", {"username": "bob"}),
            ("boss", {"username": "cid", "password": "another password"}),
            ("boss", {"username": "cid", "password": PASSWORD})):
        call(who, "PATCH", USERS2 + "update-password", message)
    call("ann", "PATCH", USERS2 + "update-password",
         {"username": "ann", "password": "another password", "current_password": PASSWORD})
    call("ann", "GET", USERS2 + "current")
    call("boss", "PATCH", USERS2 + "update-password", {"username": "ann", "password": PASSWORD})
    call("ann", "GET", USERS2 + "current")
    # Administrators.
    call("ann", "PATCH", USERS2 + "update-admin", {"username": "ann", "is_admin": True})
    call("boss", "PATCH", USERS2 + "update-admin", {"username": "nobody", "is_admin": True})
    call("boss", "PATCH", USERS2 + "update-admin", {"username": "cid"})
    call("boss", "PATCH", USERS2 + "update-admin", {"username": "cid", "is_admin": True})
    call("cid", "GET", USERS2 + "current")
    call("boss", "GET", USERS2 + "list")
    call("cid", "GET", USERS2 + "get?username=ann")
    call("boss", "GET", GRANTS + query("cid"))
    call("boss", "PATCH", USERS2 + "update-admin", {"username": "cid", "is_admin": False})
    call("cid", "GET", USERS2 + "get?username=ann")
    # Grants.
    for kind, on in (("experiment", "{exp:red}"), ("registered_model", "model-red")):
        call("boss", "GET", GRANTS + query("ann", kind, on))
        call("boss", "POST", GRANTS + "revoke", about("ann", kind, on))
        call("ann", "POST", GRANTS + "grant", about("ann", kind, on, permission="MANAGE"))
        for level in ("READ", "USE", "EDIT", "DENY", "MANAGE"):
            call("boss", "POST", GRANTS + "grant", about("ann", kind, on, permission=level))
            call("boss", "POST", GRANTS + "grant", about("ann", kind, on, permission=level))
            call("ann", "GET", GRANTS + query("ann", kind, on))
            call("ann", "GET", GRANTS + query("bob", kind, on))
            call("boss", "GET", GRANTS + "list?username=ann")
            call("ann", "GET", "/api/3.0/mlflow/users/current/permissions")
            call("ann", "POST", GRANTS + "grant", about("bob", kind, on, permission="READ"))
            call("ann", "POST", GRANTS + "revoke", about("bob", kind, on))
            if level != "MANAGE":
                call("boss", "POST", GRANTS + "revoke", about("ann", kind, on))
        for level in ("NO_PERMISSIONS", "OWNER", "", "read"):
            call("boss", "POST", GRANTS + "grant", about("bob", kind, on, permission=level))
        call("boss", "POST", GRANTS + "grant", about("nobody", kind, on, permission="READ"))
        call("boss", "POST", GRANTS + "revoke", about("nobody", kind, on))
        call("boss", "GET", GRANTS + query("nobody", kind, on))
        call("boss", "POST", GRANTS + "grant", {"username": "bob", "resource_type": kind, "resource_id": on})
        call("boss", "POST", GRANTS + "grant", {"username": "bob", "resource_type": kind,
                                                "permission": "READ"})
        call("nobody", "POST", GRANTS + "grant", about("ann", kind, on, permission="READ"))
        call("boss", "POST", GRANTS + "revoke", about("ann", kind, on))
    for kind in ("workspace", "castle", "", "gateway_secret"):
        call("boss", "POST", GRANTS + "grant", about("bob", kind, "x", permission="USE"))
        call("boss", "POST", GRANTS + "revoke", about("bob", kind, "x"))
        call("boss", "GET", GRANTS + query("bob", kind, "x"))
    call("boss", "POST", GRANTS + "grant", about("bob", on="*", permission="READ"))
    call("boss", "POST", GRANTS + "revoke", about("bob", on="*"))
    call("boss", "POST", GRANTS + "grant", about("bob", on="424242", permission="READ"))
    call("bob", "POST", GRANTS + "grant", about("bob", on="424242", permission="READ"))
    call("boss", "POST", GRANTS + "revoke", about("bob", on="424242"), only="peer")
    call("boss", "GET", GRANTS + query("bob", on="434343"))
    # Roles.
    call("boss", "GET", ROLES + "list")
    call("boss", "GET", ROLES + "list?workspace=default")
    call("boss", "GET", ROLES + "list?workspace=elsewhere")
    for role in FIXED:
        call("boss", "GET", f"{ROLES}get?role_id={{role:{role}}}")
        call("boss", "GET", f"{ROLES}permissions/list?role_id={{role:{role}}}")
        call("boss", "GET", f"{ROLES}users/list?role_id={{role:{role}}}")
    for path in ("get", "permissions/list", "users/list"):
        for role in ("role_id=777", "role_id=x", "role_id=", ""):
            call("boss", "GET", f"{ROLES}{path}?{role}")
    call("ann", "GET", ROLES + "users/list?role_id={role:viewer}")
    call("cid", "GET", ROLES + "get?role_id={role:viewer}")
    for who in ("boss", "ann", "bob", "nobody"):
        call(who, "GET", "/api/3.0/mlflow/users/roles/list?username=ann")
    call("boss", "GET", "/api/3.0/mlflow/users/roles/list?username=nobody")
    call("ann", "POST", ROLES + "assign", {"username": "ann", "role_id": "{role:admin}"})
    for role in FIXED:
        call("boss", "POST", ROLES + "assign", {"username": "bob", "role_id": f"{{role:{role}}}"})
        call("boss", "POST", ROLES + "assign", {"username": "bob", "role_id": f"{{role:{role}}}"})
        call("boss", "GET", "/api/3.0/mlflow/users/roles/list?username=bob")
        call("boss", "GET", f"{ROLES}users/list?role_id={{role:{role}}}")
        call("bob", "GET", GRANTS + query("bob"))
        call("bob", "GET", GRANTS + query("bob", "registered_model", "model-blue"))
        call("bob", "GET", "/api/3.0/mlflow/users/current/permissions")
        call("boss", "GET", USERS2 + "list")
        call("boss", "DELETE", ROLES + "unassign", {"username": "bob", "role_id": f"{{role:{role}}}"})
        call("boss", "DELETE", ROLES + "unassign", {"username": "bob", "role_id": f"{{role:{role}}}"})
    call("boss", "POST", ROLES + "assign", {"username": "nobody", "role_id": "{role:viewer}"})
    call("boss", "POST", ROLES + "assign", {"username": "bob", "role_id": 777})
    call("boss", "POST", ROLES + "assign", {"username": "bob"})
    call("boss", "POST", ROLES + "assign", {"role_id": "{role:viewer}"})
    for call_of_roles in custom_roles():
        c.append(call_of_roles)
    # The end of users.
    call("ann", "DELETE", USERS2 + "delete", {"username": "bob"})
    call("boss", "DELETE", USERS2 + "delete", {"username": "boss"})
    call("boss", "DELETE", USERS2 + "delete", {"username": "nobody"})
    call("boss", "DELETE", USERS2 + "delete", {})
    call("boss", "DELETE", USERS2 + "delete", {"username": "cid"})
    call("cid", "GET", USERS2 + "current")
    call("boss", "GET", USERS2 + "get?username=cid")
    return c


def by_seed(seed, count):
    """Calls at random over what both servers know, right and wrong ones alike."""
    r = random.Random(seed)
    users = ("ann", "bob", "nobody")
    objects = (("experiment", "{exp:red}"), ("experiment", "{exp:blue}"),
               ("registered_model", "model-red"), ("registered_model", "model-blue"))
    calls = []
    for _ in range(count):
        who = r.choice(("boss", "boss", "boss", "ann", "bob"))
        user, (kind, on) = r.choice(users), r.choice(objects)
        level = r.choice(("READ", "USE", "EDIT", "MANAGE", "MANAGE", "DENY", "OWNER"))
        role = {"username": user, "role_id": "{role:viewer}"}
        calls.append(r.choice((
            Call(who, "POST", GRANTS + "grant", about(user, kind, on, permission=level)),
            Call(who, "POST", GRANTS + "grant", about(user, kind, on, permission=level)),
            Call(who, "POST", GRANTS + "revoke", about(user, kind, on)),
            Call(who, "GET", GRANTS + query(user, kind, on)),
            Call(who, "GET", GRANTS + f"list?username={user}"),
            Call(who, "GET", "/api/3.0/mlflow/users/current/permissions"),
            Call(who, "GET", USERS2 + f"get?username={user}"),
            Call(who, "POST", ROLES + "assign", role),
            Call(who, "DELETE", ROLES + "unassign", role),
            Call(who, "GET", f"/api/3.0/mlflow/users/roles/list?username={user}"),
            Call(who, "GET", ROLES + "users/list?role_id={role:viewer}"))))
    return calls


def custom_roles():
    """Roles that administrators make: what is meant, missing, unknown, twice, and by who may not."""
    c = []

    def call(who, verb, path, message=None, **more):
        c.append(Call(who, verb, path, message, **more))
    drawer = {"role_id": "{role:drawer}"}
    call("boss", "POST", ROLES + "create", {"workspace": "default", "name": "drawer"},
         save={"role:drawer": "role.id"})
    for message in ({"workspace": "default", "name": "drawer"}, {"workspace": "default", "name": "viewer"},
                    {"workspace": "default", "name": ""}, {"workspace": "default", "name": " "},
                    {"workspace": "default"}, {"name": "x"}, {"workspace": "", "name": "x"},
                    {"workspace": "default", "name": 5}, {"workspace": "default", "name": "x", "description": 5},
                    {"workspace": "default", "name": "__user_5__"}, {}):
        call("boss", "POST", ROLES + "create", message)
    call("ann", "POST", ROLES + "create", {"workspace": "default", "name": "x"})
    call("boss", "POST", ROLES + "create", {"workspace": "default", "name": "etcher", "description": "of copper"},
         save={"role:etcher": "role.id"})
    call("boss", "POST", ROLES + "create", {"workspace": "elsewhere", "name": "x"}, save={"role:x": "role.id"})
    call("boss", "DELETE", ROLES + "delete", {"role_id": "{role:x}"}, only="peer")
    call("boss", "GET", ROLES + "list")
    for role in ("drawer", "etcher"):
        for path in ("get", "permissions/list", "users/list"):
            for who in ("boss", "ann", "nobody"):
                call(who, "GET", f"{ROLES}{path}?role_id={{role:{role}}}")
    for message in ({}, {"name": "sketcher"}, {"description": "of paper"}, {"name": "etcher"}, {"name": ""},
                    {"name": "__user_5__"}, {"name": "drawer", "description": "of pencils"}):
        call("boss", "PATCH", ROLES + "update", {**drawer, **message})
        call("boss", "GET", ROLES + "get?role_id={role:drawer}")
    for who, message in (("boss", {"name": "x"}), ("boss", {"role_id": 777, "name": "x"}),
                         ("boss", {"role_id": "x", "name": "x"}), ("ann", {**drawer, "name": "x"})):
        call(who, "PATCH", ROLES + "update", message)
    # What a role says.
    add, change, remove = (f"{ROLES}permissions/{verb}" for verb in ("add", "update", "remove"))
    for kind, on in (("experiment", "{exp:red}"), ("experiment", "*"), ("registered_model", "model-red"),
                     ("registered_model", "*")):
        call("boss", "POST", add, rule("drawer", kind, on, "READ"), save={"perm:drawer": "role_permission.id"})
        call("boss", "POST", add, rule("drawer", kind, on, "EDIT"))
        for level in ("USE", "EDIT", "MANAGE", "DENY", "NO_PERMISSIONS", "OWNER", "", "read"):
            call("boss", "PATCH", change, {"role_permission_id": "{perm:drawer}", "permission": level})
            call("boss", "GET", ROLES + "permissions/list?role_id={role:drawer}")
        call("ann", "PATCH", change, {"role_permission_id": "{perm:drawer}", "permission": "READ"})
        call("ann", "DELETE", remove, {"role_permission_id": "{perm:drawer}"})
        for _ in range(2):
            call("boss", "DELETE", remove, {"role_permission_id": "{perm:drawer}"})
    for level in ("NO_PERMISSIONS", "OWNER", "", "read"):
        call("boss", "POST", add, rule("drawer", "experiment", "*", level))
    for field in ("role_id", "resource_type", "resource_pattern", "permission"):
        call("boss", "POST", add, {k: v for k, v in rule("drawer", "experiment", "*", "READ").items() if k != field})
    for message in ({"permission": "READ"}, {"role_permission_id": "{perm:drawer}"},
                    {"role_permission_id": 777777, "permission": "READ"},
                    {"role_permission_id": "x", "permission": "READ"}):
        call("boss", "PATCH", change, message)
    for message in ({}, {"role_permission_id": 777777}, {"role_permission_id": "x"}):
        call("boss", "DELETE", remove, message)
    call("boss", "POST", add, {**rule("drawer", "experiment", "*", "READ"), "role_id": 777})
    call("ann", "POST", add, rule("drawer", "experiment", "*", "READ"))
    for kind, on in (("castle", "*"), ("run", "5"), ("logged_model", "m"), ("workspace", "elsewhere")):
        call("boss", "POST", add, rule("drawer", kind, on, "USE"))
    for level in ("READ", "EDIT", "DENY"):
        call("boss", "POST", add, rule("drawer", "workspace", "*", level))
    for kind, on, level in (("scorer", "*", "READ"), ("gateway_endpoint", "*", "USE"), ("mcp_server", "*", "READ"),
                            ("run", "*", "READ"), ("trace", "*", "DENY"), ("prompt", "*", "READ"),
                            ("workspace", "*", "MANAGE"), ("experiment", "424242", "READ")):
        call("boss", "POST", add, rule("drawer", kind, on, level))
    # It counts, alone and beside others, and for nobody once it is gone.
    roles = ("drawer", "etcher", "viewer")
    call("boss", "DELETE", ROLES + "delete", drawer)
    call("boss", "POST", ROLES + "create", {"workspace": "default", "name": "drawer"},
         save={"role:drawer": "role.id"})
    call("boss", "POST", add, rule("drawer", "workspace", "*", "USE"))
    for said in (("drawer", "experiment", "{exp:red}", "EDIT"), ("drawer", "registered_model", "*", "READ"),
                 ("etcher", "experiment", "*", "READ"), ("etcher", "registered_model", "model-blue", "DENY")):
        call("boss", "POST", add, rule(*said))
    for role in roles:
        call("ann", "POST", ROLES + "assign", {"username": "ann", "role_id": f"{{role:{role}}}"})
        for _ in range(2):
            call("boss", "POST", ROLES + "assign", {"username": "cid", "role_id": f"{{role:{role}}}"})
        c.extend(what_cid_may())
    for role in roles[:1]:
        for _ in range(2):
            call("boss", "DELETE", ROLES + "unassign", {"username": "cid", "role_id": f"{{role:{role}}}"})
        c.extend(what_cid_may())
    call("boss", "DELETE", ROLES + "unassign", {"username": "nobody", "role_id": "{role:etcher}"})
    for who, message in (("ann", drawer), ("boss", {}), ("boss", {"role_id": 777}), ("boss", drawer),
                         ("boss", drawer), ("boss", {"role_id": "{role:etcher}"})):
        call(who, "DELETE", ROLES + "delete", message)
        call("boss", "GET", ROLES + "list")
        c.extend(what_cid_may())
    call("boss", "POST", ROLES + "assign", {"username": "cid", "role_id": "{role:etcher}"})
    call("boss", "DELETE", ROLES + "unassign", {"username": "cid", "role_id": "{role:viewer}"})
    return c


def what_cid_may():
    """Who was granted nothing alone: what counts is by roles."""
    calls = [Call("cid", "GET", GRANTS + query("cid", kind, on)) for kind, on in (
        ("experiment", "{exp:red}"), ("experiment", "{exp:blue}"), ("registered_model", "model-red"),
        ("registered_model", "model-blue"))]
    return calls + [Call("cid", "GET", "/api/3.0/mlflow/users/current/permissions"),
                    Call("cid", "GET", "/api/3.0/mlflow/users/roles/list?username=cid"),
                    Call("boss", "GET", GRANTS + "list?username=cid"), Call("boss", "GET", USERS2 + "list")]


def roles_by_seed(seed, count):
    """Roles at random for who was granted nothing alone, and what comes of it; none is left."""
    r = random.Random(seed)
    calls = []
    roles = ("painter", "printer", "viewer")
    there = set(RULES)
    for _ in range(count):
        perm, role = r.choice(list(RULES)), r.choice(roles)
        level = r.choice(("READ", "USE", "EDIT", "MANAGE", "DENY", "OWNER"))
        of_cid = {"username": "cid", "role_id": f"{{role:{role}}}"}
        # MLflow gives the numbers of what is gone to others, so they are asked for no more.
        number = {"role_permission_id": f"{{perm:{perm}}}" if perm in there else 777777}
        chosen = r.choice((
            Call("boss", "POST", ROLES + "permissions/add", rule(*RULES[perm][:3], level),
                 {f"perm:{perm}": "role_permission.id"}),
            Call("boss", "PATCH", ROLES + "permissions/update", {**number, "permission": level}),
            Call("boss", "DELETE", ROLES + "permissions/remove", number),
            Call("boss", "POST", ROLES + "assign", of_cid), Call("boss", "POST", ROLES + "assign", of_cid),
            Call("boss", "DELETE", ROLES + "unassign", of_cid)))
        calls.append(chosen)
        if chosen.path.endswith("/add") and level != "OWNER":
            there.add(perm)
        if chosen.path.endswith("/remove"):
            there.discard(perm)
        calls.extend(r.sample(what_cid_may(), 3))
        calls.append(Call("boss", "GET", f"{ROLES}users/list?role_id={{role:{role}}}"))
    calls += [Call("boss", "DELETE", ROLES + "unassign", {"username": "cid", "role_id": "{role:viewer}"})]
    return calls + [Call("boss", "DELETE", ROLES + "delete", {"role_id": f"{{role:{role}}}"})
                    for role in roles[:2]]


def is_own_role(role):
    return role.get("role_name", role.get("name", "")).startswith("__user_")


def without_own_roles(body):
    """Leaves the roles out that MLflow keeps behind the scenes, one for each user with grants."""
    if isinstance(body, dict):
        return {k: without_own_roles(v) for k, v in body.items()}
    if isinstance(body, list):
        return [without_own_roles(v) for v in body
                if not (isinstance(v, dict) and "permissions" in v and is_own_role(v))]
    return body


def own_grants(body):
    """One name and number for the role behind which grants of one user stand."""
    rows = [{**p, "role_id": 0, "role_name": "__user__"} if is_own_role(p) else p
            for p in body["permissions"]]
    return {**body, "permissions": rows}


def allowed():
    """Made anew for each comparison, because each counts its uses."""
    def unknown_id(call):
        return "424242" in str(call.message)

    return [
        Allowed("401, 403 and some 400 are plain text there and MLflow's JSON here",
                lambda call, a, b: a.code is None and a.status == b.status and a.status in (400, 401, 403)),
        Allowed("a user has the lists that clients before 3.17 need",
                path="users/(get|create)$",
                ours=lambda b: {"user": {k: b["user"][k] for k in ("id", "username", "is_admin")}}),
        Allowed("the role behind a user's own grants is not listed among roles",
                path="(users/list|users/roles/list|roles/list)$", theirs=without_own_roles),
        Allowed("that role has a number there; here it is 0 and the name says whose it is",
                path="permissions(/list)?$",
                theirs=lambda b: own_grants(b) if "permissions" in b else b,
                ours=lambda b: own_grants(b) if "permissions" in b else b),
        Allowed("who is no administrator lists the own account, not everybody",
                lambda call, a, b: call.path.endswith("users/list") and call.who != "boss" and
                a.status == b.status == 200),
        Allowed("the roles are nobody's secret: any account looks at them",
                lambda call, a, b: call.path.startswith(ROLES + "get") and call.who != "boss" and
                (a.status, b.status) == (403, 200)),
        Allowed("names are ASCII without blanks, so that no two look alike",
                lambda call, a, b: "users/create" in call.path and call.message.get("username") == "a b" and
                (a.status, b.status) == (200, 400)),
        Allowed("an empty name is a missing one",
                lambda call, a, b: call.path.endswith("?username=") and (a.status, b.status) == (404, 400)),
        Allowed("what was granted on an object counts instead of the role, also of the role admin",
                lambda call, a, b: "get?username=bob" in call.path and
                (a.body, b.body) == ({"allowed": True, "permission": "MANAGE"},
                                     {"allowed": False, "permission": "DENY"})),
        Allowed("the own account is no invalid request there but a bad one",
                lambda call, a, b: "users/delete" in call.path and a.code == "BAD_REQUEST" and b.status == 400),
        Allowed("an administrator's effective permission is what an administrator may: MANAGE",
                lambda call, a, b: "get?username=cid" in call.path and b.body == {"allowed": True,
                                                                              "permission": "MANAGE"}),
        Allowed("an object is granted on only when it is there",
                lambda call, a, b: unknown_id(call) and (a.status, b.status) == (200, 404)),
        Allowed("what concerns all objects is a role, not a grant",
                lambda call, a, b: "'*'" in str(call.message) and call.path.startswith(GRANTS) and
                b.status in (400, 404)),
        Allowed("there are no scorers, gateways or other kinds to grant on",
                lambda call, a, b: "gateway_secret" in str(call.message) + call.path and b.status == 400),
        Allowed("of custom roles, others than administrators see their own",
                lambda call, a, b: call.path.startswith((ROLES + "get", ROLES + "permissions/list")) and
                call.who != "boss" and (a.status, b.status) == (200, 403)),
        Allowed("there is one workspace",
                lambda call, a, b: (call.message or {}).get("workspace") == "elsewhere" and
                (a.status, b.status) == (200, 400)),
        Allowed("roles say nothing of what is not here, or is a part of an experiment or a model",
                lambda call, a, b: call.path == ROLES + "permissions/add" and (a.status, b.status) == (200, 400) and
                call.message["resource_type"] in ("scorer", "gateway_endpoint", "mcp_server", "run", "trace")),
        Allowed("a prompt is a registered model: no role is about every prompt",
                lambda call, a, b: call.path == ROLES + "permissions/add" and (a.status, b.status) == (200, 400) and
                call.message["resource_type"] == "prompt"),
        Allowed("who administers accounts has the fixed role admin",
                lambda call, a, b: call.path == ROLES + "permissions/add" and (a.status, b.status) == (200, 400) and
                (call.message["resource_type"], call.message["permission"]) == ("workspace", "MANAGE")),
    ]


# --- as clients before 3.17 ask ---------------------------------------------------------------

def older():
    """The routes that MLflow has had until then, one for each kind of object."""
    # Names are granted on there whether they are there or not.
    calls = [c for c in world() if ROLES not in c.path and "users/current" not in c.path and
             not ("registered-models" in c.path and c.only == "peer")]

    def call(who, verb, path, message=None, **more):
        calls.append(Call(who, verb, "/api/2.0/mlflow/" + path, message, **more))
    for route, name, one in (("experiments", "experiment_id", "{exp:red}"),
                             ("registered-models", "name", "model-red")):
        base = route + "/permissions/"

        def of(user, **more):
            return {name: one, "username": user, **more}

        def get(user):
            return f"{base}get?{name}={one}&username={user}"
        call("boss", "GET", get("ann"))
        call("boss", "PATCH", base + "update", of("ann", permission="READ"))
        call("boss", "DELETE", base + "delete", of("ann"))
        call("ann", "POST", base + "create", of("ann", permission="MANAGE"))
        for level in ("READ", "EDIT", "NO_PERMISSIONS", "MANAGE"):
            call("boss", "POST", base + "create", of("ann", permission=level))
            call("boss", "POST", base + "create", of("ann", permission=level))
            call("boss", "GET", get("ann"))
            call("boss", "GET", "users/get?username=ann")
            call("boss", "PATCH", base + "update", of("ann", permission="READ"))
            call("boss", "GET", get("ann"))
            call("boss", "PATCH", base + "update", of("ann", permission=level))
            call("ann", "POST", base + "create", of("bob", permission="READ"))
            call("ann", "GET", get("bob"))
            call("ann", "PATCH", base + "update", of("bob", permission="EDIT"))
            call("ann", "DELETE", base + "delete", of("bob"))
            call("boss", "DELETE", base + "delete", of("ann"))
        call("boss", "GET", "users/get?username=ann")
        for level in ("OWNER", "", "read"):
            call("boss", "POST", base + "create", of("bob", permission=level))
        for message in (of("nobody", permission="READ"), of("bob"), {"username": "bob", "permission": "READ"}):
            call("boss", "POST", base + "create", message)
        call("nobody", "GET", get("ann"))
        call("boss", "GET", get("nobody"))
        call("bob", "GET", get("ann"))
    return calls


def older_allowed():
    return [
        Allowed("401, 403 and some 400 are plain text there and MLflow's JSON here",
                lambda call, a, b: a.code is None and a.status == b.status and a.status in (400, 401, 403)),
        Allowed("newer servers say in which workspace a model is",
                path="registered-models/permissions/(create|get)$",
                ours=lambda b: {k: {n: v for n, v in p.items() if n != "workspace"} for k, p in b.items()}),
        Allowed("likewise inside a user", path="users/(get|create)$",
                ours=lambda b: {"user": {**b["user"], "registered_model_permissions": [
                    {n: v for n, v in p.items() if n != "workspace"}
                    for p in b["user"]["registered_model_permissions"]]}}),
    ]
