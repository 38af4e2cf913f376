"""The page that --html writes, in Debian's chromium."""

import os
import pathlib

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import sync_playwright
from program import rondo

CHROMIUM = os.environ.get("RONDO_CHROMIUM", "/usr/bin/chromium")


@pytest.fixture(scope="module")
def browser():
    if not pathlib.Path(CHROMIUM).exists():
        pytest.skip(f"{CHROMIUM} is not installed; RONDO_CHROMIUM names another")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield running
        running.close()


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    rng = np.random.default_rng(1)
    for name, shift in (("a", 0), ("b", 1)):
        pd.DataFrame({"moved": rng.normal(size=2000) + shift, "still": rng.normal(size=2000),
                      "<img src=x onerror=document.title='hit'>": rng.choice(["<b>", "'&"], 2000),
                      "gaps": np.where(rng.random(2000) < 0.3 * shift, np.nan, rng.normal(size=2000))}).to_csv(
            folder / f"{name}.csv", index=False)
    assert rondo("drift", folder / "a.csv", folder / "b.csv", "--html", folder / "page.html").returncode == 10
    return folder / "page.html"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page(browser, page_file, scheme):
    page = browser.new_page(color_scheme=scheme, viewport={"width": 1000, "height": 900})
    complaints, requests = [], []
    page.on("console", lambda m: complaints.append(m.text))
    page.on("pageerror", lambda e: complaints.append(str(e)))
    page.on("request", lambda r: requests.append(r.url))
    page.goto(page_file.as_uri())
    assert page.locator("h1").inner_text() == "1 of 4 features drifted."
    assert page.title() == "Drift: 1 of 4 features drifted."
    names = page.locator("article h3").all_inner_texts()
    assert names[0] == "moved" and "<img src=x onerror=document.title='hit'>" in names
    assert page.locator("article svg").count() == 4 and page.locator("img").count() == 0
    page.get_by_label("Find a feature").fill("STILL")
    assert page.locator("article:visible h3").all_inner_texts() == ["still"]
    page.get_by_label("Find a feature").fill("")
    page.locator("article summary").first.click()
    assert "Effect" in page.locator("article").first.inner_text()
    page.locator("a.tile").click()
    assert page.url.endswith("#quality") and "Missing values rose" in page.locator("body").inner_text()
    # Text is readable on its ground, and nothing is wider than the window.
    colours = page.evaluate("['color', 'backgroundColor'].map(k => getComputedStyle(document.body)[k])")
    assert colours[0] != colours[1] and ("rgb(20" in colours[1]) == (scheme == "dark")
    for width in (1000, 380):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert not complaints and requests == [page_file.as_uri()]
    page.close()
