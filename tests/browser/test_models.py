"""Registered models and their versions on the page, and what MLflow's own client sees of what was
changed there."""

import http.client
import json
import re
import types
from urllib.parse import quote, urlsplit

import mlflow
import pytest
from mlflow.exceptions import MlflowException
from playwright.sync_api import expect
from team import V1
from test_form import NARROW, needs_no_sideways_scrolling, serious_findings, settle
from tiny_model import HOSTILE

MLFLOW = "/api/2.0/mlflow"
VERSIONS = 250  # a first page of 100 and one more
LIVE = 8000  # milliseconds from a change by a client to the page: read every five seconds


def heading(page):
    return page.get_by_role("heading", level=1)


def rows(page):
    return page.locator(".grid tbody tr[data-row]")


def row_of(page, name):
    return page.locator(".pairs tr", has=page.get_by_role("rowheader", name=name, exact=True))


def field(page, name):
    return page.get_by_role("textbox", name=name, exact=True)


def confirm(page, does):
    page.get_by_role("dialog").get_by_role("button", name=does, exact=True).click()


def post(tracked, paths_and_messages):
    """One kept-alive connection: the client would take seconds."""
    connection = http.client.HTTPConnection(urlsplit(tracked.url).netloc)
    for path, message in paths_and_messages:
        connection.request("POST", f"{MLFLOW}/{path}", json.dumps(message),
                           {"content-type": "application/json"})
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200, body


@pytest.fixture(scope="module")
def models(tracked):
    """`flights` with a version from each run, `long` with hundreds, and one of hostile words."""
    client = tracked.client
    client.create_registered_model("flights", {"team": "ops"}, "Predicts delays.")
    for i, run in enumerate(tracked.runs):
        client.create_model_version("flights", f"runs:/{run}/notes", run, {"trial": str(i)})
    client.set_registered_model_alias("flights", "champion", 2)
    client.create_registered_model("long", {"team": "data"})
    run = tracked.runs[0]
    post(tracked, [("model-versions/create", {"name": "long", "source": f"runs:/{run}/notes"})
                   for _ in range(VERSIONS)])
    client.create_registered_model(HOSTILE, {"t": HOSTILE}, HOSTILE)
    client.create_model_version(HOSTILE, f"runs:/{tracked.hostile}/", tracked.hostile,
                                {"t": HOSTILE}, description=HOSTILE)
    return types.SimpleNamespace(url=tracked.url, client=client, runs=tracked.runs)


# --- lists ---------------------------------------------------------------------------------------

def test_the_server_searches_and_sorts_models_and_the_address_keeps_it(models, open_page):
    page = open_page(models.url, "/#/models?sort=attributes.name", statuses=(400,))
    wanted = [m.name for m in models.client.search_registered_models(order_by=["name ASC"])]
    expect(rows(page).locator("th")).to_have_text(wanted)
    row = rows(page).filter(has_text="flights")
    expect(row.get_by_role("link", name="flights 3")).to_be_visible()  # the latest version
    expect(row.get_by_role("link", name="@champion 2")).to_be_visible()
    expect(row).to_contain_text("team: ops")
    page.get_by_role("button", name="Name").click()
    expect(rows(page).locator("th")).to_have_text(wanted[::-1])
    page.keyboard.press("/")
    page.keyboard.type("FLIGH")
    page.keyboard.press("Enter")
    expect(rows(page).locator("th")).to_have_text(["flights"])
    again = open_page(models.url, page.url.removeprefix(models.url))
    expect(rows(again).locator("th")).to_have_text(["flights"])
    text = page.get_by_label("Filter models")
    text.fill("tags.team = 'data'")
    text.press("Enter")
    expect(rows(page).locator("th")).to_have_text(["long"])
    text.fill("tags.team ~ 'data'")
    text.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("position 11")
    expect(rows(page).locator("th")).to_have_text(["long"])  # what was found stays
    text.fill("no such name")
    text.press("Enter")
    expect(page.get_by_text("No model is like that.")).to_be_visible()


