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
    return calls


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
    call("boss", "POST", ROLES + "create", {"workspace": "default", "name": "painter"})
    call("ann", "POST", ROLES + "create", {"workspace": "default", "name": "printer"})
    call("boss", "DELETE", ROLES + "delete", {"role_id": 777})
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
                lambda call, a, b: "'*'" in str(call.message) and b.status in (400, 404)),
        Allowed("there are no scorers, gateways or other kinds to grant on",
                lambda call, a, b: "gateway_secret" in str(call.message) + call.path and b.status == 400),
        Allowed("roles are fixed",
                lambda call, a, b: call.who == "boss" and b.code == "INVALID_PARAMETER_VALUE" and
                call.path in (ROLES + "create", ROLES + "delete")),
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
