"""Experiments, runs, comparisons and files on the page, logged by MLflow's own client."""

import re
import subprocess
import sys
import time

import mlflow
import pytest
from mlflow.entities import Metric
from playwright.sync_api import expect
from test_form import NARROW, needs_no_sideways_scrolling, serious_findings, settle
from test_page import drawn_pixels, wait_for_colours
from tiny_model import HOSTILE
from tracked import MANY

SPIKE = 7777  # a step that no sample of 2,500 out of 20,000 has
LIVE = 4000  # milliseconds from a point to its chart: a reading every two seconds, and its time


def heading(page):
    return page.get_by_role("heading", level=1)


def rows(page):
    return page.locator(".grid tbody tr[data-row]")


def names(page, count=None):
    if count is not None:
        expect(rows(page)).to_have_count(count)
    return rows(page).locator("th").all_inner_texts()


def pages_of(tracked):
    run, other, _ = tracked.runs
    return ["/#/experiments", f"/#/experiments/{tracked.work}",
            f"/#/experiments/{tracked.work}?selected={run},{other}&sort=-metrics.loss",
            f"/#/runs/{run}", f"/#/runs/{run}?show=charts&smooth=0.5",
            f"/#/runs/{run}?show=files&file=rows.csv", f"/#/runs/{tracked.hostile}",
            f"/#/compare?runs={','.join(tracked.runs)}",
            f"/#/compare?runs={','.join(tracked.runs)}&show=charts"]


# --- the list of experiments ---------------------------------------------------------------------

def test_experiments_are_found_made_deleted_and_restored(tracked, open_page):
    page = open_page(tracked.url, "/#/experiments", statuses=(400,))
    expect(heading(page)).to_have_text("Experiments")
    page.get_by_role("button", name="New experiment").click()
    page.get_by_label("Name", exact=True).fill("work")
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("work")  # the name is taken
    page.get_by_label("Name", exact=True).fill("made here")
    page.get_by_role("button", name="Create", exact=True).click()
    expect(heading(page)).to_have_text("made here")
    made = tracked.client.get_experiment_by_name("made here")
    assert page.url.endswith(f"/#/experiments/{made.experiment_id}")

    page.goto(f"{tracked.url}/#/experiments")
    expect(page.get_by_role("link", name="made here")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("MADE")
    expect(page.locator(".experiments tbody tr")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"q=MADE"))
    page.get_by_role("button", name="Delete made here").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("No name has that.")).to_be_visible()
    assert tracked.client.get_experiment(made.experiment_id).lifecycle_stage == "deleted"
    page.get_by_role("button", name="Deleted").click()
    page.get_by_role("button", name="Restore made here").click()
    expect(page.get_by_text("No name has that.")).to_be_visible()
    assert tracked.client.get_experiment(made.experiment_id).lifecycle_stage == "active"


def test_experiments_are_sorted_by_the_server(tracked, open_page):
    page = open_page(tracked.url, "/#/experiments?sort=attributes.name")
    wanted = [e.name for e in tracked.client.search_experiments(order_by=["name ASC"])]
    expect(page.locator(".experiments tbody th")).to_have_text(wanted)
    page.get_by_role("button", name="Name").click()
    expect(page.locator(".experiments tbody th")).to_have_text(wanted[::-1])


