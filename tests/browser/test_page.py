"""What the page shows, and how soon."""

import re
import subprocess
import sys

import pytest
from playwright.sync_api import expect
from small_loop import CANARY, ENDPOINT, NAME
from tiny_model import HOSTILE

PAGE = f"/#/endpoints/{NAME}"
STORY = ["monitor.breach", "retrain.started", "retrain.candidate", "gate.passed",
         "rollout.started", "rollout.promoted", "rollout.watch_passed"]
SOON = 1000  # milliseconds from an event to the page


def entries_of(loop):
    return loop.rondo.call("GET", f"{ENDPOINT}/timeline?limit=10000")["entries"]


def only(entries, kind):
    found = [e for e in entries if e["kind"] == kind]
    assert len(found) == 1, found
    return found[0]


def entry(page, of):
    return page.locator(f'[data-entry="{of["id"]}"]')


def drawn_pixels(canvas):
    """How many pixels of a canvas are not empty, and how many colours they have."""
    return canvas.evaluate("""(canvas) => {
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        const colours = new Set();
        let filled = 0;
        for (let i = 0; i < data.length; i += 4) {
            if (data[i + 3] < 128) continue;
            filled += 1;
            colours.add(data[i] << 16 | data[i + 1] << 8 | data[i + 2]);
        }
        return [filled, colours.size];
    }""")


def wait_for_colours(page, canvas, least):
    """Until so many colours are drawn: lines come after their axes."""
    for _ in range(50):
        if drawn_pixels(canvas)[1] >= least:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"{drawn_pixels(canvas)[1]} colours for {least}")


def test_the_story_of_the_breach_is_told_in_order_and_with_causes(loop, open_page):
    page = open_page(loop.url, PAGE)
    entries = entries_of(loop)
    story = page.locator(".story").filter(has=entry(page, only(entries, "monitor.breach")))
    expected = [next(e for e in reversed(entries) if e["kind"] == kind) for kind in STORY]
    expect(story.locator(".entry-title")).to_have_text([e["title"] for e in expected])
    expect(story.locator(".entry-detail").nth(0)).to_contain_text(expected[0]["detail"])
    shown = story.locator(".entry").evaluate_all(
        "(all) => all.map((e) => [Number(e.dataset.entry), e.dataset.cause])")
    assert shown == [[e["id"], str(e["cause"]) if "cause" in e else None] for e in expected]
    expect(story.locator("header .pill")).to_have_text("watch passed")
    # The latest turn of the loop says the same in short.
    expect(page.locator(".strip b")).to_have_text(
        ["Breach", "Retraining", "Candidate", "Gate passed", "On trial", "Promoted",
         "Watch passed"])


def test_pointing_at_an_effect_lights_its_causes(loop, open_page):
    page = open_page(loop.url, PAGE)
    entries = entries_of(loop)
    gate = [e for e in entries if e["kind"] == "gate.passed"][-1]
    title = entry(page, gate).locator(".entry-title")
    title.hover()
    story = page.locator(".story").filter(has=title)
    lit = story.locator(".entry.lit")
    expect(lit).to_have_count(4)  # breach, retraining, candidate, gate
    expect(lit.nth(0).locator(".entry-title")).to_have_text(only(entries, "monitor.breach")["title"])
    expect(story.locator(".rail-in.lit")).to_have_count(3)
    page.mouse.move(5, 5)
    expect(lit).to_have_count(0)
    title.focus()
    expect(lit).to_have_count(4)


def test_why_computes_the_decision_again(loop, open_page):
    page = open_page(loop.url, PAGE)
    breach = entry(page, only(entries_of(loop), "monitor.breach"))
    breach.get_by_role("button", name="Why: breach").click()
    verdict = breach.locator(".why-verdict")
    expect(verdict).to_have_text(re.compile(
        r"Computed again from \d+ rows of 14 sealed days: every number is the same to the bit\."))
    mean = breach.locator("tr", has=page.get_by_role("rowheader", name="mean", exact=True))
    recorded = only(entries_of(loop), "monitor.breach")["data"]["mean"]
    expect(mean.locator("td")).to_have_text([repr(recorded), "same"])
    breach.get_by_role("button", name=re.compile("Show all")).click()
    expect(breach.locator("td", has_text=HOSTILE)).to_be_visible()
    expect(breach.locator(".differs")).to_have_count(0)
    # The address holds it: a colleague sees the same.
    again = open_page(loop.url, page.url[len(loop.url):])
    expect(again.locator(".why-verdict")).to_have_text(verdict.inner_text())