def test_hundreds_of_versions(models, open_page):
    page = open_page(models.url, "/#/models/long")
    expect(page.get_by_text("100 versions, and more below")).to_be_visible()
    expect(rows(page).first.locator("th")).to_have_text(str(VERSIONS))
    grid = page.locator(".grid")
    for _ in range(50):
        grid.evaluate("(g) => { g.scrollTop = g.scrollHeight; }")
        page.wait_for_timeout(30)
        if page.get_by_text(re.compile(rf"^{VERSIONS}\sversions$")).count():
            break
    grid.evaluate("(g) => { g.scrollTop = g.scrollHeight; }")
    expect(rows(page).last.locator("th")).to_have_text("1")
    assert rows(page).count() < 80
    page.get_by_label("Filter versions").fill("v117")
    page.get_by_label("Filter versions").press("Enter")
    expect(rows(page).locator("th")).to_have_text(["117"])
    page.get_by_label("Filter versions").fill("version_number > 248")
    page.get_by_label("Filter versions").press("Enter")
    expect(rows(page).locator("th")).to_have_text(["250", "249"])
    rows(page).first.get_by_role("link", name="Version 250").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(heading(page)).to_have_text("long version 249")


def test_an_empty_server_says_how_to_register_and_the_words_work(bare, open_page):
    server, _ = bare
    page = open_page(server.url, "/#/models")
    register = page.locator(".snippet code").inner_text()
    assert server.url in register

    def run(code):
        """In this process: another one would import mlflow for seconds."""
        names = {"__name__": "snippet"}
        try:
            exec(code, names)
        finally:
            mlflow.end_run()
            mlflow.set_tracking_uri(None)
        return names

    run(register)
    rows(page).get_by_role("link", name="first", exact=True).click(timeout=10_000)
    rows(page).get_by_role("link", name="Version 1").click()
    load = page.locator(".snippet code").inner_text()
    assert "models:/first/1" in load
    assert run(load)["model"].predict([21.0]) == [42.0]
    page.get_by_role("button", name="Files", exact=True).click()
    page.locator(".file", has_text="MLmodel").click()
    expect(page.locator(".preview pre")).to_contain_text("python_function")


# --- changing ------------------------------------------------------------------------------------

def test_a_model_is_made_described_tagged_renamed_and_deleted(models, open_page):
    client = models.client
    page = open_page(models.url, "/#/models", statuses=(400, 404))
    page.get_by_role("button", name="New model").click()
    field(page, "Name").fill("flights")
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("already exists")
    field(page, "Name").fill("made here")
    page.get_by_role("button", name="Create", exact=True).click()
    expect(heading(page)).to_have_text("made here")
    expect(page.get_by_text("Waiting for the first version")).to_be_visible()

    page.get_by_role("button", name="Describe it").click()
    expect(field(page, "Description")).to_be_focused()
    page.keyboard.type("First line\nand another one")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Edit the description")).to_be_focused()
    assert client.get_registered_model("made here").description == "First line\nand another one"

    page.get_by_role("button", name="Set a tag").click()
    field(page, "Key").fill("owner")
    field(page, "Value").fill("me")
    page.keyboard.press("Enter")
    expect(row_of(page, "owner").locator("td").first).to_have_text("me")
    page.get_by_role("button", name="Change the tag owner").click()
    field(page, "Value").fill("you")
    page.keyboard.press("Enter")
    expect(row_of(page, "owner").locator("td").first).to_have_text("you")
    assert client.get_registered_model("made here").tags == {"owner": "you"}
    page.get_by_role("button", name="Remove the tag owner").click()
    confirm(page, "Remove")
    expect(row_of(page, "owner")).to_have_count(0)
    assert client.get_registered_model("made here").tags == {}

    page.get_by_role("button", name="Rename").click()
    field(page, "Name").fill("a/b")
    confirm(page, "Rename")
    expect(page.get_by_role("alert")).to_contain_text("'/'")
    field(page, "Name").fill("renamed here")
    confirm(page, "Rename")
    expect(heading(page)).to_have_text("renamed here")
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("textbox").fill("renamed here")
    confirm(page, "Delete")
    expect(heading(page)).to_have_text("Models")
    with pytest.raises(MlflowException, match="not found"):
        client.get_registered_model("renamed here")
    page.goto(f"{models.url}/#/models/renamed here")
    expect(heading(page)).to_have_text("No such model")
    expect(page.get_by_role("link", name="All registered models")).to_be_visible()