def test_an_empty_server_says_how_to_log_and_sees_the_first_run(bare, open_page):
    server, folder = bare
    page = open_page(server.url, "/#/experiments")
    snippet = page.locator(".snippet code").inner_text()
    assert server.url in snippet
    done = subprocess.run([sys.executable, "-c", snippet], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    page.get_by_role("link", name="first").click(timeout=10_000)
    expect(rows(page)).to_have_count(1)
    empty = open_page(server.url, "/#/experiments/0")
    expect(empty.get_by_text("Waiting for the first run")).to_be_visible()
    mlflow.MlflowClient(server.url).create_run("0", run_name="the first one")
    expect(rows(empty).first).to_contain_text("the first one", timeout=LIVE)


# --- the table of runs ---------------------------------------------------------------------------

def test_the_server_filters_and_sorts_and_the_address_keeps_it(tracked, open_page):
    page = open_page(tracked.url, f"/#/experiments/{tracked.work}", statuses=(400,))
    assert names(page, 3) == ["run 2", "run 1", "run 0"]
    field = page.get_by_label("Filter runs")
    field.fill("metrics.once >= 1 AND params.kind = 'tree'")
    field.press("Enter")
    assert names(page, 2) == ["run 2", "run 1"]
    once = page.get_by_role("button", name="once", exact=True)
    once.click()
    expect(page.get_by_role("columnheader", name="once")).to_have_attribute("aria-sort", "descending")
    once.click()
    expect(page).to_have_url(re.compile(r"sort=metrics\.once"))
    expect(rows(page).first).to_contain_text("run 1")
    expect(page.get_by_role("columnheader", name="once")).to_have_attribute("aria-sort", "ascending")
    again = open_page(tracked.url, page.url.removeprefix(tracked.url))
    assert names(again, 2) == ["run 1", "run 2"]
    # What the server does not understand is said beside the filter, and the table stays.
    field.fill("metrics.once ~ 1")
    field.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("position")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(rows(page)).to_have_count(2)


def test_columns_are_chosen_by_search(tracked, open_page):
    page = open_page(tracked.url, f"/#/experiments/{tracked.work}")
    expect(rows(page)).to_have_count(3)
    heads = page.locator(".grid thead th")
    for shown in ("loss", "accuracy", "rate"):
        expect(heads.filter(has_text=shown).first).to_be_visible()
    expect(heads.filter(has_text="trial")).to_have_count(0)
    page.get_by_role("button", name="Columns").click()
    page.get_by_label("Search columns").fill("tria")
    page.get_by_role("checkbox", name="trial").check()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Columns")).to_be_focused()
    page.get_by_role("button", name="trial", exact=True).click()
    assert names(page, 3) == ["run 0", "run 1", "run 2"]
    expect(page).to_have_url(re.compile(r"col=tags\.trial"))


def test_runs_are_chosen_deleted_and_restored(tracked, open_page):
    experiment = tracked.client.create_experiment(f"doomed {time.time()}")
    ids = [tracked.client.create_run(experiment, run_name=f"r{i}").info.run_id for i in range(3)]
    page = open_page(tracked.url, f"/#/experiments/{experiment}")
    expect(rows(page)).to_have_count(3)
    page.get_by_role("checkbox", name="Choose r0").check()
    page.get_by_role("checkbox", name="Choose r1").check()
    expect(page.locator(".chosen")).to_contain_text("2 runs chosen")
    expect(page).to_have_url(re.compile(f"selected={ids[0]}%2C{ids[1]}"))
    page.locator(".chosen").get_by_role("button", name="Delete").click()
    page.locator("dialog").get_by_role("button", name="Delete").click()
    assert names(page, 1) == ["r2"]
    assert [tracked.client.get_run(i).info.lifecycle_stage for i in ids] == [
        "deleted", "deleted", "active"]
    page.get_by_role("button", name="Deleted").click()
    expect(rows(page)).to_have_count(2)
    page.get_by_role("checkbox", name="Choose all").check()
    page.locator(".chosen").get_by_role("button", name="Restore").click()
    page.locator("dialog").get_by_role("button", name="Restore").click()
    expect(page.get_by_text("No run is like that.")).to_be_visible()
    assert {tracked.client.get_run(i).info.lifecycle_stage for i in ids} == {"active"}


def test_a_run_that_goes_on_is_followed_in_the_table(tracked, open_page):
    experiment = tracked.client.create_experiment(f"followed {time.time()}")
    run = tracked.client.create_run(experiment, run_name="going").info.run_id
    tracked.client.log_metric(run, "loss", 0.75, step=0)
    page = open_page(tracked.url, f"/#/experiments/{experiment}")
    expect(rows(page).first).to_contain_text("0.75")
    tracked.client.log_metric(run, "loss", 0.25, step=1)
    expect(rows(page).first).to_contain_text("0.25", timeout=LIVE)
    tracked.client.create_run(experiment, run_name="the next one")
    expect(rows(page).first).to_contain_text("the next one", timeout=LIVE)
    tracked.client.set_terminated(run, "FAILED")
    expect(rows(page).nth(1)).to_contain_text("failed", timeout=LIVE)


def test_ten_thousand_runs(many, open_page):
    page = open_page(many.url, "/")
    settle(page)
    # From the click to a table that answers, five times; the slowest counts.
    took = []
    for _ in range(5):
        begun = time.monotonic()
        page.goto(f"{many.url}/#/experiments/{many.many}")
        expect(rows(page).first).to_contain_text(f"many {MANY - 1}")
        page.get_by_role("checkbox", name=f"Choose many {MANY - 1}", exact=True).check()
        expect(page.locator(".chosen")).to_be_visible()
        took.append(time.monotonic() - begun)
        page.goto(f"{many.url}/#/")
        settle(page)
    print("seconds until the table answered:", [round(t, 3) for t in took])
    assert max(took) < 1.5, took

    page.goto(f"{many.url}/#/experiments/{many.many}")
    grid = page.locator(".grid")
    expect(rows(page).first).to_be_visible()
    most = 0
    for _ in range(200):
        grid.evaluate("(g) => { g.scrollTop = g.scrollHeight; }")
        page.wait_for_timeout(30)
        most = max(most, rows(page).count())
        if page.get_by_text(re.compile(r"^10,000\sruns$")).count():
            break
    expect(page.get_by_text(re.compile(r"^10,000\sruns$"))).to_be_visible()
    grid.evaluate("(g) => { g.scrollTop = g.scrollHeight; }")
    expect(rows(page).last).to_contain_text("many 0")
    expect(page.locator(".grid table")).to_have_attribute("aria-rowcount", str(MANY + 1))
    assert most < 80, most
    # Sorted by what the runs measured, the whole list is sorted, not what was read of it.
    page.get_by_role("button", name="loss").click()
    expect(rows(page).first).to_contain_text("99.99")
    # The arrow keys lead from row to row, beyond what was in the document.
    rows(page).first.get_by_role("link").focus()
    for _ in range(60):
        page.keyboard.press("ArrowDown")
    focused = page.evaluate("document.activeElement.closest('tr').dataset.row")
    assert focused == "60"
    assert rows(page).count() < 80


# --- a run ---------------------------------------------------------------------------------------

def test_a_run_shows_what_the_client_logged(tracked, open_page):
    page = open_page(tracked.url, f"/#/runs/{tracked.runs[0]}")
    expect(heading(page)).to_have_text("run 0")
    run = tracked.client.get_run(tracked.runs[0])
    for key, value in run.data.params.items():
        row = page.locator("tr", has=page.get_by_role("rowheader", name=key, exact=True))
        expect(row.locator("td")).to_have_text(value)
    for key in run.data.metrics:
        expect(page.get_by_role("rowheader", name=key, exact=True)).to_be_visible()
    dataset = run.inputs.dataset_inputs[0].dataset
    row = page.locator("tr", has=page.get_by_role("rowheader", name="rows", exact=True))
    expect(row).to_contain_text(dataset.digest)
    expect(row).to_contain_text("training")
    page.get_by_role("link", name="experiment work").click()
    expect(heading(page)).to_have_text("work")


def test_a_run_is_deleted_and_restored(tracked, open_page):
    run = tracked.client.create_run(tracked.hostile_experiment, run_name="short-lived").info.run_id
    page = open_page(tracked.url, f"/#/runs/{run}")
    page.get_by_role("button", name="Delete").click()
    page.locator("dialog").get_by_role("button", name="Delete").click()
    expect(page.locator(".title-line")).to_contain_text("deleted")
    assert tracked.client.get_run(run).info.lifecycle_stage == "deleted"
    page.get_by_role("button", name="Restore").click()
    expect(page.get_by_role("button", name="Delete")).to_be_visible()
    assert tracked.client.get_run(run).info.lifecycle_stage == "active"
    tracked.client.delete_run(run)


def test_metrics_are_drawn_read_by_keys_and_zoomed(tracked, open_page):
    page = open_page(tracked.url, f"/#/runs/{tracked.runs[0]}?show=charts")
    chart = page.get_by_role("group", name="loss by step", exact=False).first
    filled, colours = drawn_pixels(chart.locator("canvas"))
    assert filled > 500 and colours >= 2, (filled, colours)
    chart.focus()
    page.keyboard.press("ArrowRight")
    expect(chart.locator("[aria-live]")).to_have_text("step 0, loss 1")
    page.keyboard.press("ArrowRight")
    expect(chart.locator("[aria-live]")).to_have_text("step 1, loss 0.5")
    page.keyboard.press("ArrowLeft")
    for _ in range(60):
        page.keyboard.press("ArrowRight")
    expect(chart.locator("[aria-live]")).to_have_text("step 60, loss NaN")
    plain = chart.locator("canvas").screenshot()
    page.get_by_label("Logarithmic").check()
    expect(page).to_have_url(re.compile("log=1"))
    page.get_by_label("Along").select_option("relative")
    expect(page.get_by_role("group", name=re.compile("^loss by time since")).first).to_be_visible()
    page.get_by_label("Along").select_option("step")
    page.get_by_role("slider", name="Smoothing").fill("0.9")
    expect(page).to_have_url(re.compile("smooth=0.9"))
    chart = page.get_by_role("group", name="loss by step", exact=False).first
    assert chart.locator("canvas").screenshot() != plain
    chart.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(chart.locator("[aria-live]")).to_have_text(re.compile(r"^step 1, loss 0\.7\d+ \(0\.5\)"))
    box = chart.bounding_box()
    page.mouse.move(box["x"] + 150, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 280, box["y"] + 100, steps=4)
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"zoom=\d"))
    page.get_by_role("button", name="show all").click()
    expect(page).not_to_have_url(re.compile("zoom="))
    # The table of contents is a search.
    page.get_by_label("Search metrics").fill("valid")
    expect(page.locator(".metric")).to_have_count(1)