def test_the_evidence_is_drawn_against_its_limits(loop, open_page):
    page = open_page(loop.url, PAGE)
    promoted = only(entries_of(loop), "rollout.promoted")["data"]
    better = page.locator(".panel", has_text="Is version 3 better?")
    expect(better.locator(".figure b")).to_have_text(f"{promoted['promote_e']:.3g}")
    expect(better.locator(".figure")).to_have_class(re.compile("tone-good"))
    expect(better.locator(".meaning")).to_contain_text(
        "An equally good candidate is ever promoted with probability at most 5 %")
    worse = page.locator(".panel", has_text="Is version 3 worse?")
    expect(worse.locator(".meaning")).to_contain_text(
        "rolled back with probability at most 5 % (2 × 2.5 %)")
    gain = page.locator(".panel", has_text="By how much")
    expect(gain.locator(".figure b")).to_have_text("+0.2")
    for panel in (better, worse, gain):
        filled, colours = drawn_pixels(panel.locator("canvas"))
        assert filled > 1000 and colours >= 3, (filled, colours)
    expect(page.locator(".verdict .pill")).to_have_text("promoted")


def test_charts_answer_the_pointer_and_the_keys(loop, open_page):
    page = open_page(loop.url, PAGE)
    chart = page.get_by_role("group", name=re.compile("Brier loss over event time"))
    filled, colours = drawn_pixels(chart.locator("canvas"))
    assert filled > 1000 and colours >= 4
    box = chart.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] / 2)
    expect(chart.locator(".tip")).to_contain_text("threshold")
    page.mouse.move(2, 2)
    expect(chart.locator(".tip")).to_have_count(0)
    chart.focus()
    page.keyboard.press("ArrowLeft")
    expect(chart.locator("[aria-live]")).to_contain_text("mean Brier loss")
    box = chart.bounding_box()
    page.mouse.move(box["x"] + 300, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 500, box["y"] + 100, steps=4)
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"range=20\d\d-"))
    page.get_by_role("button", name="show all").click()
    expect(page).not_to_have_url(re.compile("range="))


def test_the_other_rollout_and_the_watch_have_their_own_words(loop, open_page):
    page = open_page(loop.url, PAGE)
    page.get_by_role("button", name=re.compile("^v2 against v1")).click()
    expect(page).to_have_url(re.compile("rollout=1"))
    expect(page.locator(".verdict")).to_contain_text("the candidate was worse: e-value")
    worse = page.locator(".panel", has_text="Is version 2 worse?")
    expect(worse.locator(".figure")).to_have_class(re.compile("tone-bad"))
    expect(worse.locator(".meaning")).to_contain_text("probability at most 2.5 %.")
    page.get_by_role("button", name=re.compile("^v3 against v1")).click()
    page.get_by_role("button", name=re.compile(r"^Watch \d")).click()
    panel = page.locator(".panel", has_text="Would version 1 have been better?")
    expect(panel.locator(".figure")).to_contain_text("of 40 that bring it back")


def test_hostile_text_is_text(loop, open_page):
    page = open_page(loop.url, PAGE)
    breach = entry(page, only(entries_of(loop), "monitor.breach"))
    expect(breach.locator(".entry-detail")).to_contain_text(HOSTILE)
    expect(page.locator(".drift th", has_text=HOSTILE)).to_be_visible()
    breach.locator(".entry-title").click()
    expect(breach.locator(".raw")).to_contain_text(HOSTILE)
    run = open_page(loop.url, f"/#/experiments/0/runs/{loop.broken_run}")
    expect(run.get_by_role("heading", level=1)).to_have_text(HOSTILE)
    expect(run.locator("td", has_text=HOSTILE)).to_have_count(2)  # its note, and its name as a tag
    for shown in (page, run):
        assert shown.locator("main img").count() == 0
        assert shown.evaluate("window.hostile") is None


