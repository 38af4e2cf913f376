"""Our signatures against botocore's, for requests that nobody would send and for those we do."""

import datetime
import hashlib
import json
import os
import pathlib
import random
import string
import subprocess
import urllib.parse

from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("RONDO_BUILD", ROOT / "build/release"))
REQUESTS = int(os.environ.get("RONDO_SIGNED", "3000"))
ODD = " /+~*'()!@#$%&=?;:,[]{}|\\^`\"<>äöüß€漢\U0001f600"


class AtATime:
    """botocore asks for the time by itself."""

    def __init__(self, moment):
        self.moment = moment

    def __enter__(self):
        import botocore.auth as auth
        self.module, moment = auth, self.moment
        self.names = [name for name in ("get_current_datetime", "datetime") if hasattr(auth, name)]
        self.kept = {name: getattr(auth, name) for name in self.names}
        if "get_current_datetime" in self.names:
            auth.get_current_datetime = lambda *_, **__: moment
        else:
            class Fixed(datetime.datetime):
                @classmethod
                def utcnow(cls):
                    return moment
            auth.datetime = type("module", (), {"datetime": Fixed})
        return self

    def __exit__(self, *_):
        for name in self.names:
            setattr(self.module, name, self.kept[name])


def word(rng, alphabet, most):
    return "".join(rng.choice(alphabet) for _ in range(rng.randint(1, most)))


def make_request(rng):
    letters = string.ascii_letters + string.digits + "-_.~"
    key = "/".join(word(rng, letters + ODD.replace("/", ""), 12) for _ in range(rng.randint(1, 4)))
    query = {word(rng, letters + ODD, 10): rng.choice(["", word(rng, letters + ODD, 12)])
             for _ in range(rng.randint(0, 4))}
    values = string.ascii_letters + "  /=,;"
    headers = {"X-Amz-Meta-" + word(rng, string.ascii_letters, 8).lower():
               word(rng, values, 15).strip() or "x" for _ in range(rng.randint(0, 3))}
    body = rng.randbytes(rng.randint(0, 50))
    return {
        "method": rng.choice(["GET", "PUT", "POST", "DELETE", "HEAD"]),
        "host": rng.choice(["127.0.0.1:9000", "bucket.s3.eu-west-1.amazonaws.com", "s3.example"]),
        "path": "/" + urllib.parse.quote(key, safe="/-_.~"),
        "query": list(query.items()), "headers": list(headers.items()),
        "payload_hash": hashlib.sha256(body).hexdigest(), "body": body.hex(),
        "access_key": word(rng, string.ascii_uppercase, 20),
        "secret_key": word(rng, letters + "/+", 40),
        "token": rng.choice(["", word(rng, letters + "/+=", 60)]),
        "region": rng.choice(["us-east-1", "eu-central-1", "x"]),
        "time": datetime.datetime.fromtimestamp(rng.randint(0, 4_000_000_000),
                                                datetime.timezone.utc)
        .strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def botocore_signs(asked):
    moment = datetime.datetime.strptime(asked["time"], "%Y-%m-%dT%H:%M:%SZ")
    query = "&".join(urllib.parse.quote(name, safe="-_.~") + "=" +
                     urllib.parse.quote(value, safe="-_.~") for name, value in asked["query"])
    url = f"http://{asked['host']}{asked['path']}" + (f"?{query}" if query else "")
    credentials = Credentials(asked["access_key"], asked["secret_key"], asked["token"] or None)

    def request(body):
        made = AWSRequest(asked["method"], url, headers=dict(asked["headers"]), data=body)
        made.context["payload_signing_enabled"] = True
        return made

    with AtATime(moment):
        signed = request(bytes.fromhex(asked["body"]))
        signer = S3SigV4Auth(credentials, "s3", asked["region"])
        signer.add_auth(signed)
        presigned = request(None)
        S3SigV4QueryAuth(credentials, "s3", asked["region"], expires=3600).add_auth(presigned)
    return signed.headers["Authorization"], urllib.parse.parse_qs(
        urllib.parse.urlsplit(presigned.url).query)["X-Amz-Signature"][0]


def test_agrees_with_botocore():
    rng = random.Random(20261127)
    asked = [make_request(rng) for _ in range(REQUESTS)]
    done = subprocess.run([BUILD / "sign_requests"], input="\n".join(map(json.dumps, asked)),
                          capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert len(lines) == REQUESTS
    for one, line in zip(asked, lines):
        header, query = line.split("\t")
        theirs, presigned = botocore_signs(one)
        assert header == theirs, one
        assert query.rsplit("X-Amz-Signature=", 1)[1] == presigned, one
    print(f"proof: {REQUESTS} requests signed as botocore signs them")