def test_an_alias_is_set_moved_after_a_question_and_removed(models, open_page):
    client = models.client
    page = open_page(models.url, "/#/models/flights", statuses=(400,),
                     grants=("clipboard-read", "clipboard-write"))

    def set_alias(alias, version):
        page.get_by_role("button", name="Set an alias").click()
        field(page, "Alias").fill(alias)
        field(page, "Version").fill(version)
        page.get_by_role("button", name="Set the alias").click()

    set_alias("latest", "1")
    expect(page.get_by_role("alert")).to_contain_text("reserved")
    page.get_by_role("button", name="Cancel").click()
    set_alias("@challenger", "1")
    expect(row_of(page, "@challenger")).to_contain_text("version 1")
    assert client.get_model_version_by_alias("flights", "challenger").version == "1"
    expect(rows(page).nth(2)).to_contain_text("@challenger")
    set_alias("challenger", "3")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("It points to version 1 now.")
    assert client.get_model_version_by_alias("flights", "challenger").version == "1"
    confirm(page, "Move")
    expect(row_of(page, "@challenger")).to_contain_text("version 3")
    assert client.get_model_version_by_alias("flights", "challenger").version == "3"
    page.get_by_role("button", name="Copy URI models:/flights@challenger").click()
    assert page.evaluate("navigator.clipboard.readText()") == "models:/flights@challenger"
    # On the version's own page, where only its own are listed.
    row_of(page, "@challenger").get_by_role("link", name="version 3").click()
    expect(heading(page)).to_have_text("flights version 3")
    expect(row_of(page, "@champion")).to_have_count(0)
    page.get_by_role("button", name="Remove the alias challenger").click()
    confirm(page, "Remove")
    expect(page.get_by_text("None points to this version.")).to_be_visible()
    assert client.get_registered_model("flights").aliases == {"champion": "2"}
    # What a client does is seen too.
    client.set_registered_model_alias("flights", "shadow", "3")
    try:
        expect(row_of(page, "@shadow")).to_be_visible(timeout=LIVE)
    finally:
        client.delete_registered_model_alias("flights", "shadow")


def test_a_version_tells_of_its_run_and_moves_through_stages(models, open_page):
    client = models.client
    page = open_page(models.url, "/#/models/flights/versions/2")
    expect(page.get_by_role("rowheader", name="accuracy")).to_be_visible()
    expect(row_of(page, "rate").locator("td")).to_have_text("0.2")
    expect(page.locator(".snippet code")).to_contain_text('load_model("models:/flights@champion")')
    page.get_by_role("button", name="by number").click()
    expect(page.locator(".snippet code")).to_contain_text('load_model("models:/flights/2")')
    for number, archived in (("1", False), ("2", True)):
        page.goto(f"{models.url}/#/models/flights/versions/{number}")
        expect(heading(page)).to_have_text(f"flights version {number}")
        page.get_by_role("button", name="Move it").click()
        page.get_by_role("combobox", name="Stage").select_option("Production")
        if archived:
            page.get_by_label("Archive the versions").check()
        page.get_by_role("button", name="Move it").click()
        expect(page.locator(".title-line .pill")).to_have_text("Production")
    stages = {v.version: v.current_stage for v in client.search_model_versions("name = 'flights'")}
    assert stages == {"1": "Archived", "2": "Production", "3": "None"}
    page.get_by_role("link", name="run 1").click()
    expect(heading(page)).to_have_text("run 1")
    page.get_by_role("link", name="flights 2").click()  # and back: the run says what it became
    expect(heading(page)).to_have_text("flights version 2")


def test_versions_are_compared_by_their_runs(models, open_page):
    page = open_page(models.url, "/#/models/flights")
    page.get_by_role("checkbox", name="Choose version 3").check()
    expect(page.get_by_role("button", name="Compare")).to_have_attribute("aria-disabled", "true")
    page.get_by_role("checkbox", name="Choose version 1").check()
    page.get_by_role("button", name="Compare").click()
    expect(heading(page)).to_have_text("Compare 2 runs")
    expect(page.locator(".compare thead th")).to_have_text(
        [re.compile("What"), re.compile("run 2.*flights 3"), re.compile("run 0.*flights 1")])
    # As a link of MLflow's page names them.
    listed = quote(json.dumps({models.runs[0]: "1", models.runs[1]: "2"}))
    page.goto(f"{models.url}/#/compare-model-versions?name=%22flights%22&runs={listed}")
    page.get_by_role("link", name="flights 2").click()
    expect(heading(page)).to_have_text("flights version 2")
    page.goto(f"{models.url}/#/models/long?selected=1,2")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("alert")).to_contain_text("one run made all of these versions")


