"""CPU of the network layer for the smallest request: HTTP/1.1 against nginx and FastAPI, HTTP/2
against nginx, and gRPC and TLS for themselves. The load is wrk and h2load, each on one thread. Then
the memory of a thousand connections that have sent one request and stay open.

Rondo stands there with one I/O thread, as nginx has one worker process and FastAPI (uvicorn with
uvloop and httptools) one process; rondo, 2 threads shows what a second one costs. How often threads
sleep stands below, beside nginx with one and two workers."""

import re
import resource
import shutil
import socket
import ssl
import subprocess
import time

from common import Bench, Table, free_port, say

REQUESTS = 60_000
CONNECTIONS = 1_000
TLS_LIMIT_US = 15  # of CPU, added to a request on a kept-alive connection
GRPC_LIMIT_US = 35

NGINX = """
worker_processes {workers}; daemon off; pid {folder}/pid; error_log {folder}/error;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 100000000;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{
    listen 127.0.0.1:{port} reuseport; listen 127.0.0.1:{http2_port} http2;
    location /livez {{ default_type text/plain; return 200 "ok\\n"; }}
  }}
}}
"""
FASTAPI = """
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse
app = FastAPI()
@app.get("/livez", response_class=PlainTextResponse)
async def live(): return "ok\\n"
"""
GRPC = ["-m1", "-H", "content-type: application/grpc", "-H", "te: trailers", "-d"]


def h2load(path, *flags):
    def load(server):
        command = ["h2load", f"-n{REQUESTS}", "-c4", "-t1", *flags]
        out = subprocess.run([*command, f"http://127.0.0.1:{server.http2_port}{path}"],
                             capture_output=True, text=True).stdout
        assert re.search(rf"\b{REQUESTS} 2xx", out), f"{server.name}: {out}"
        return REQUESTS
    return load


def nginx(bench, workers=1):
    """It speaks HTTP/2 without TLS on a port of its own only."""
    folder, port, http2_port = bench.new_folder(), free_port(), free_port()
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, port=port, http2_port=http2_port, workers=workers))
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    name = "nginx" if workers == 1 else f"nginx, {workers} workers"
    server = bench.start(name, [program, "-e", folder / "error", "-c", config], "/livez",
                         port=port, folder=folder)
    server.http2_port = http2_port
    return server


def certificate(bench):
    """The files of a certificate for this machine, signed by itself."""
    folder = bench.new_folder()
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                    "/CN=localhost", "-keyout", folder / "key", "-out", folder / "certificate"],
                   check=True, capture_output=True)
    return "--tls-cert", folder / "certificate", "--tls-key", folder / "key"


H1 = b"GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n"
# The preface, empty settings, and a GET of /livez whose fields stand in HPACK's static table.
H2_FIELDS = b"\x82\x86\x44\x06/livez\x41\x09localhost"
H2 = (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\x04\0\0\0\0\0"
      + len(H2_FIELDS).to_bytes(3) + b"\x01\x05\0\0\0\x01" + H2_FIELDS)


def memory_of_a_connection(server, request, tls=None):
    """Bytes of resident memory of the server for each connection that was answered once."""
    def open_one():
        connection = socket.create_connection(("127.0.0.1", server.port), timeout=30)
        if tls:
            connection = tls.wrap_socket(connection, server_hostname="localhost")
        connection.sendall(request)
        answer = b""
        while b"ok\n" not in answer:
            more = connection.recv(4096)
            assert more, f"{server.name}: closed after {answer!r}"
            answer += more
        return connection

    for connection in [open_one() for _ in range(20)]:  # what is made once is not counted
        connection.close()
    time.sleep(0.5)
    before = server.pss()
    opened = [open_one() for _ in range(CONNECTIONS)]
    used = server.pss() - before
    for connection in opened:
        connection.close()
    return used / CONNECTIONS


def idle_connections(bench, table, flags):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4 * CONNECTIONS), hard))
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    what = f"memory of an idle connection, of {CONNECTIONS:,}"
    for name, request, tls in (("HTTP/1.1", H1, None), ("HTTP/2", H2, None),
                               ("HTTP/1.1 over TLS", H1, trusting)):
        server = bench.rondo(*(flags if tls else ()), name=f"rondo, {name}",
                             scheme="https" if tls else "http")
        table.add(what, server.name, memory_of_a_connection(server, request, tls) / 1024, "KiB")
        bench.stop(server)
    peer = nginx(bench)
    table.add(what, "nginx, HTTP/1.1", memory_of_a_connection(peer, H1) / 1024, "KiB")
    bench.stop(peer)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def sleeps(bench, table, servers):
    load, pair = bench.wrk("/livez"), nginx(bench, 2)
    for server in (*servers, pair):
        load(server)
        before = server.sleeps()
        requests = load(server)
        table.add("HTTP/1.1: its threads go to sleep", server.name,
                  (server.sleeps() - before) / requests, "times a request")
    table.measure("HTTP/1.1 kept alive", pair, load)
    bench.stop(pair)


def judge(what, found, limit):
    say(f"{what}: {found:.1f} us CPU, the limit is {limit} us")
    return [] if found <= limit else [f"{what}: {found:.1f} us CPU is over {limit} us"]


def main():
    over = []
    table = Table("Network layer, one small answer (bench/network.py)")
    with Bench() as bench:
        one = bench.rondo("--io-threads", "1", name="rondo, 1 thread")
        two = bench.rondo("--io-threads", "2", name="rondo, 2 threads")
        one.http2_port, two.http2_port = one.port, two.port
        peer = nginx(bench)
        fastapi = bench.uvicorn("FastAPI", FASTAPI)
        for server in (one, two, peer, fastapi):
            table.measure("HTTP/1.1 kept alive", server, bench.wrk("/livez"))
        sleeps(bench, table, (one, two, peer))
        for server in (one, two, peer):
            table.measure("HTTP/2, one at a time", server, h2load("/livez", "-m1"))
        for server in (one, two, peer):
            table.measure("HTTP/2, ten at a time", server, h2load("/livez", "-m10"))
        message = bench.folder / "message"
        message.write_bytes(b"\0\0\0\0\0")
        unary = h2load("/grpc.health.v1.Health/Check", *GRPC, str(message))
        costs = [table.measure("gRPC unary", server, unary) for server in (one, two)]
        over += judge("gRPC unary", costs[0], GRPC_LIMIT_US)
        flags = certificate(bench)
        secure = bench.rondo("--io-threads", "1", *flags, name="rondo, TLS", scheme="https")
        what = "TLS on a kept-alive request"
        plain = table.measure(what, one, bench.wrk("/livez"))
        added = table.measure(what, secure, bench.wrk("/livez")) - plain
        table.add(what, "TLS alone: the difference", added)
        over += judge("TLS adds", added, TLS_LIMIT_US)
        idle_connections(bench, table, flags)
    table.print()
    if over:
        raise SystemExit("; ".join(over))


main()
