"""CPU of the network layer for the smallest request: HTTP/1.1 against nginx and FastAPI, HTTP/2
against nginx, and gRPC for itself. The load is wrk and h2load, each on one thread.

Rondo stands there with one I/O thread, as nginx has one worker process and FastAPI (uvicorn with
uvloop and httptools) one process; rondo, 2 threads shows what a second one costs."""

import re
import shutil
import subprocess

from common import Bench, Table, free_port

REQUESTS = 60_000

NGINX = """
worker_processes 1; daemon off; pid {folder}/pid; error_log {folder}/error;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 100000000;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{
    listen 127.0.0.1:{port}; listen 127.0.0.1:{http2_port} http2;
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


def nginx(bench):
    """One worker; it speaks HTTP/2 without TLS on a port of its own only."""
    folder, port, http2_port = bench.new_folder(), free_port(), free_port()
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, port=port, http2_port=http2_port))
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    server = bench.start("nginx", [program, "-e", folder / "error", "-c", config], "/livez",
                         port=port, folder=folder)
    server.http2_port = http2_port
    return server


def main():
    table = Table("Network layer, one small answer (bench/network.py)")
    with Bench() as bench:
        one = bench.rondo("--io-threads", "1", name="rondo, 1 thread")
        two = bench.rondo("--io-threads", "2", name="rondo, 2 threads")
        one.http2_port, two.http2_port = one.port, two.port
        peer = nginx(bench)
        fastapi = bench.uvicorn("FastAPI", FASTAPI)
        for server in (one, two, peer, fastapi):
            table.measure("HTTP/1.1 kept alive", server, bench.wrk("/livez"))
        for server in (one, two, peer):
            table.measure("HTTP/2, one at a time", server, h2load("/livez", "-m1"))
        for server in (one, two, peer):
            table.measure("HTTP/2, ten at a time", server, h2load("/livez", "-m10"))
        message = bench.folder / "message"
        message.write_bytes(b"\0\0\0\0\0")
        unary = h2load("/grpc.health.v1.Health/Check", *GRPC, str(message))
        for server in (one, two):
            table.measure("gRPC unary", server, unary)
    table.print()


main()