def test_a_logarithmic_axis_may_begin_anywhere(tracked, open_page):
    """From 0.0099, among others, the chart library has steps without an end."""
    experiment = tracked.client.create_experiment(f"logarithmic {time.time()}")
    run = tracked.client.create_run(experiment).info.run_id
    for i in range(30):
        for step, factor in enumerate((1, 3)):
            tracked.client.log_metric(run, f"m{i:02}", 0.009 * 1.012 ** i * factor, step=step)
    tracked.client.set_terminated(run)
    page = open_page(tracked.url, f"/#/runs/{run}?show=charts&log=1", height=4000)
    expect(page.locator(".metric canvas")).to_have_count(30)
    for canvas in page.locator(".metric canvas").all():
        assert drawn_pixels(canvas)[0] > 50


def test_looking_closer_reads_what_sampling_left_out(tracked, open_page):
    experiment = tracked.client.create_experiment(f"long {time.time()}")
    run = tracked.client.create_run(experiment).info.run_id
    for first in range(0, 20_000, 1000):
        tracked.client.log_batch(run, metrics=[
            Metric("loss", 99 if step == SPIKE else 1, 1_700_000_000_000 + step, step)
            for step in range(first, first + 1000)])
    tracked.client.set_terminated(run)
    page = open_page(tracked.url, f"/#/runs/{run}?show=charts")
    chart = page.get_by_role("group", name="loss by step", exact=False).first
    expect(chart.locator("canvas")).to_be_visible()
    with page.expect_response(re.compile("start_step")):
        page.evaluate(f"location.hash += '&zoom={SPIKE - 5}..{SPIKE + 5}'")
    page.wait_for_timeout(500)
    chart.focus()
    for _ in range(6):  # from the first one that is seen
        page.keyboard.press("ArrowRight")
    expect(chart.locator("[aria-live]")).to_have_text(f"step {SPIKE:,}, loss 99")


