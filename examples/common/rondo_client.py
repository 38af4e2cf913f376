"""The few calls that the examples make to a Rondo server, over kept-alive connections.

Standard library only. The token of the data folder is read from RONDO_TOKEN_FILE; it is needed for
what runs code or moves traffic (definitions, retraining, rollouts), not for predictions.
"""

import hashlib
import http.client
import json
import os
import time
import urllib.parse
from pathlib import Path


class RondoError(Exception):
    """An answer that is no 2xx, with the server's own words."""

    def __init__(self, status, message):
        super().__init__(f"{status}: {message}")
        self.status = status


class Rondo:
    """One kept-alive connection. Not thread-safe: give each thread its own."""

    def __init__(self, url=None, token=None, patience=120):
        self.url = url or os.environ.get("RONDO_URL", "http://127.0.0.1:5000")
        parsed = urllib.parse.urlsplit(self.url)
        self.host, self.port = parsed.hostname, parsed.port or 80
        self.token = token or read_token()
        self.patience = patience  # seconds that a server may be away (restarting)
        self.connection = None
        self.timeout = 90  # seconds for one answer

    def request(self, method, path, body=None, headers=None):
        """Sends one request; raises RondoError for refusals, OSError when the server is away."""
        if self.connection is None:
            self.connection = http.client.HTTPConnection(self.host, self.port, timeout=self.timeout)
        try:
            self.connection.request(method, path, body, headers or {})
            answer = self.connection.getresponse()
            data = answer.read()
        except (http.client.HTTPException, OSError) as error:
            self.connection.close()
            self.connection = None
            raise OSError(f"the server is away: {error!r}") from error
        if answer.status >= 300:
            raise RondoError(answer.status, message_of(data))
        return data

    def call(self, method, path, message=None, raw=None, content_type="application/json"):
        """A JSON call that waits for a restarting server."""
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        body = raw
        if message is not None:
            body = json.dumps(message).encode()
        if body is not None:
            headers["content-type"] = content_type
        deadline = time.monotonic() + self.patience
        while True:
            try:
                data = self.request(method, path, body, headers)
                return json.loads(data) if data else None
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def apply(self, kind_path, definition_file, **replace):
        """Sends a YAML definition as it is; NAME=value pairs replace {{NAME}} in its text."""
        text = Path(definition_file).read_text()
        for name, value in replace.items():
            text = text.replace("{{" + name + "}}", str(value))
        return self.call("PUT", kind_path, raw=text.encode(), content_type="application/yaml")

    def upload(self, data):
        """Stores bytes unless they are stored already; returns their digest."""
        digest = hashlib.sha256(data).hexdigest()
        known = self.call("POST", "/api/rondo/v1/blobs/known", {"digests": [digest]})["digests"]
        if not known:
            stored = self.call("POST", "/api/rondo/v1/blobs", raw=data,
                               content_type="application/octet-stream")
            assert stored["digest"] == digest
        return digest

    def push(self, dataset, files, message):
        """Makes a version of a dataset from {path: bytes}."""
        entries = [{"path": p, "digest": self.upload(data)} for p, data in sorted(files.items())]
        return self.call("POST", f"/api/rondo/v1/datasets/{dataset}/versions",
                         {"entries": entries, "message": message})

    def define_pipeline(self, name, definition_file, scripts):
        """Defines a pipeline with its scripts pinned by digest."""
        files = "".join(f"  {Path(p).name}: {self.upload(Path(p).read_bytes())}\n" for p in scripts)
        text = Path(definition_file).read_text() + "files:\n" + files
        return self.call("PUT", f"/api/rondo/v1/pipelines/{name}", raw=text.encode(),
                         content_type="application/yaml")

    def settled(self, endpoint):
        """How far everything is decided, and the server's session."""
        return self.call("GET", f"/api/rondo/v1/endpoints/{endpoint}/settled")

    def watermark(self, endpoint, moment, session=None):
        """Moves the watermark and waits until everything up to there is decided. What a decision begins,
        a training for one, goes on meanwhile; only the next moment waits for it. With a session,
        refused (409) by a server that has started anew since it gave it."""
        message = {"event_time": moment, "wait": True}
        if session:
            message["session"] = session
        while True:
            answer = self.call("POST", f"/api/rondo/v1/endpoints/{endpoint}/watermark", message)
            if answer["reached"]:
                return answer


def message_of(data):
    try:
        answer = json.loads(data)
        error = answer.get("error", answer)
        return error["message"] if isinstance(error, dict) else error
    except (ValueError, KeyError, TypeError):
        return data[:200].decode(errors="replace")


def read_token():
    path = os.environ.get("RONDO_TOKEN_FILE")
    if not path or not Path(path).exists():
        return None
    return Path(path).read_text().strip()
