"""Accounts on the page: signing in, tokens, users, grants and the audit trail, and what a page of
another site cannot do with a session."""

import http.server
import json
import re
import sqlite3
import threading

import pytest
from playwright.sync_api import expect
from team import PASSWORD, ROLES, V1, Team
from test_form import NARROW, needs_no_sideways_scrolling, serious_findings, settle
from tiny_model import HOSTILE

PAGES = ["/#/account/tokens", "/#/account/password", "/#/admin/users",
         "/#/admin/users?user=viewer", "/#/admin/audit?action=create_user"]
NEW = "an even longer password"


def fill(page, name, password=PASSWORD):
    page.get_by_label("Name").fill(name)
    page.get_by_role("textbox", name="Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def heading(page):
    return page.get_by_role("heading", level=1)


def menu(page):
    page.locator(".account-button").click()
    return page.locator(".account-menu")


def test_a_wrong_password_is_told_and_the_right_one_leads_where_the_link_points(team, open_page):
    link = "/#/admin/audit?outcome=done"
    page = open_page(team.url, link, statuses=(401,))
    expect(heading(page)).to_have_text("Sign in")
    expect(page.get_by_label("Name")).to_be_focused()
    assert page.get_by_label("Name").get_attribute("autocomplete") == "username"
    # All by keys.
    page.keyboard.type("root")
    page.keyboard.press("Tab")
    page.keyboard.type("not the password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("wrong name or password")
    password = page.get_by_role("textbox", name="Password")
    expect(password).to_be_focused()
    expect(password).to_have_value("")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(heading(page)).to_have_text("Audit trail")
    assert page.url == team.url + link
    expect(page.get_by_label("Outcome")).to_have_value("done")
    expect(page.locator(".live")).to_have_text("live")
    # No script of the page can read the session, and no other site's request carries it.
    cookie, = page.context.cookies()
    assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"]) == ("rondo", True, "Lax")
    assert page.evaluate("document.cookie") == ""


def test_signing_out_ends_the_session_for_good(team, open_page):
    page = open_page(team.url, "/#/account/tokens", cookies=[team.sign_in("viewer")])
    expect(heading(page)).to_have_text("Your tokens")
    cookie, = page.context.cookies()
    menu(page).get_by_role("button", name="Sign out").click()
    expect(heading(page)).to_have_text("Sign in")
    expect(page.get_by_text("Your session has ended")).to_have_count(0)
    assert page.context.cookies() == []
    status, _, _ = team.answer("GET", f"{V1}/tokens", cookie=f"rondo={cookie['value']}")
    assert status == 401
    page.reload()
    expect(heading(page)).to_have_text("Sign in")


def test_a_locked_account_is_led_to_the_form_and_back_to_where_it_was(team, open_page):
    name = team.make("locked")
    page = open_page(team.url, "/#/experiments/0", cookies=[team.sign_in(name)], statuses=(401,))
    expect(heading(page)).to_have_text("Default")
    team.call("PATCH", f"/users/{name}", {"disabled": True})
    page.evaluate("location.hash = '#/'")  # reads something
    expect(page.get_by_text("Your session has ended")).to_be_visible()
    expect(page.locator(".account-button")).to_have_count(0)
    page.evaluate("location.hash = '#/experiments/0'")
    team.call("PATCH", f"/users/{name}", {"disabled": False})
    fill(page, name)
    expect(heading(page)).to_have_text("Default")


def test_too_many_tries_say_how_long_to_wait(team, open_page):
    message = {"name": "nobody", "password": "wrong"}
    page = open_page(team.url, statuses=(401, 429))
    words = re.compile(r"too many wrong passwords; try again in \d+ seconds")
    for _ in range(5):
        for _ in range(30):
            status, _, body = team.answer("POST", f"{V1}/sign-in", message)
            if status == 429:
                break
        assert status == 429, body
        fill(page, "nobody", "wrong")
        try:
            expect(page.get_by_role("alert")).to_have_text(words, timeout=2000)
            return
        except AssertionError:
            pass  # the wait was just over; each wrong one makes the next longer
    raise AssertionError(page.get_by_role("alert").inner_text())


def test_a_token_is_made_shown_once_used_and_revoked(team, open_page):
    page = open_page(team.url, "/#/account/tokens", cookies=team.cookie("editor"),
                     grants=("clipboard-read", "clipboard-write"))
    page.get_by_label("What it is for").fill(HOSTILE)
    page.get_by_role("radio", name=re.compile("^read")).check()
    page.get_by_label("Expires after").select_option("30 days")
    page.get_by_role("button", name="Make the token").click()
    secret = page.get_by_label("The token", exact=True).inner_text()
    assert re.fullmatch(r"rondo_pat_\w{49}", secret)
    expect(page.get_by_label("MLflow clients")).to_have_text(
        f"export MLFLOW_TRACKING_URI={team.url}\nexport MLFLOW_TRACKING_TOKEN={secret}")
    page.get_by_role("button", name="Copy").first.click()
    assert page.evaluate("navigator.clipboard.readText()") == secret
    bearer = {"authorization": f"Bearer {secret}"}
    status, _, me = team.answer("GET", f"{V1}/me", **bearer)
    assert (status, me["name"], me["scope"]) == (200, "editor", "read")
    status, _, body = team.answer("POST", "/api/2.0/mlflow/experiments/create", {"name": "no"},
                                  **bearer)
    assert status == 403, body
    page.get_by_role("button", name="I have kept it").click()
    page.reload()
    row = page.locator(".rows li", has_text=HOSTILE)
    expect(row).to_contain_text("made just now")
    assert secret not in page.content() and page.locator("main img").count() == 0
    row.get_by_role("button", name="Revoke").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(row).to_have_count(1)
    row.get_by_role("button", name="Revoke").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(row).to_have_count(0)
    status, _, _ = team.answer("GET", f"{V1}/me", **bearer)
    assert status == 401


def test_a_viewer_sees_what_is_not_theirs_and_why(team, open_page):
    page = open_page(team.url, "/#/admin/users", cookies=team.cookie("viewer"), statuses=(403,))
    expect(heading(page)).to_have_text("Users")
    expect(page.locator("main")).to_contain_text("This needs the role admin; your role is viewer.")
    expect(page.locator("main button")).to_have_count(0)
    entries = menu(page)
    for name in ("Users", "Audit trail"):
        entry = entries.get_by_role("link", name=name)
        expect(entry).to_be_disabled()
        expect(entry).to_have_attribute("title", "This needs the role admin; your role is viewer.")
    page.keyboard.press("Escape")
    expect(entries).to_be_hidden()
    expect(page.locator(".account-button")).to_be_focused()
    page.goto(f"{team.url}/#/account/tokens")
    for scope, role in (("operate", "maintainer"), ("admin", "admin")):
        choice = page.get_by_role("radio", name=re.compile(f"^{scope}"))
        expect(choice).to_be_disabled()
        expect(page.locator("label", has=choice)).to_contain_text(f"needs the role {role}")
    # The server's own refusal, in its words.
    team.call("PUT", "/grants", {"user": "viewer", "object": "experiment", "level": "none",
                                 "name": team.experiment})
    page.goto(f"{team.url}/#/experiments/{team.experiment}")
    expect(heading(page)).to_have_text("Not open to you")
    expect(page.get_by_role("alert")).to_contain_text("it needs the level read on this experiment")


def test_who_has_no_role_is_told_so(team, open_page):
    page = open_page(team.url, cookies=team.cookie("norole"))
    expect(heading(page)).to_have_text("Nothing to see yet")
    expect(page.locator(".account-button")).to_contain_text("no role")


def test_an_administrator_makes_and_changes_a_user(team, open_page):
    page = open_page(team.url, "/#/admin/users", cookies=team.cookie("root"), statuses=(409,))
    page.get_by_label("Name").fill("Newcomer")
    page.get_by_label("Role").select_option("viewer")
    page.get_by_role("textbox", name="Password").fill(PASSWORD)
    page.get_by_role("button", name="Make the user").click()
    expect(page.get_by_text("Newcomer is made.")).to_be_visible()
    # The same name again is refused in the server's words, and what was typed stays.
    page.get_by_label("Name").fill("newcomer")
    page.get_by_role("textbox", name="Password").fill(PASSWORD)
    page.get_by_role("button", name="Make the user").click()
    expect(page.get_by_role("alert")).to_contain_text("there is a user 'Newcomer' already")
    expect(page.get_by_label("Name")).to_have_value("newcomer")
    session = {"cookie": f"rondo={team.sign_in('Newcomer')['value']}"}

    page.get_by_role("link", name="Newcomer").click()
    expect(page).to_have_url(f"{team.url}/#/admin/users?user=Newcomer")
    expect(page.get_by_role("heading", name="Newcomer")).to_be_focused()
    save = page.get_by_role("button", name="Save the role")
    expect(save).to_be_disabled()
    page.get_by_role("combobox", name="Role").select_option("editor")
    save.click()
    expect(page.locator("tr", has_text="Newcomer")).to_contain_text("editor")
    assert team.answer("GET", f"{V1}/me", **session)[2]["role"] == "editor"

    page.get_by_label("Its name").fill(HOSTILE)
    page.get_by_label("Level").select_option("manage")
    page.get_by_role("button", name="Grant it").click()
    grant = page.locator(".rows li", has_text=HOSTILE)
    expect(grant).to_contain_text("manage")
    granted = [g for g in team.call("GET", "/grants")["grants"] if g["user"] == "Newcomer"]
    assert granted == [{"user": "Newcomer", "object": "experiment", "name": HOSTILE,
                        "level": "manage"}]
    grant.get_by_role("button", name="Take back").click()
    page.get_by_role("dialog").get_by_role("button", name="Take back").click()
    expect(grant).to_have_count(0)

    page.get_by_label("New password").fill(NEW)
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_text("Whoever was signed in has to sign in again")).to_be_visible()
    assert team.answer("GET", f"{V1}/tokens", **session)[0] == 401
    session = {"cookie": f"rondo={team.sign_in('Newcomer', NEW)['value']}"}
    page.get_by_role("button", name="Lock").click()
    expect(page.locator("tr", has_text="Newcomer")).to_contain_text("locked")
    assert team.answer("GET", f"{V1}/tokens", **session)[0] == 401
    page.get_by_role("button", name="Unlock").click()
    expect(page.locator("tr", has_text="Newcomer")).to_contain_text("open")

    page.get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Delete")).to_be_disabled()
    dialog.get_by_label("Write Newcomer to go on").fill("Newcomer")
    dialog.get_by_role("button", name="Delete").click()
    expect(page.locator("tr", has_text="Newcomer")).to_have_count(0)
    expect(page).to_have_url(f"{team.url}/#/admin/users")

    page.goto(f"{team.url}/#/admin/audit?actor=root")
    expect(page.locator(".deeds tbody tr").filter(has_text="Newcomer").locator("p:first-child")) \
        .to_have_text(["root delete user user Newcomer", "root change user user Newcomer",
                       "root change user user Newcomer", "root set password user Newcomer",
                       "root revoke grant experiment " + team.experiment,
                       "root grant experiment " + HOSTILE,
                       "root change user user Newcomer", "root create user user Newcomer"])
    expect(page.locator(".deed-detail", has_text="role: viewer → editor")).to_have_count(1)


def test_a_service_is_opened_by_a_token_that_an_administrator_makes(team, open_page):
    page = open_page(team.url, "/#/admin/users", cookies=team.cookie("admin"))
    page.get_by_label("Name").fill("robot")
    page.get_by_label("Kind").select_option("service")
    expect(page.get_by_role("textbox", name="Password")).to_have_count(0)
    page.get_by_role("combobox", name="Role").select_option("editor")
    page.get_by_role("button", name="Make the user").click()
    page.get_by_role("link", name="robot").click()
    expect(page.get_by_text("nothing opens this service yet")).to_be_visible()
    page.get_by_role("button", name="Make a token").click()
    page.get_by_label("What it is for").fill("nightly")
    page.get_by_role("button", name="Make the token").click()
    secret = page.get_by_label("The token", exact=True).inner_text()
    _, _, me = team.answer("GET", f"{V1}/me", authorization=f"Bearer {secret}")
    assert (me["name"], me["role"], me["scope"]) == ("robot", "editor", "write")
    # An administrator of the workspace has no say over one of the server, nor over itself alone.
    page.get_by_role("link", name="root").click()
    for name in ("Save the role", "Set the password", "Lock", "Delete"):
        button = page.get_by_role("button", name=name)
        expect(button).to_be_disabled()
        expect(button).to_have_attribute("title", re.compile("^Only an administrator of the server"))
    page.get_by_role("link", name="admin", exact=True).click()
    expect(page.get_by_role("button", name="Lock")).to_have_attribute(
        "title", re.compile("your own account"))


def test_a_new_password_ends_other_sessions_and_not_this_one(team, open_page):
    name = team.make("changing")
    other = team.sign_in(name)
    page = open_page(team.url, "/#/account/password", cookies=[team.sign_in(name)], statuses=(401,))
    page.get_by_label("Password until now").fill("not the password")
    page.get_by_role("textbox", name="New password").fill(NEW)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("alert")).to_have_text("wrong name or password")
    expect(heading(page)).to_have_text("Your password")  # still signed in
    page.get_by_label("Password until now").fill(PASSWORD)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_text(re.compile("^Changed"))).to_be_visible()
    page.reload()
    expect(heading(page)).to_have_text("Your password")
    assert team.answer("GET", f"{V1}/tokens", cookie=f"rondo={other['value']}")[0] == 401
    team.sign_in(name, NEW)