def test_points_appear_while_a_run_goes_on(tracked, open_page):
    experiment = tracked.client.create_experiment(f"live {time.time()}")
    run = tracked.client.create_run(experiment).info.run_id
    tracked.client.log_metric(run, "loss", 1.0, step=0)
    page = open_page(tracked.url, f"/#/runs/{run}?show=charts")
    expect(page.locator(".metric h3")).to_have_text(["loss1"])
    for step in range(1, 4):
        tracked.client.log_metric(run, "loss", 1 / (step + 1), step=step)
    expect(page.locator(".metric h3")).to_have_text(["loss0.25"], timeout=LIVE)
    chart = page.get_by_role("group", name="loss by step", exact=False).first
    chart.focus()
    for step in range(4):
        page.keyboard.press("ArrowRight")
    expect(chart.locator("[aria-live]")).to_have_text("step 3, loss 0.25")
    tracked.client.log_metric(run, "other", 5.0)
    expect(page.locator(".metric h3")).to_have_text(["loss0.25", "other5"], timeout=LIVE)
    tracked.client.set_terminated(run)
    expect(page.locator(".title-line .pill")).to_have_text("finished", timeout=LIVE)


# --- files ---------------------------------------------------------------------------------------

def choose(page, name):
    page.locator(".file", has_text=name).click()
    return page.locator(".preview")


