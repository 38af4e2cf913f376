"""Loopback is not a border: what a browser can be made to send, and what strangers claim."""

import pytest

ROUTES = ["/livez", "/openapi.json", "/none"]


def get(server, path="/livez", verb="GET", **headers):
    lines = {"Host": f"localhost:{server.port}"} | {k.replace("_", "-"): v for k, v in headers.items()}
    text = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value is not None)
    return server.ask(f"{verb} {path} HTTP/1.1\r\n{text}\r\n").status


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1", "127.0.0.1:80", "[::1]",
                                  "[::1]:5000"])
def test_T24_own_names(server, host):
    assert get(server, Host=host) == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:5000", "localhost.evil.example",
                                  "127.0.0.1.evil.example", "evil-localhost", "localhost.",
                                  "127.0.0.2", "0.0.0.0", "[::2]", "[::1", "[::1]x", "::1",
                                  "localhost:80x", "localhost@evil", "user@localhost", "2130706433",
                                  "0x7f.1", "local\thost", ""])
def test_T24_dns_rebinding(server, host):
    for path in ROUTES:
        assert get(server, path, Host=host) in (400, 403)


def test_T24_further_hosts(start):
    server = start("--allowed-host", "models.example")
    assert get(server, Host="models.example:5000") == 200
    assert get(server, Host="Models.Example") == 200
    assert get(server, Host="xmodels.example") == 403


def test_T25_other_sites(server):
    own = f"http://localhost:{server.port}"
    for verb, path, fine in [("GET", "/livez", 200), ("POST", "/livez", 405)]:
        assert get(server, path, verb, Origin=own) == fine
        assert get(server, path, verb, Sec_Fetch_Site="same-origin") == fine
        assert get(server, path, verb, Sec_Fetch_Site="none", Sec_Fetch_Mode="navigate") == fine
        for headers in [{"Origin": "http://evil.example"}, {"Origin": "null"},
                        {"Origin": "http://localhost:1"}, {"Origin": "localhost"},
                        {"Origin": own + ".evil"}, {"Origin": ""},
                        {"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "same-site"},
                        {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "cors"},
                        {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "no-cors"},
                        {"Sec_Fetch_Site": "x"}]:
            expected = fine if headers == {"Origin": ""} else 403
            assert get(server, path, verb, **headers) == expected, headers


def test_T25_links_are_followed_and_forms_are_not(server):
    click = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate",
             "Sec_Fetch_Dest": "document"}
    assert get(server, **click) == 200
    assert get(server, verb="POST", **click) == 403


@pytest.mark.parametrize("place", ["iframe", "frame", "embed", "object", "fencedframe"])
def test_T26_no_frame_of_another_site(server, place):
    assert get(server, Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate",
               Sec_Fetch_Dest=place) == 403


def test_T25_no_cross_origin_headers(server):
    response = server.ask("OPTIONS /livez HTTP/1.1\r\nHost: localhost\r\n"
                          "Access-Control-Request-Method: POST\r\n\r\n")
    assert response.status == 405
    assert not [name for name in response.headers if name.startswith("access-control")]


def test_T23_forwarded_headers_of_strangers_mean_nothing(start):
    server = start("--log-level", "debug")
    claims = {"X_Forwarded_Host": "localhost", "X_Forwarded_For": "10.9.8.7", "X_Real_Ip": "10.9.8.7",
              "Forwarded": "for=10.9.8.7;host=localhost;proto=https", "X_Forwarded_Proto": "https",
              "X_Original_Url": "/livez", "X_Http_Method_Override": "DELETE"}
    assert get(server, Host="evil.example", **claims) == 403
    assert get(server, "/none", **claims) == 404
    assert get(server, **claims) == 200
    server.stop()
    assert "10.9.8.7" not in server.log_path.read_text()
