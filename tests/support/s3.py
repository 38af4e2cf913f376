"""An S3 service for tests, and a proxy in front of it that misbehaves when told to.

RONDO_S3 names it: versitygw (built by `tools/setup.sh s3`), a real server that checks signatures and
conditions, or moto, which is quick to have and accepts any signature. Without it: versitygw when it
is built."""

import http.client
import os
import pathlib
import shutil
import signal
import socket
import socketserver
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
GATEWAY = ROOT / "build/versitygw/versitygw"
IS_REAL = os.environ.get("RONDO_S3", "versitygw" if GATEWAY.exists() else "moto") == "versitygw"
ACCESS, SECRET, REGION = "test-access-key", "test-secret-key-that-nobody-may-log", "us-east-1"
START_SECONDS = 30


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def environment(endpoint, **changed):
    """What a server needs to find its bucket; AWS_* of whoever runs the tests stays out."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {**kept, "AWS_ACCESS_KEY_ID": ACCESS, "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": REGION, "AWS_ENDPOINT_URL": endpoint, **changed}


class Service:
    """Runs in a temporary folder on a free port."""

    def __init__(self, *flags, port=None, folder=None):
        self.port = port or free_port()
        self.own_folder = folder is None
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="rondo-s3-"))
        self.is_real = IS_REAL
        if self.is_real:
            command = [GATEWAY, "--access", ACCESS, "--secret", SECRET, "--region", REGION,
                       "--port", f"127.0.0.1:{self.port}", "--quiet", *flags, "posix", self.folder]
        else:
            command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)]
        self.log = open(self.folder.with_suffix(".log"), "wb")
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log)
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                assert self.process.poll() is None and time.monotonic() < until, "S3 does not start"
                time.sleep(0.02)

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    def client(self, **changed):
        """Another program's view of the service: botocore's."""
        import botocore.session
        return botocore.session.get_session().create_client(
            "s3", **{"endpoint_url": self.endpoint, "aws_access_key_id": ACCESS,
                     "aws_secret_access_key": SECRET, "region_name": REGION, **changed})

    def keys(self, bucket, prefix=""):
        pages = self.client().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return sorted(entry["Key"] for page in pages for entry in page.get("Contents", ()))

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        self.folder.with_suffix(".log").unlink(missing_ok=True)
        if self.own_folder:
            shutil.rmtree(self.folder, ignore_errors=True)


class FaultProxy:
    """Hands requests on, but for what `fault(method, path, body)` says: None (nothing), "drop" (cut
    before an answer), "cut" (cut in the middle of the answer's body), ("answer", status, body),
    ("late", status, body) which lets the request through and answers otherwise, or a number of
    seconds to wait. Keeps (method, path) of every request. With a certificate of trustme's it
    speaks TLS as localhost."""

    def __init__(self, endpoint, certificate=None):
        self.target = urllib.parse.urlsplit(endpoint)
        self.fault, self.seen, self.connections = lambda method, path, body: None, [], 0
        proxy, context = self, None
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            certificate.configure_cert(context)

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                while proxy.serve_one(self.rfile, self.wfile, self.connection):
                    pass

        class Threads(socketserver.ThreadingTCPServer):
            daemon_threads, allow_reuse_address, request_queue_size = True, True, 128

            def get_request(self):
                sock, address = super().get_request()
                proxy.connections += 1
                if context:  # shakes hands with the first byte, on the connection's own thread
                    sock = context.wrap_socket(sock, server_side=True,
                                               do_handshake_on_connect=False)
                return sock, address

            def handle_error(self, *_):
                pass  # a peer that left

        self.server = Threads(("127.0.0.1", 0), Handler)
        port = self.server.server_address[1]
        self.endpoint = f"https://localhost:{port}" if certificate else f"http://127.0.0.1:{port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def serve_one(self, rfile, wfile, sock):
        line = rfile.readline()
        if not line:
            return False
        method, path, _ = line.decode("latin-1").split(" ")
        headers = {}
        while (field := rfile.readline()) not in (b"\r\n", b""):
            name, value = field.decode("latin-1").split(":", 1)
            headers[name.lower()] = value.strip()
        body = rfile.read(int(headers.get("content-length", 0)))
        self.seen.append((method, path))
        fault = self.fault(method, path, body)
        if isinstance(fault, (int, float)):
            time.sleep(fault)
            fault = None
        if fault == "drop":
            return False
        if isinstance(fault, tuple) and fault[0] == "answer":
            return self.answer(wfile, fault[1], fault[2], method)
        # The signature is over the Host that the client named, which is the proxy's own.
        below = http.client.HTTPConnection(self.target.hostname, self.target.port, timeout=120)
        below.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in headers.items():
            if name != "connection":
                below.putheader(name, value)
        below.endheaders(body or None)
        answer = below.getresponse()
        content = answer.read()
        below.close()
        if isinstance(fault, tuple):
            return self.answer(wfile, fault[1], fault[2], method)
        wfile.write(b"HTTP/1.1 %d X\r\n" % answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                wfile.write(f"{name}: {value}\r\n".encode("latin-1"))
        length = answer.getheader("content-length") if method == "HEAD" else len(content)
        if answer.status != 204:
            wfile.write(b"content-length: %d\r\n" % int(length or 0))
        wfile.write(b"\r\n")
        wfile.write(content[:len(content) // 2] if fault == "cut" else content)
        wfile.flush()
        return fault != "cut"

    @staticmethod
    def answer(wfile, status, body, method):
        wfile.write(b"HTTP/1.1 %d X\r\ncontent-length: %d\r\n\r\n%s"
                    % (status, len(body), b"" if method == "HEAD" else body))
        wfile.flush()
        return True

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def error(code, message="for a test", more=""):
    return (f"<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>{message}</Message>{more}"
            "</Error>").encode()