def test_files_are_previewed_and_nothing_of_them_runs(tracked, open_page):
    page = open_page(tracked.url, f"/#/runs/{tracked.runs[0]}?show=files")
    page.locator(".folder", has_text="notes/").click()
    expect(choose(page, "readme.txt").locator("pre")).to_have_text("a plain note\n" * 3)
    expect(choose(page, "facts.json").locator("pre")).to_contain_text('"list": [\n')
    table = choose(page, "rows.csv")
    expect(table.get_by_role("columnheader")).to_have_text(["name", "amount"])
    expect(table.locator("td")).to_have_text(["one, two", "3"])
    expect(choose(page, "report.html").locator("pre")).to_contain_text("<h1>mine</h1>")
    expect(choose(page, "picture.svg").locator("pre")).to_contain_text("<script>")
    expect(choose(page, "long.log")).to_contain_text("The first 524 KB of 1,080,000 bytes.")
    assert len(page.locator(".preview pre").inner_text()) <= 512 << 10
    expect(choose(page, "model.bin")).to_contain_text("no preview")
    picture = choose(page, "plot.png").locator("img")
    expect(picture).to_have_js_property("naturalWidth", 8)
    assert page.evaluate("window.hostile") is None
    # A link shows the same, with the folder open.
    link = open_page(tracked.url, f"/#/runs/{tracked.runs[0]}?show=files&file=notes/facts.json")
    expect(link.locator(".preview pre")).to_contain_text("nested")
    expect(link.locator(".file[aria-pressed=true]")).to_contain_text("facts.json")


def test_a_file_is_downloaded_as_it_is(tracked, open_page, tmp_path):
    page = open_page(tracked.url, f"/#/runs/{tracked.runs[0]}?show=files&file=report.html")
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Download").click()
    downloading.value.save_as(tmp_path / "saved")
    assert downloading.value.suggested_filename == "report.html"
    assert "<h1>mine</h1>" in (tmp_path / "saved").read_text()
    assert heading(page).inner_text() == "run 0"  # the page is still ours


def test_a_model_that_a_run_made_has_its_files(tracked, open_page):
    xgboost = pytest.importorskip("xgboost")
    import numpy
    rows_of = xgboost.DMatrix(numpy.zeros((4, 1)), label=[0, 1, 0, 1])
    with tracked.run(experiment_id=tracked.work, run_name="makes a model") as run:
        mlflow.xgboost.log_model(xgboost.train({}, rows_of, 1), name="tree",
                                 registered_model_name="seen")
    try:
        page = open_page(tracked.url, f"/#/runs/{run.info.run_id}")
        row = page.locator("tr", has=page.get_by_role("rowheader", name="tree made"))
        expect(row).to_contain_text("ready")
        expect(row).to_contain_text("seen 1")
        row.get_by_role("button", name="files").click()
        expect(choose(page, "MLmodel").locator("pre")).to_contain_text("flavors")
    finally:
        tracked.client.delete_run(run.info.run_id)


# --- comparing -----------------------------------------------------------------------------------

def test_runs_are_compared_from_the_table(tracked, open_page):
    page = open_page(tracked.url, f"/#/experiments/{tracked.work}")
    for i in range(3):
        page.get_by_role("checkbox", name=f"Choose run {i}").check()
    page.get_by_role("button", name="Compare").click()
    expect(heading(page)).to_have_text("Compare 3 runs")
    kind = page.locator("tr", has=page.get_by_role("rowheader", name="kind", exact=True))
    expect(kind.locator("td")).to_have_text(["tree"] * 3)
    page.get_by_label("Only what differs").check()
    expect(kind).to_have_count(0)
    rate = page.locator("tr", has=page.get_by_role("rowheader", name="rate", exact=True))
    assert rate.locator("td").all_inner_texts() == [
        tracked.client.get_run(r).data.params["rate"] for r in tracked.runs]
    page.get_by_role("button", name="Charts").click()
    chart = page.get_by_role("group", name="loss by step", exact=False).first
    wait_for_colours(page, chart.locator("canvas"), 4)
    chart.focus()
    page.keyboard.press("ArrowRight")
    expect(chart.locator("[aria-live]")).to_have_text("step 0, run 2 3, run 1 2, run 0 1")