def test_the_trail_is_read_filtered_and_checked(team, open_page):
    for i in range(110):
        team.call("PATCH", "/users/norole", {"role": ROLES[i % 2]})
    team.call("PATCH", "/users/norole", {"role": "none"})
    page = open_page(team.url, "/#/admin/audit", cookies=team.cookie("root"))
    rows = page.locator(".deeds tbody tr")
    expect(rows).to_have_count(100)
    page.get_by_role("button", name="Read older rows").click()
    total = len(team.audit())
    assert 100 < total <= 200
    expect(rows).to_have_count(total)
    expect(page.get_by_role("button", name="Read older rows")).to_have_count(0)
    page.get_by_label("What", exact=True).select_option("create user")
    expect(rows).to_have_count(len(team.audit(action="create_user")))
    page.get_by_label("Who", exact=True).select_option("local")
    expect(page).to_have_url(re.compile("action=create_user&actor=local"))
    expect(rows).to_have_count(len(team.audit(action="create_user", actor="local")))
    page.get_by_role("button", name="Check the chain").click()
    expect(page.locator(".check-chain [role=status]")).to_have_text(
        re.compile(r"^Every hash of \d+ rows is right"))


def test_a_changed_row_is_named(bare, open_page):
    server, folder = bare
    team = Team(server)
    broken = team.audit(action="create_user", object="user editor")[0]["id"]
    with sqlite3.connect(next((folder / "data").glob("*.db"))) as database:
        for name, in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND "
                                      "tbl_name = 'audit'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        assert database.execute("UPDATE audit SET detail = 'nothing' WHERE id = ?",
                                (broken,)).rowcount == 1
    page = open_page(server.url, "/#/admin/audit", cookies=team.cookie("root"))
    page.get_by_role("button", name="Check the chain").click()
    verdict = page.locator(".check-chain [role=status]")
    expect(verdict).to_contain_text(f"Row {broken} does not fit the one before it")
    expect(verdict).to_have_class(re.compile("tone-bad"))


