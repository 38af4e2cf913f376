"""The HTTP client, as the command line uses it: which certificates it believes, and its words."""

import datetime
import os
import socket
import ssl
import subprocess
import threading

import pytest
import trustme

from conftest import BINARY

ANSWER = b'{"registered_models": []}'
DAY = datetime.timedelta(days=1)


class TlsServer:
    """Answers every request with an empty list of models; keeps the names it was asked for."""

    def __init__(self, certificate):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        self.names, self.connections = [], 0
        context.sni_callback = lambda _socket, name, _context: self.names.append(name)
        self.context, self.listener = context, socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                plain, _ = self.listener.accept()
            except OSError:
                return
            try:
                with self.context.wrap_socket(plain, server_side=True) as sock:
                    self.connections += 1
                    while sock.recv(65536):
                        sock.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s"
                                     % (len(ANSWER), ANSWER))
            except OSError:
                pass

    def close(self):
        self.listener.close()


@pytest.fixture
def serve():
    servers = []

    def start(certificate):
        servers.append(TlsServer(certificate))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


class SelfSigned:
    """A certificate that vouches for itself."""

    def __init__(self, folder):
        self.pem = folder / "self.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", self.pem, "-out",
                        folder / "cert.pem", "-subj", "/CN=localhost", "-addext",
                        "subjectAltName=DNS:localhost", "-days", "2"],
                       check=True, capture_output=True)
        self.certificate = folder / "cert.pem"
        with open(self.pem, "ab") as both:
            both.write(self.certificate.read_bytes())

    def configure_cert(self, context):
        context.load_cert_chain(self.pem)


@pytest.fixture
def authority(tmp_path):
    made = trustme.CA()
    made.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return made, tmp_path / "ca.pem"


def list_models(server, trust=None, host="localhost"):
    env = {name: value for name, value in os.environ.items() if not name.startswith("SSL_CERT")}
    if trust:
        env["SSL_CERT_FILE"] = str(trust)
    return subprocess.run([BINARY, "model", "list", "--url", f"https://{host}:{server.port}"],
                          env=env, capture_output=True, text=True, timeout=60)


def refuses(done, *words):
    assert done.returncode == 6, done
    assert len(done.stderr.splitlines()) == 1, done.stderr
    for word in words:
        assert word in done.stderr


def test_believes_the_authority_of_ssl_cert_file(serve, authority):
    server = serve(authority[0].issue_cert("localhost", "127.0.0.1"))
    done = list_models(server, authority[1])
    assert done.returncode == 0, done.stderr
    assert server.names == ["localhost"]  # by SNI
    assert list_models(server, authority[1], "127.0.0.1").returncode == 0
    assert server.names[1:] == [None]  # an address is no name


def test_unknown_authority(serve, authority):
    server = serve(authority[0].issue_cert("localhost"))
    refuses(list_models(server), "not known here", "SSL_CERT_FILE")
    refuses(list_models(server, trustme_file(authority[1])), "not known here")


def trustme_file(beside):
    """Another authority's file."""
    path = beside.with_name("other.pem")
    trustme.CA().cert_pem.write_to_path(str(path))
    return path


def test_expired(serve, authority):
    yesterday = datetime.datetime.now(datetime.timezone.utc) - DAY
    server = serve(authority[0].issue_cert("localhost", not_before=yesterday - DAY,
                                           not_after=yesterday))
    refuses(list_models(server, authority[1]), "has expired", "clock")


def test_not_yet_valid(serve, authority):
    tomorrow = datetime.datetime.now(datetime.timezone.utc) + DAY
    server = serve(authority[0].issue_cert("localhost", not_before=tomorrow,
                                           not_after=tomorrow + DAY))
    refuses(list_models(server, authority[1]), "not valid yet", "clock")


def test_for_another_host(serve, authority):
    server = serve(authority[0].issue_cert("other.example"))
    refuses(list_models(server, authority[1]), "is for another host than 'localhost'")
    refuses(list_models(server, authority[1], "127.0.0.1"), "another host than '127.0.0.1'")


def test_self_signed(serve, tmp_path):
    own = SelfSigned(tmp_path)
    server = serve(own)
    refuses(list_models(server), "self-signed", "SSL_CERT_FILE")
    assert list_models(server, own.certificate).returncode == 0


def test_no_tls_there():
    """A server of plain HTTP behind an https URL."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve_plain():
        peer, _ = listener.accept()
        with peer:
            peer.recv(1000)
            peer.sendall(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")

    threading.Thread(target=serve_plain, daemon=True).start()
    port = listener.getsockname()[1]
    done = subprocess.run([BINARY, "model", "list", "--url", f"https://localhost:{port}"],
                          capture_output=True, text=True, timeout=60)
    refuses(done, f"no TLS with https://localhost:{port}")
    listener.close()


@pytest.mark.parametrize("url", ["http://user:secret@127.0.0.1:1", "ftp://127.0.0.1", "127.0.0.1:1",
                                 "http://2130706433:1", "http://127.0.0.1:1/path"])
def test_odd_urls(url):
    done = subprocess.run([BINARY, "model", "list", "--url", url], capture_output=True, text=True)
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1
    assert "secret" not in done.stderr
