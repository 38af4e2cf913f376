"""HTTP/1.1 as its clients rely on it, over real sockets."""

import time

GET = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
# A route that takes a body of 4 MiB at most and refuses it after having read it all.
UPLOAD = "/grpc.health.v1.Health/Check"


def post(rest, path=UPLOAD):
    return f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{rest}\r\n\r\n"


def test_keep_alive(server):
    with server.connect() as raw:
        for _ in range(3):
            raw.send(GET)
            response = raw.response()
            assert (response.status, response.body) == (200, b"ok\n")
            assert "connection" not in response.headers
            assert response.headers["date"].endswith(" GMT")


def test_pipelining(server):
    with server.connect() as raw:
        raw.send(GET * 500)
        assert [raw.response().status for _ in range(500)] == [200] * 500
        raw.send("GET /none HTTP/1.1\r\nHost: localhost\r\n\r\n" + GET)
        assert [raw.response().status for _ in range(2)] == [404, 200]


def test_byte_by_byte(server):
    with server.connect() as raw:
        for byte in GET + post("Transfer-Encoding: chunked") + "3\r\nabc\r\n0\r\n\r\n" + GET:
            raw.send(byte)
        assert [raw.response().status for _ in range(3)] == [200, 400, 200]


def test_head(server):
    with server.connect() as raw:
        raw.send(GET.replace("GET", "HEAD") + GET)
        response = raw.response(head_only=True)
        assert response.status == 200 and response.headers["content-length"] == "3"
        assert raw.response().body == b"ok\n"


def test_connection_close_and_old_versions(server):
    for text in ["GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
                 "GET /livez HTTP/1.0\r\nHost: localhost\r\n\r\n"]:
        with server.connect() as raw:
            raw.send(text)
            response = raw.response()
            assert response.status == 200 and response.headers["connection"] == "close"
            assert raw.closed()
    with server.connect() as raw:
        raw.send("GET /livez HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n" + GET)
        assert raw.response().headers["connection"] == "keep-alive"
        assert raw.response().status == 200


def test_half_closed_client_gets_its_answer(server):
    with server.connect() as raw:
        raw.send(GET)
        raw.sock.shutdown(1)
        assert raw.response().status == 200
        assert raw.closed()


def test_expect_continue(server):
    with server.connect() as raw:
        raw.send(post("Content-Length: 3\r\nExpect: 100-continue"))
        assert raw.response().status == 100
        raw.send("abc" + GET)
        assert [raw.response().status for _ in range(2)] == [400, 200]


def test_expect_continue_is_refused_at_once(server):
    for rest, path, status in [("Content-Length: 9999999", UPLOAD, 413),
                               ("Content-Length: 3", "/none", 404)]:
        with server.connect() as raw:
            began = time.monotonic()
            raw.send(post(rest + "\r\nExpect: 100-continue", path))
            response = raw.response()
            assert response.status == status and response.headers["connection"] == "close"
            assert time.monotonic() - began < 1


def test_an_early_refusal_arrives_while_the_client_still_sends(server):
    for path, status in [(UPLOAD, 413), ("/none", 404), ("/livez", 405)]:
        with server.connect() as raw:
            raw.send(post("Content-Length: 3000000000", path))
            for _ in range(30):
                raw.send(b"x" * 100_000)
            response = raw.response()
            assert response.status == status


def test_an_unread_small_body_keeps_the_connection(server):
    with server.connect() as raw:
        raw.send(post("Content-Length: 1000", "/none") + "x" * 1000 + GET)
        assert [raw.response().status for _ in range(2)] == [404, 200]


def test_wrong_verbs_and_paths(server):
    response = server.ask(post("Content-Length: 0", "/livez"))
    assert response.status == 405 and response.headers["allow"] == "GET, HEAD"
    for path in ["/livez/", "//livez", "/livez;x", "/%6civez", "/./livez", "/livez%00", "/LIVEZ"]:
        assert server.ask(GET.replace("/livez", path)).status == 404, path
    assert server.ask("BREW /livez HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 405


def test_odd_targets(server):
    assert server.ask(GET.replace("/livez", "http://localhost/livez")).status == 200
    assert server.ask(GET.replace("/livez", "http://evil/livez")).status == 400
    assert server.ask("OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 404
    assert server.ask("CONNECT localhost:1 HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 400
    assert server.ask("GET livez HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 400


def test_hosts(server):
    assert server.ask("GET /livez HTTP/1.1\r\n\r\n").status == 400
    assert server.ask("GET /livez HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n"
                      ).status == 400


def test_T9_request_ids_cannot_start_a_header(server):
    response = server.ask("GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: a b\r\n\r\n")
    assert " " not in response.headers["x-request-id"]


def test_T29_smuggling(server):
    hidden = "GET /version HTTP/1.1\r\nHost: localhost\r\n\r\n"
    chunked = "Transfer-Encoding: chunked"
    for fields in ["Content-Length: 3\r\nContent-Length: 3", "Content-Length: 3\r\n" + chunked,
                   chunked + "\r\nContent-Length: 3", "Transfer-Encoding: xchunked",
                   "Transfer-Encoding: chunked, identity", chunked + "\r\n" + chunked,
                   "Transfer-Encoding : chunked", "X: a\r\n " + chunked, "X: a\n" + chunked,
                   "Content-Length: +3", "Content-Length: 3, 3", "Content-Length: 0x3",
                   "Content-Length: 18446744073709551619"]:
        with server.connect() as raw:
            raw.send(post(fields) + "0\r\n\r\n" + hidden)
            response = raw.response()
            assert response.status == 400, fields
            assert raw.closed(), fields
    for body in ["3\nabc\r\n0\r\n\r\n", "+3\r\nabc\r\n0\r\n\r\n", "-3\r\nabc\r\n0\r\n\r\n",
                 "0x3\r\nabc\r\n0\r\n\r\n", "3 \r\nabc\r\n0\r\n\r\n", "3\r\nabcd\r\n0\r\n\r\n",
                 "10000000000000003\r\nabc\r\n0\r\n\r\n", "3\r\nabc\n0\r\n\r\n", "\r\n"]:
        with server.connect() as raw:
            raw.send(post(chunked) + body + hidden)
            assert raw.response().status == 400, body
            assert raw.closed(), body
    with server.connect() as raw:
        raw.send(post(chunked).replace("HTTP/1.1", "HTTP/1.0") + "0\r\n\r\n")
        assert raw.response().status == 400


def test_T29_trailers_are_no_headers(server):
    with server.connect() as raw:
        raw.send(post("Transfer-Encoding: chunked") +
                 "0\r\nHost: evil\r\nContent-Length: 10\r\nOrigin: http://evil\r\n\r\n" + GET)
        assert [raw.response().status for _ in range(2)] == [400, 200]


def test_not_http_at_all(server):
    for text in [b"\x16\x03\x01\x02\x00\x01\x00", b"\0" * 10, b"SSH-2.0-x\r\n\r\n", b"\xff\xfe"]:
        assert server.ask(text).status == 400