def test_a_version_is_deleted(models, open_page):
    client = models.client
    version = client.create_model_version("long", f"runs:/{models.runs[0]}/notes").version
    page = open_page(models.url, f"/#/models/long/versions/{version}", statuses=(404,))
    page.get_by_role("button", name="Delete").click()
    confirm(page, "Delete")
    expect(heading(page)).to_have_text("long")
    expect(rows(page).first.locator("th")).to_have_text(str(VERSIONS))
    page.go_back()
    expect(heading(page)).to_have_text("No such version")


# --- rights --------------------------------------------------------------------------------------

def test_what_is_offered_goes_by_the_level_on_the_model(team, open_page):
    call = team.rondo.call
    call("POST", f"{MLFLOW}/registered-models/create", {"name": "guarded"})
    run = call("POST", f"{MLFLOW}/runs/create", {"experiment_id": team.experiment})
    run_id = run["run"]["info"]["run_id"]
    call("POST", f"{MLFLOW}/model-versions/create",
         {"name": "guarded", "source": f"runs:/{run_id}/model", "run_id": run_id})
    offers = ("Set an alias", "Set a tag", "Describe it", "Rename")

    def seen_by(name, path="/#/models/guarded", **more):
        page = open_page(team.url, path, cookies=[team.sign_in(name)], **more)
        settle(page)
        return page

    reader = seen_by("viewer")
    expect(reader.get_by_text("changing it needs the level edit")).to_be_visible()
    for name in (*offers, "Delete"):
        expect(reader.get_by_role("button", name=name)).to_have_count(0)
    editor = seen_by("editor")
    for name in offers:
        expect(editor.get_by_role("button", name=name)).to_be_visible()
    expect(editor.get_by_role("button", name="Delete")).to_have_count(0)
    expect(seen_by("maintainer").get_by_role("button", name="Delete")).to_be_visible()
    # A grant counts beside the role, and opens the model without its run.
    person = team.make("granted", "none")
    team.call("PUT", "/grants", {"user": person, "object": "model", "name": "guarded",
                                 "level": "edit"})
    page = seen_by(person, "/#/models/guarded/versions/1", statuses=(403,))
    page.get_by_role("button", name="Set a tag").click()
    field(page, "Key").fill("seen")
    page.get_by_role("button", name="Set the tag").click()
    expect(row_of(page, "seen")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("run")
    closed = open_page(team.url, "/#/models/guarded", cookies=team.cookie("norole"), statuses=(403,))
    expect(heading(closed)).to_have_text("Not open to you")
    empty = open_page(team.url, "/#/models", cookies=team.cookie("norole"))
    expect(empty.get_by_text("None that you may read.")).to_be_visible()
    expect(empty.get_by_role("button", name="New model")).to_have_attribute("aria-disabled", "true")


# --- for everybody -------------------------------------------------------------------------------

def pages():
    hostile = quote(HOSTILE, safe="")
    return ["/#/models", "/#/models/flights?selected=1,2", "/#/models/flights/versions/2",
            f"/#/models/{hostile}", f"/#/models/{hostile}/versions/1"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(models, open_page, scheme):
    page = open_page(models.url, scheme=scheme)
    for path in pages()[:3]:
        page.goto(models.url + path)
        settle(page)
        while page.locator(".opens").count():
            page.locator(".opens").first.click()  # a form takes its place
        assert serious_findings(page) == [], path


def test_narrow_screens_and_hostile_words(models, open_page):
    page = open_page(models.url, **NARROW)
    for path in pages():
        page.goto(models.url + path)
        settle(page)
        assert needs_no_sideways_scrolling(page), path
    expect(heading(page)).to_have_text(f"{HOSTILE} version 1")
    expect(page.locator("td", has_text=HOSTILE).first).to_be_visible()
    assert page.locator("main img").count() == 0
    assert page.evaluate("window.hostile") is None


def test_the_bar_has_room_for_an_account_on_a_narrow_screen(team, open_page):
    page = open_page(team.url, "/#/models", cookies=team.cookie("maintainer"), **NARROW)
    settle(page)
    assert needs_no_sideways_scrolling(page)
    ways = page.locator(".bar .side").last.bounding_box()
    for other in (".live", ".icon-button:visible", ".account-button"):
        box = page.locator(other).first.bounding_box()
        assert box["y"] >= ways["y"] + ways["height"] or box["x"] >= ways["x"] + ways["width"], other