def test_a_run_that_is_gone_is_named_and_the_others_are_compared(tracked, open_page):
    page = open_page(tracked.url, f"/#/compare?runs={tracked.runs[0]},{'0' * 32}", statuses=(404,))
    expect(page.get_by_role("alert")).to_contain_text("0" * 32)
    expect(heading(page)).to_have_text("Compare 1 runs")


# --- everywhere ----------------------------------------------------------------------------------

def test_links_of_mlflow_lead_to_ours(tracked, open_page):
    run, other, _ = tracked.runs
    page = open_page(tracked.url, f"/#/experiments/{tracked.work}/runs/{run}")
    expect(heading(page)).to_have_text("run 0")
    assert page.url == f"{tracked.url}/#/runs/{run}"
    page = open_page(tracked.url, f'/#/compare-runs?runs=["{run}","{other}"]&experiments=["1"]')
    expect(heading(page)).to_have_text("Compare 2 runs")


def test_hostile_names_are_text(tracked, open_page):
    page = open_page(tracked.url, f"/#/experiments/{tracked.hostile_experiment}")
    expect(heading(page)).to_have_text(HOSTILE)
    expect(rows(page).filter(has_text=HOSTILE).first).to_be_visible()
    run = open_page(tracked.url, f"/#/runs/{tracked.hostile}")
    expect(heading(run)).to_have_text(HOSTILE)
    expect(run.locator("td", has_text=HOSTILE)).to_have_count(3)  # param, tag, the name as a tag
    files = open_page(tracked.url, f"/#/runs/{tracked.hostile}?show=files")
    expect(choose(files, "onerror").locator("pre")).to_have_text(HOSTILE)
    expect(choose(files, "hostile.csv").locator("td").nth(1)).to_have_text(HOSTILE)
    both = open_page(tracked.url, f"/#/compare?runs={tracked.hostile},{tracked.runs[0]}")
    expect(both.get_by_role("columnheader", name=HOSTILE)).to_be_visible()
    listed = open_page(tracked.url, "/#/experiments")
    expect(listed.get_by_role("link", name=HOSTILE)).to_be_visible()
    for shown in (page, run, files, both, listed):
        assert shown.locator("main img").count() == 0
        assert shown.evaluate("window.hostile") is None


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("which", range(9))
def test_axe_finds_nothing_serious(tracked, open_page, which, scheme):
    page = open_page(tracked.url, pages_of(tracked)[which], scheme=scheme)
    settle(page)
    page.wait_for_timeout(300)
    if page.get_by_role("button", name="Columns").count():
        page.get_by_role("button", name="Columns").click()
    assert serious_findings(page) == []


@pytest.mark.parametrize("which", range(9))
def test_narrow_screens_need_no_sideways_scrolling(tracked, open_page, which):
    page = open_page(tracked.url, pages_of(tracked)[which], **NARROW)
    settle(page)
    page.wait_for_timeout(300)
    assert needs_no_sideways_scrolling(page)
    expect(page.get_by_role("link", name="Experiments")).to_be_visible()


def test_what_an_account_may_not_do_is_said(team, open_page):
    page = open_page(team.url, "/#/experiments", cookies=team.cookie("viewer"), statuses=(403,))
    expect(page.get_by_role("button", name="New experiment")).to_have_attribute("aria-disabled", "true")
    page.get_by_role("button", name=f"Delete {HOSTILE}").click()
    page.locator("dialog").get_by_role("button", name="Delete").click()
    expect(page.locator("dialog").get_by_role("alert")).to_be_visible()
    editor = open_page(team.url, "/#/experiments", cookies=team.cookie("editor"))
    editor.get_by_role("button", name="New experiment").click()
    editor.get_by_label("Name", exact=True).fill("an editor's")
    editor.get_by_role("button", name="Create", exact=True).click()
    expect(heading(editor)).to_have_text("an editor's")