def test_hostile_names_are_text(team, open_page):
    """T27: of an account that somebody tried, of a token, of an object, and in details."""
    team.answer("POST", f"{V1}/sign-in", {"name": HOSTILE[:60], "password": "x"})
    team.call("POST", "/tokens", {"user": "viewer", "name": HOSTILE})
    team.call("PUT", "/grants", {"user": "viewer", "object": "experiment", "name": HOSTILE,
                                 "level": "read"})
    users = open_page(team.url, "/#/admin/users?user=viewer", cookies=team.cookie("root"))
    expect(users.locator(".rows li", has_text=HOSTILE)).to_have_count(2)
    trail = open_page(team.url, "/#/admin/audit", cookies=team.cookie("root"))
    expect(trail.locator(".deeds b", has_text=HOSTILE[:60]).first).to_be_visible()
    expect(trail.locator(".deed-detail", has_text=HOSTILE).first).to_be_visible()
    # Also where the address says whom to look for.
    trail.goto(f"{team.url}/#/admin/users?user={HOSTILE.replace('#', '%23')}")
    expect(trail.locator("main")).to_contain_text("There is no user")
    for shown in (users, trail):
        assert shown.locator("main img, main script").count() == 0
        assert shown.evaluate("window.hostile") is None


@pytest.fixture
def foreign_site():
    """Another site, whose pages a test sets. localhost is another site than
    127.0.0.1, so that SameSite means something."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(self.server.pages.get(self.path, "").encode())

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.pages = {}
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        server.url = f"http://localhost:{server.server_address[1]}"
        yield server
        server.shutdown()
        thread.join()


def test_a_foreign_page_can_neither_frame_nor_use_a_session(team, browser, foreign_site):
    """T25 and T26."""
    body = json.dumps({"name": "planted", "role": "admin", "kind": "service"})
    foreign_site.pages["/"] = f"""<iframe src="{team.url}/#/admin/users"></iframe>
        <iframe src="/allowed"></iframe><a href="{team.url}/#/account/tokens">tokens</a>
        <form method="post" enctype="text/plain" action="{team.url}{V1}/users">
        <input name='{body[:-1]}, "x": "' value='"}}'></form>"""
    context = browser.new_context()
    context.add_cookies(team.cookie("root"))
    page = context.new_page()
    page.goto(foreign_site.url)
    refused, allowed = page.frames[1:]
    assert allowed.evaluate("document.URL") == f"{foreign_site.url}/allowed"
    expect(refused.locator("body")).to_contain_text("requests from another site are refused")
    assert refused.locator("#app").count() == 0
    answered = page.evaluate(
        """async ([url, body]) => {
            const send = (method, path, more) => fetch(url + path,
                { method, credentials: 'include', ...more }).then((a) => a.status, () => 'refused');
            const json = { body, headers: { 'content-type': 'application/json' } };
            return [await send('GET', '/me'), await send('POST', '/users', json),
                    await send('POST', '/users', { body }), await send('POST', '/sign-out', {})];
        }""", [team.url + V1, body])
    assert answered == ["refused"] * 4
    with page.expect_navigation():
        page.evaluate("document.forms[0].submit()")
    assert "planted" not in [u["name"] for u in team.call("GET", "/users")["users"]]
    # A link is let through, and the session is as it was.
    page.goto(foreign_site.url)
    page.get_by_role("link", name="tokens").click()
    expect(heading(page)).to_have_text("Your tokens")
    context.close()


def test_an_artifact_runs_nothing_and_reads_no_cookie(team, browser):
    """T10: HTML and SVG that somebody logged, opened by somebody who is signed in."""
    run = team.rondo.call("POST", "/api/2.0/mlflow/runs/create", {"experiment_id": "0"})
    run_id = run["run"]["info"]["run_id"]
    script = "document.title = 'stolen ' + document.cookie"
    context = browser.new_context()
    context.add_cookies(team.cookie("root"))
    page = context.new_page()
    page.goto(f"{team.url}/#/account/tokens")
    for name, content in (("x.html", f"<script>{script}</script>"),
                          ("x.svg", '<svg xmlns="http://www.w3.org/2000/svg">'
                                    f"<script>{script}</script></svg>")):
        path = f"/api/2.0/mlflow-artifacts/artifacts/0/{run_id}/artifacts/{name}"
        team.rondo.call("PUT", path, raw=content.encode(), content_type="text/html")
        for address in (path, f"/get-artifact?run_id={run_id}&path={name}"):
            with page.expect_download() as download:
                page.evaluate("(address) => (location.href = address)", address)
            assert download.value.suggested_filename == name
            answer = context.request.get(team.url + address)
            assert answer.headers["content-security-policy"].startswith("sandbox;")
            assert answer.headers["x-content-type-options"] == "nosniff"
    assert not page.title().startswith("stolen")
    context.close()


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(team, open_page, path, scheme):
    page = open_page(team.url, path, scheme=scheme, cookies=team.cookie("root"))
    settle(page)
    menu(page)
    assert serious_findings(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_form_and_the_dialog_are_for_everybody(team, open_page, scheme):
    page = open_page(team.url, scheme=scheme, statuses=(401,), **NARROW)
    fill(page, "root", "wrong")
    expect(page.get_by_role("alert")).to_be_visible()
    assert serious_findings(page) == [] and needs_no_sideways_scrolling(page)
    fill(page, "root")
    expect(page.locator(".account-button")).to_be_visible()
    page.goto(f"{team.url}/#/admin/users?user=viewer")
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("dialog").get_by_role("textbox")).to_be_focused()
    assert serious_findings(page) == [] and needs_no_sideways_scrolling(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("path", PAGES)
def test_narrow_screens_need_no_sideways_scrolling(team, open_page, path):
    page = open_page(team.url, path, cookies=team.cookie("root"), **NARROW)
    settle(page)
    menu(page)
    assert needs_no_sideways_scrolling(page)
    if path == "/#/account/tokens":
        page.keyboard.press("Escape")
        page.get_by_label("What it is for").fill("narrow")
        page.get_by_role("button", name="Make the token").click()
        expect(page.get_by_label("The token", exact=True)).to_be_visible()
        assert needs_no_sideways_scrolling(page)


def test_without_accounts_nothing_stands_before_the_page_until_there_are(bare, open_page):
    server, _ = bare
    page = open_page(server.url, statuses=(401,))
    expect(heading(page)).to_have_text("No endpoint yet")
    expect(page.locator(".account-button")).to_have_count(0)
    page.get_by_role("link", name="How to make them").click()
    expect(heading(page)).to_have_text("No accounts")
    expect(page.locator("main")).to_contain_text("rondo user create")
    assert serious_findings(page) == []
    for path in ("/#/account/tokens", "/#/account/password", "/#/admin/audit"):
        page.goto(server.url + path)
        expect(heading(page)).to_have_text("No accounts")
    team = Team(server)
    page.goto(f"{server.url}/#/")  # asks for endpoints, and is asked who it is
    expect(heading(page)).to_have_text("Sign in")
    expect(page.get_by_text("Your session has ended")).to_have_count(0)
    fill(page, "maintainer")
    expect(heading(page)).to_have_text("No endpoint yet")
    expect(page.locator("main")).to_contain_text("Make one for operate among your tokens")
    assert team.audit(action="sign_in", actor="maintainer", outcome="done")
