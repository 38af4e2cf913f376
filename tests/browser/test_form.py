"""How the page is served, and whether everybody can use it."""

import http.client
import json
import pathlib
import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect
from small_loop import NAME

ROOT = pathlib.Path(__file__).resolve().parents[2]
AXE = ROOT / "web/node_modules/axe-core/axe.min.js"
PAGES = ["/", f"/#/endpoints/{NAME}?rollout=2", f"/#/endpoints/{NAME}?rollout=1",
         "/#/experiments/0", "/#/nowhere"]
NARROW = {"width": 360, "height": 740}
POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
          "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; "
          "frame-ancestors 'none'")


def settle(page):
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator(".skeleton")).to_have_count(0)


def serious_findings(page):
    if not AXE.exists():
        pytest.skip("axe-core is not installed: tools/web.sh installs it")
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run()")["violations"]
    return [f"{v['id']}: {v['help']}: {[n['html'][:120] for n in v['nodes']]}" for v in found
            if v["impact"] in ("serious", "critical")]


def needs_no_sideways_scrolling(page):
    return page.evaluate("document.documentElement.scrollWidth") == NARROW["width"]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(loop, open_page, path, scheme):
    page = open_page(loop.url, path, scheme=scheme)
    settle(page)
    if page.locator(".entry").count():  # with an entry and a decision unfolded
        page.locator(".why-button").first.click()
        page.locator(".entry-title").first.click()
        settle(page)
    assert serious_findings(page) == []


@pytest.mark.parametrize("path", PAGES)
def test_narrow_screens_need_no_sideways_scrolling(loop, open_page, path):
    page = open_page(loop.url, path, **NARROW)
    settle(page)
    assert needs_no_sideways_scrolling(page)


def test_an_empty_server_is_for_everybody_too(bare, open_page):
    server, _ = bare
    page = open_page(server.url, **NARROW)
    settle(page)
    assert needs_no_sideways_scrolling(page)
    assert serious_findings(page) == []


def test_nothing_jumps_while_it_loads(loop, open_page):
    page = open_page(loop.url, "/")
    page.evaluate("""() => {
        window.shift = 0;
        new PerformanceObserver((list) => {
            for (const e of list.getEntries()) if (!e.hadRecentInput) shift += e.value;
        }).observe({ type: 'layout-shift', buffered: true });
    }""")
    page.goto(f"{loop.url}/#/endpoints/{NAME}")
    settle(page)
    page.wait_for_timeout(500)
    assert page.evaluate("shift") < 0.1


def get(loop, path, **headers):
    connection = http.client.HTTPConnection(urlsplit(loop.url).netloc)
    connection.request("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})
    answer = connection.getresponse()
    return answer, answer.read()


def test_the_page_is_closed_to_everything_foreign(loop):
    for path in ("/", "/favicon.svg", "/licenses.txt"):
        answer, _ = get(loop, path)
        assert answer.status == 200
        assert answer.getheader("content-security-policy").startswith(POLICY)
        assert answer.getheader("x-content-type-options") == "nosniff"
        assert answer.getheader("x-frame-options") == "DENY"
        assert answer.getheader("referrer-policy") == "no-referrer"
        assert answer.getheader("cross-origin-opener-policy") == "same-origin"


def test_assets_are_packed_and_kept(loop):
    _, index = get(loop, "/")
    assets = re.findall(rb'(?:src|href)="(/assets/[^"]+)"', index)
    assert len(assets) == 3  # script, style, font
    for path in assets:
        answer, body = get(loop, path.decode(), accept_encoding="gzip, deflate, br")
        assert answer.getheader("cache-control") == "public, max-age=31536000, immutable"
        if path.endswith((b".js", b".css")):
            assert answer.getheader("content-encoding") == "br"
            gzip, packed = get(loop, path.decode(), accept_encoding="gzip")
            assert gzip.getheader("content-encoding") == "gzip" and len(packed) < 120_000
    missing, body = get(loop, "/assets/nothing.js")
    assert missing.status == 404 and json.loads(body)["error"]["code"] == "not_found"


def test_the_index_is_asked_for_again(loop):
    first, _ = get(loop, "/", accept_encoding="br")
    assert first.getheader("cache-control") == "no-cache"
    again, body = get(loop, "/", accept_encoding="br", if_none_match=first.getheader("etag"))
    assert again.status == 304 and body == b""
