"""Writes first inputs for the fuzz targets of platform/net: python fuzz_seeds.py FOLDER"""

import gzip
import pathlib
import struct
import sys

import hpack

from h2client import (CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PING, RST, SETTINGS,
                      WINDOW, frame)

GET = b"GET /hello HTTP/1.1\r\nhost: a\r\n\r\n"
HTTP1 = [
    GET, GET * 3, GET.replace(b"1.1", b"1.0"), GET.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n"),
    b"POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc" + GET,
    b"POST /echo HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\na: b\r\n\r\n" + GET,
    b"POST /count HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 3\r\n\r\nabc",
    b"GET http://a/pieces/ab,c,fail HTTP/1.1\r\nhost: a\r\nx-request-id: 7\r\n\r\n",
    b"HEAD /known/abcdefghij HTTP/1.1\r\nhost: a\r\n\r\n" + GET,
    b"POST /early HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n" + b"x" * 100 + GET,
    b"OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n",
]


def http2():
    encoder = hpack.Encoder()

    def head(path, method="GET", extra=()):
        return encoder.encode([(":method", method), (":scheme", "http"), (":path", path),
                               (":authority", "a"), *extra])
    both = END_HEADERS | END_STREAM
    get = frame(HEADERS, both, 1, head("/hello"))
    post = frame(HEADERS, END_HEADERS, 3, head("/echo", "POST")) + frame(DATA, END_STREAM, 3, b"abc")
    up = frame(HEADERS, END_HEADERS, 5, head("/count", "POST")) + frame(DATA, 0, 5, b"x" * 300)
    yield get
    yield get + post + up + frame(DATA, END_STREAM, 5, b"x")
    yield up + frame(RST, 0, 5, struct.pack(">I", 8)) + frame(PING, 0, 0, b"12345678")
    yield frame(HEADERS, 0, 1, head("/pieces/a,b,c")[:5]) + frame(CONTINUATION, both, 1, b"")
    yield frame(HEADERS, both, 1, head("/pieces/a,b,throw")) + frame(WINDOW, 0, 0, b"\0\0\1\0")
    yield frame(SETTINGS, 0, 0, struct.pack(">HIHI", 4, 0, 1, 100)) + frame(
        HEADERS, both, 1, head("/known/abcdefghij")) + frame(SETTINGS, 0, 0, struct.pack(">HI", 4, 99))
    yield frame(HEADERS, END_HEADERS, 1, head("/early", "POST", [("content-type", "application/grpc"),
                                                                 ("grpc-timeout", "1S")])) + frame(
        DATA, 0, 1, b"\0\0\0\0\0") + frame(HEADERS, both, 1, head("/x", "POST")) + frame(
        GOAWAY, 0, 0, b"\0" * 8)


SEEDS = {
    "http1_fuzz": [b"\7" + text for text in HTTP1],
    "http1_parser_fuzz": HTTP1,
    "http2_fuzz": [bytes([piece, 0]) + text for piece in (255, 3) for text in http2()],
    "url_fuzz": [b"a/x%20y/b", b"a=1&b=x+y%2Bz&&c", b"%E2%82%AC/b", b"a/%2E%2E/%00"],
    "grpc_fuzz": [b"\0\0\0\0\3abc", b"250m", b"\1" + struct.pack(">I", len(gzip.compress(b"abc"))) +
                  gzip.compress(b"abc")],
}

for target, inputs in SEEDS.items():
    folder = pathlib.Path(sys.argv[1]) / target
    folder.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(inputs):
        (folder / str(number)).write_bytes(data)