def test_links_of_mlflow_clients_lead_to_the_run(loop, open_page):
    candidate = [e for e in entries_of(loop) if e["kind"] == "retrain.candidate"][-1]
    page = open_page(loop.url, f"/#/experiments/0/runs/{candidate['data']['run_id']}")
    expect(page.get_by_role("heading", level=1)).to_have_text("trained by the loop")
    for text in ("reference_brier", "rondo.trained_until", "high"):
        expect(page.get_by_role("rowheader", name=text)).to_be_visible()
    page.get_by_role("link", name="experiment Default").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Default")
    expect(page.get_by_role("link", name="trained by the loop")).to_have_count(2)
    unknown = open_page(loop.url, "/#/prompts")
    expect(unknown.locator("main")).to_contain_text("no page /prompts")


def test_an_endpoint_leads_to_its_model_and_champion(loop, open_page):
    page = open_page(loop.url, PAGE)
    champion = loop.status()["route"]["champion"]
    head = page.locator(".page-head")
    expect(head).to_contain_text(f"v{champion} is champion")
    head.get_by_role("link", name="models:/small@champion").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("small")
    page.go_back()
    head.get_by_role("link", name=f"v{champion}", exact=True).click()
    expect(page).to_have_url(re.compile(f"#/models/small/versions/{champion}$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("small")


def test_what_happens_is_seen_within_a_second(loop, open_page):
    page = open_page(loop.url, PAGE)
    start = open_page(loop.url)
    for shown in (page, start):
        expect(shown.locator(".live")).to_have_text("live")
    expect(page.locator(".title-line .pill")).to_have_text("Gathering")
    reason = f"seen enough {HOSTILE}"
    loop.start_rollout(1, CANARY)
    try:
        expect(page.locator(".title-line .pill")).to_have_text("25 % canary", timeout=SOON)
        expect(start.locator(".endpoint-row .pill")).to_have_text("25 % canary", timeout=SOON)
        expect(page.locator(".choice").first).to_contain_text("v1 against v3", timeout=SOON)
    finally:
        loop.rondo.call("POST", f"{ENDPOINT}/rollouts/abort", {"reason": reason})
    expect(page.locator(".entry-detail", has_text=reason)).to_be_visible(timeout=SOON)
    expect(page.locator(".title-line .pill")).to_have_text("Gathering", timeout=SOON)
    expect(page.locator(".verdict")).to_contain_text(reason, timeout=SOON)


def test_a_day_without_news_is_seen_too(loop, open_page):
    page = open_page(loop.url, PAGE)
    settled = page.get_by_text("decided up to")
    before = settled.inner_text()
    loop.play_day()
    expect(settled).not_to_have_text(before, timeout=4000)


def test_an_empty_server_says_how_to_begin_and_the_words_work(bare, open_page):
    server, folder = bare
    page = open_page(server.url)
    expect(page.get_by_role("heading", level=1)).to_have_text("No endpoint yet")
    python, shell = page.locator(".snippet code").all_inner_texts()
    assert server.url in python and server.url in shell
    (folder / "rondo-data").symlink_to(folder / "data")
    pytest.importorskip("mlflow")
    for command in ([sys.executable, "-c", python], ["bash", "-ec", shell]):
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-2000:]
    assert "predictions" in done.stdout, done.stdout
    expect(page.locator(".endpoint-row h2")).to_contain_text("first", timeout=SOON)


def test_keys_and_theme(loop, open_page):
    page = open_page(loop.url, PAGE)
    expect(page.locator(".entry").first).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator(".entry-title").nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(page.locator(".entry-title").nth(0)).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("all endpoints")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    background = "getComputedStyle(document.documentElement).backgroundColor"
    light = page.evaluate(background)
    page.keyboard.press("t")
    page.keyboard.press("t")
    assert page.evaluate(background) != light
    page.reload()
    expect(page.locator(".entry").first).to_be_visible()
    assert page.evaluate(background) != light
    page.keyboard.press("e")
    expect(page.get_by_role("heading", level=1)).to_have_text("Endpoints")


def test_an_endpoint_that_is_not_there(loop, open_page):
    page = open_page(loop.url, "/#/endpoints/nowhere", statuses=(404,))
    expect(page.locator("main")).to_contain_text("no endpoint 'nowhere'")
