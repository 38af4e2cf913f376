"""CPU microseconds per request of the network layer, against nginx and FastAPI on one core's worth
of threads each. Prints the figures and their ratios; CPU time is steadier than requests a second.

    python bench/http.py [build/release/rondo]

Needs wrk, h2load (nghttp2-client) and nginx from Debian, fastapi and uvicorn from PyPI; a peer that
is not there is left out."""

import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

SECONDS = 4
TICK = os.sysconf("SC_CLK_TCK")

NGINX = """
worker_processes 1; daemon off; pid {folder}/pid; error_log {folder}/error;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 100000000;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{ listen 127.0.0.1:{port}; location /livez {{ default_type text/plain; return 200 "ok\\n"; }} }}
}}
"""
FASTAPI = """
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse
app = FastAPI()
@app.get("/livez", response_class=PlainTextResponse)
async def live(): return "ok\\n"
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Peer:
    """A server under load: the process, and its children."""

    def __init__(self, name, command, port):
        self.name, self.port = name, port
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        cwd=tempfile.gettempdir())
        for _ in range(500):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.02)

    def cpu(self):
        """Seconds of CPU so far."""
        mine = str(self.process.pid)
        ticks = 0
        for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if stat.parent.name == mine or fields[1] == mine:
                ticks += int(fields[11]) + int(fields[12])
        return ticks / TICK

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def wrk(peer):
    out = subprocess.run(["wrk", "-t1", "-c16", f"-d{SECONDS}s", f"http://127.0.0.1:{peer.port}/livez"],
                         capture_output=True, text=True).stdout
    assert "Non-2xx" not in out and "Socket errors" not in out, out
    return int(re.search(r"(\d+) requests in", out)[1])


def h2load(path, *flags):
    def run(peer):
        requests = 60_000
        out = subprocess.run(["h2load", f"-n{requests}", "-c4", *flags,
                              f"http://127.0.0.1:{peer.port}{path}"],
                             capture_output=True, text=True).stdout
        assert f"{requests} 2xx" in out, out
        return requests
    return run


def measure(peer, load):
    """Median CPU us per request of three runs."""
    figures = []
    load(peer)
    for _ in range(3):
        before = peer.cpu()
        requests = load(peer)
        figures.append((peer.cpu() - before) * 1e6 / requests)
    return sorted(figures)[1]


def report(what, peers, load, baseline):
    for peer in peers:
        us = measure(peer, load)
        baseline = baseline or us
        print(f"{what:24} {peer.name:10} {us:7.1f} us CPU  {us / baseline:5.2f} x rondo", flush=True)


def main():
    binary = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "build/release/rondo")
    with tempfile.TemporaryDirectory() as folder:
        peers = []
        for threads in (1, 2):
            port = free_port()
            peers.append(Peer(f"rondo/{threads}", [
                binary, "server", "--data", f"{folder}/data{threads}", "--port", str(port),
                "--io-threads", str(threads), "--log-level", "warning"], port))
        if nginx := shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin"):
            port = free_port()
            config = pathlib.Path(folder, "nginx.conf")
            config.write_text(NGINX.format(folder=folder, port=port))
            peers.append(Peer("nginx", [nginx, "-c", str(config)], port))
        if subprocess.run([sys.executable, "-c", "import fastapi, uvicorn"],
                          stderr=subprocess.DEVNULL).returncode == 0:
            port = free_port()
            pathlib.Path(folder, "app.py").write_text(FASTAPI)
            peers.append(Peer("fastapi", [sys.executable, "-m", "uvicorn", "app:app", "--port", str(port),
                                          "--app-dir", folder, "--log-level", "warning"], port))
        message = pathlib.Path(folder, "message")
        message.write_bytes(b"\0\0\0\0\0")
        grpc = ["-m1", "-d", str(message), "-H", "content-type: application/grpc", "-H", "te: trailers"]
        try:
            report("HTTP/1.1 kept alive", peers, wrk, None)
            report("HTTP/2 one at a time", peers[:2], h2load("/livez", "-m1"), None)
            report("HTTP/2 ten at a time", peers[:2], h2load("/livez", "-m10"), None)
            report("gRPC unary", peers[:2], h2load("/grpc.health.v1.Health/Check", *grpc), None)
        finally:
            for peer in peers:
                peer.stop()


main()
