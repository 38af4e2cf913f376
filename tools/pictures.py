"""Photographs the flights endpoint for the README: pictures.py [URL]. Without a URL it serves
build/demo-flights meanwhile."""

import base64
import contextlib
import json
import pathlib
import struct
import subprocess
import sys
import zlib

import numpy
from playwright.sync_api import sync_playwright

ROOT = pathlib.Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs/pictures/loop.png"
WIDTH, HEIGHT = 1440, 1312  # down to where the story of the breach has ended
LIMIT_BYTES = 200_000  # a README loads at once

PIXELS = """async (png) => {
    const image = await createImageBitmap(await (await fetch(png)).blob());
    const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    return new Uint8Array(data.buffer).toBase64();
}"""


@contextlib.contextmanager
def served(data):
    command = [ROOT / "build/release/rondo", "server", "--data", data, "--port", "0"]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        for line in server.stderr:
            if line.startswith("{") and json.loads(line)["what"] == "listening":
                yield json.loads(line)["url"]
                return
        raise SystemExit(f"no server on {data}")
    finally:
        server.terminate()
        server.communicate()


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def with_palette(pixels):
    """A PNG of RGBA rows in their 256 most frequent colours: the browser keeps every shade of
    every letter's edge, which nobody sees and which makes the file twice as large."""
    packed = pixels.astype(numpy.uint32) @ numpy.array([65536, 256, 1, 0], numpy.uint32)
    colours, where, counts = numpy.unique(packed, return_inverse=True, return_counts=True)
    split = numpy.stack([colours >> 16, colours >> 8 & 255, colours & 255], 1).astype(numpy.int32)
    palette = split[numpy.argsort(counts)[::-1][:256]]
    nearest = [((palette - colour) ** 2).sum(1).argmin() for colour in split]
    rows = numpy.array(nearest, numpy.uint8)[where].reshape(packed.shape)
    height, width = rows.shape
    lines = numpy.concatenate([numpy.zeros((height, 1), numpy.uint8), rows], 1)  # 0: no filter
    return b"".join([
        b"\x89PNG\r\n\x1a\n",
        chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        chunk(b"PLTE", palette.astype(numpy.uint8).tobytes()),
        chunk(b"IDAT", zlib.compress(lines.tobytes(), 9)),
        chunk(b"IEND", b"")])


def photograph(browser, url):
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
    page.goto(f"{url}/#/endpoints/flights")
    page.locator(".panel canvas").nth(2).wait_for()
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(500)  # the charts draw again when the font is there
    png = base64.b64encode(page.screenshot()).decode()
    # Read back in an empty page: the policy of ours forbids to fetch from data:.
    blank = browser.new_page()
    raw = base64.b64decode(blank.evaluate(PIXELS, "data:image/png;base64," + png))
    return numpy.frombuffer(raw, numpy.uint8).reshape(HEIGHT, WIDTH, 4)


def take(url):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--hide-scrollbars"])
        png = with_palette(photograph(browser, url))
        browser.close()
    if len(png) > LIMIT_BYTES:
        raise SystemExit(f"{len(png):,} bytes are more than {LIMIT_BYTES:,}")
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_bytes(png)
    print(f"{PICTURE.relative_to(ROOT)}: {WIDTH} x {HEIGHT}, {len(png):,} bytes")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        take(sys.argv[1].rstrip("/"))
    else:
        with served(ROOT / "build/demo-flights") as address:
            take(address)
