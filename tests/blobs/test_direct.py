"""Large artifacts that go around the server: the unmodified client puts parts into the bucket itself
and reads from there, by addresses that the server signs."""

import concurrent.futures
import hashlib
import os
import pathlib
import re
import urllib.error
import urllib.parse
import urllib.request

import mlflow
import pytest
from mlflow.store.artifact.mlflow_artifacts_repo import MlflowArtifactsRepository

import s3
from conftest import BUILD
from serving import wait_for
from test_bucket import MIB, content, keys, tool

API = "/api/2.0/mlflow-artifacts/"
LARGE = 64 * MIB
PART = 5 * MIB  # the least that S3 takes of all parts but the last


@pytest.fixture
def make(make, service):
    """moto says of each upload that it began in 2010, which the first round of a server's collection
    takes for abandoned: tests begin after it."""
    def made(*arguments, **named):
        server = make(*arguments, **named)
        begin_at_once = server.start

        def start():
            begin_at_once()
            wait_for(lambda: server.http.get("/api/rondo/v1/collection").json["last"]["number"] > 0)
            return server

        server.start = start
        return server

    return make if service.is_real else made


@pytest.fixture
def asked(monkeypatch):
    """The client's own settings under which it goes around the server."""
    monkeypatch.setenv("MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD", "true")
    monkeypatch.setenv("MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD", "true")
    sizes(monkeypatch)


def sizes(monkeypatch):
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE", str(PART))
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE", str(PART))
    monkeypatch.setenv("MLFLOW_MULTIPART_DOWNLOAD_CHUNK_SIZE", str(PART))
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "1")


class Client:
    """mlflow, and a run of its own at the server."""

    def __init__(self, server):
        self.url = server.http.address.geturl()
        self.mlflow = mlflow.MlflowClient(self.url)
        self.run = self.mlflow.create_run("0")
        self.root = self.run.info.artifact_uri.split(":/", 1)[1].lstrip("/")

    def log(self, path, folder=None):
        self.mlflow.log_artifact(self.run.info.run_id, str(path), folder)

    def fetch(self, path, into):
        into.mkdir(exist_ok=True)
        return pathlib.Path(self.mlflow.download_artifacts(self.run.info.run_id, path, str(into)))

    def repository(self):
        return MlflowArtifactsRepository(self.run.info.artifact_uri, tracking_uri=self.url)


def count(server, route):
    """How often a route was answered."""
    text = server.http.get("/metrics").body.decode()
    return sum(int(float(value)) for labels, value in
               re.findall(r"^rondo_requests_total\{(.*)\} (\S+)$", text, re.M)
               if route in labels)


def staged(service, bucket):
    return [key for key in service.keys(bucket, "house/one/uploads/") if not key.endswith(".done")]


def begin(server, folder="0/r/artifacts", path="/home/me/f.bin", parts=1):
    return server.http.send("POST", API + "mpu/create/" + folder, {"path": path, "num_parts": parts})


def put_part(url, data):
    # A type: without one urllib says that it is a form, which moto then tries to read.
    request = urllib.request.Request(url, data=data, method="PUT",
                                     headers={"content-type": "application/octet-stream"})
    return urllib.request.urlopen(request).headers["ETag"]


def uploaded(server, datas, **where):
    """An upload whose parts are all there: its id, and the parts as clients name them."""
    made = begin(server, parts=len(datas), **where).json
    return made["upload_id"], [
        {"part_number": one["part_number"], "etag": put_part(one["url"], data), "url": one["url"]}
        for one, data in zip(made["credentials"], datas)]


def complete(server, upload_id, parts, folder="0/r/artifacts", path="/home/me/f.bin"):
    return server.http.send("POST", API + "mpu/complete/" + folder,
                            {"path": path, "upload_id": upload_id, "parts": parts})


def abort(server, upload_id, folder="0/r/artifacts", path="/home/me/f.bin"):
    return server.http.send("POST", API + "mpu/abort/" + folder,
                            {"path": path, "upload_id": upload_id})


def fetched(server, path="0/r/artifacts/f.bin"):
    return server.http.get(API + "artifacts/" + path)


# --- the unmodified client -----------------------------------------------------------------------


def test_client_goes_around_the_server(service, bucket, make, tmp_path, asked):
    server = make(service.endpoint).start()
    client, path = Client(server), tmp_path / "large.bin"
    data = content(LARGE)
    path.write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    server.http.get("/readyz")
    before = server.memory()
    client.log(path, "some/folder")
    wait_for(lambda: count(server, "mpu/complete") == 1)  # counted when the answer has gone
    assert f"{digest}" in keys(service, bucket) and staged(service, bucket) == []
    back = client.fetch("some/folder/large.bin", tmp_path / "back")
    assert hashlib.sha256(back.read_bytes()).hexdigest() == digest
    assert count(server, "mlflow-artifacts/artifacts/{path") == 0, "bytes went through the server"
    assert server.memory() - before < 64e6
    # Listed, and readable through the server, as if it had come through it.
    listed = client.mlflow.list_artifacts(client.run.info.run_id, "some/folder")
    assert [(one.path, one.file_size) for one in listed] == [("some/folder/large.bin", LARGE)]
    answer = fetched(server, client.root + "/some/folder/large.bin")
    assert answer.body == data and answer.headers["etag"] == f'"{digest}"'


def test_clients_are_told(service, bucket, make, tmp_path, monkeypatch):
    """Without settings of its own a client does what the server says it can."""
    sizes(monkeypatch)
    path = tmp_path / "large.bin"
    path.write_bytes(content(12 * MIB))
    info = "/api/3.0/mlflow/server-info"
    for flags, told in (((), False), (("--s3-client-endpoint", service.endpoint), True)):
        server = make(service.endpoint, *flags).start()
        said = server.http.call("GET", info)
        assert said["multipart_uploads_enabled"] is told is said["multipart_downloads_enabled"]
        client = Client(server)
        client.log(path)
        back = client.fetch("large.bin", tmp_path / f"back{told}")
        assert back.read_bytes() == path.read_bytes()
        wait_for(lambda: count(server, "mpu/complete") == count(server, "presigned") == int(told))
        server.stop()


def test_addresses_are_of_the_clients_endpoint(service, proxy, make):
    """A client may reach the service by another name than the server; the name is signed."""
    server = make(service.endpoint, "--s3-client-endpoint", proxy.endpoint).start()
    upload_id, parts = uploaded(server, [b"by way of the proxy"])
    assert parts[0]["url"].startswith(proxy.endpoint) and len(proxy.seen) == 1
    assert complete(server, upload_id, parts).status == 200
    assert fetched(server).body == b"by way of the proxy"


def test_on_a_local_disk_clients_go_on_without(make, service, tmp_path, asked):
    server = make(service.endpoint)
    at = server.command.index("--blobs")
    del server.command[at:at + 2]
    server.start()
    client, path = Client(server), tmp_path / "large.bin"
    path.write_bytes(content(12 * MIB))
    client.log(path)
    assert client.fetch("large.bin", tmp_path / "back").read_bytes() == path.read_bytes()
    assert not server.http.call("GET", "/api/3.0/mlflow/server-info")["multipart_uploads_enabled"]
    for answer, words in ((begin(server), "Multipart upload"), (abort(server, "x"), "Multipart upload"),
                          (complete(server, "x", []), "Multipart upload"),
                          (server.http.get(API + "presigned/0/x"), "Multipart download")):
        assert answer.status == 501 and answer.json == {
            "error_code": "NOT_IMPLEMENTED",
            "message": words + " is not supported for the current artifact repository"}


def test_client_whose_part_fails_leaves_nothing(service, bucket, proxy, make, tmp_path, asked):
    server = make(service.endpoint, "--s3-client-endpoint", proxy.endpoint).start()
    client, path = Client(server), tmp_path / "large.bin"
    path.write_bytes(content(12 * MIB))
    proxy.fault = lambda method, path, body: (
        ("answer", 500, b"") if "partNumber=2" in path else None)
    with pytest.raises(mlflow.MlflowException, match="Failed to upload at least one part"):
        client.log(path)
    assert service.client().list_multipart_uploads(Bucket=bucket).get("Uploads", []) == []
    assert client.mlflow.list_artifacts(client.run.info.run_id) == []
    proxy.fault = lambda *_: None
    client.log(path)
    assert client.fetch("large.bin", tmp_path / "back").read_bytes() == path.read_bytes()


# --- what lies in the bucket ---------------------------------------------------------------------


def test_same_bytes_are_one_object(service, bucket, make):
    server = make(service.endpoint).start()
    data = content(11 * MIB)
    pieces = [data[:PART], data[PART:2 * PART], data[2 * PART:]]
    assert server.http.send("PUT", API + "artifacts/0/r/artifacts/g.bin", raw=data).status == 200
    for _ in range(2):
        upload_id, parts = uploaded(server, pieces)
        assert fetched(server).status in (404, 200)  # of the first: nothing before it is complete
        assert complete(server, upload_id, parts).status == 200
        assert fetched(server).body == data
    assert keys(service, bucket) == [hashlib.sha256(data).hexdigest()]
    assert staged(service, bucket) == []


def test_complete_may_be_repeated(service, bucket, make):
    """An answer that was lost: by the same server, by one that was started again, by two at once."""
    server = make(service.endpoint).start()
    data = content(6 * MIB)
    upload_id, parts = uploaded(server, [data[:PART], data[PART:]])
    url = server.http.address

    def once(_):
        from serving import Http
        http = Http(url.geturl(), server.http.token)
        return http.send("POST", API + "mpu/complete/0/r/artifacts",
                         {"path": "f.bin", "upload_id": upload_id, "parts": parts}).status

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        assert set(pool.map(once, range(4))) == {200}
    server.stop()
    server.start()
    assert complete(server, upload_id, parts).status == 200
    assert fetched(server).body == data


def test_complete_after_a_kill(service, bucket, proxy, make):
    """Killed while the service copies: nothing is visible, and the client's next try ends it."""
    import signal
    server = make(proxy.endpoint, "--s3-client-endpoint", service.endpoint).start()
    data = content(6 * MIB)
    upload_id, parts = uploaded(server, [data[:PART], data[PART:]])
    digest = hashlib.sha256(data).hexdigest()

    def kill(method, path, body):
        if method == "PUT" and path.endswith(digest):
            server.process.send_signal(signal.SIGKILL)
            return "drop"
        return None

    proxy.fault = kill
    with pytest.raises(OSError):
        complete(server, upload_id, parts)
    server.process.wait()
    proxy.fault = lambda *_: None
    server.start()
    assert fetched(server).status == 404 and len(staged(service, bucket)) == 1
    assert complete(server, upload_id, parts).status == 200
    assert fetched(server).body == data and staged(service, bucket) == []


def test_service_that_fails_to_copy(service, bucket, proxy, make):
    server = make(proxy.endpoint, "--s3-client-endpoint", service.endpoint).start()
    data = content(MIB)
    upload_id, parts = uploaded(server, [data])
    digest = hashlib.sha256(data).hexdigest()
    proxy.fault = lambda method, path, body: (
        ("answer", 403, s3.error("AccessDenied"))
        if method == "PUT" and path.endswith(digest) else None)
    answer = complete(server, upload_id, parts)
    assert answer.status == 503 and "cannot copy within" in answer.message
    assert fetched(server).status == 404 and keys(service, bucket) == []
    # A status of success over an error is none.
    proxy.fault = lambda method, path, body: (
        ("answer", 200, s3.error("InternalError"))
        if method == "PUT" and path.endswith(digest) else None)
    assert complete(server, upload_id, parts).status == 503
    proxy.fault = lambda *_: None
    assert complete(server, upload_id, parts).status == 200
    assert fetched(server).body == data


def test_copies_of_what_is_too_large_for_one(service, bucket, tmp_path, monkeypatch):
    """Beyond what a service copies at once it copies in parts."""
    monkeypatch.setenv("COPY_BYTES", str(5 * MIB))
    data = content(13 * MIB + 1)
    _, text = tool(service, bucket, tmp_path, "begin", 2)
    upload, *addresses = text.split("\n")
    tags = [put_part(address, piece) for address, piece in
            zip(addresses, (data[:6 * MIB], data[6 * MIB:]))]
    code, said = tool(service, bucket, tmp_path, "complete", upload, 1 << 40, *tags)
    digest = hashlib.sha256(data).hexdigest()
    assert (code, said) == (0, f"{digest} {len(data)}")
    key = f"tool/objects/{digest[:2]}/{digest}"
    assert service.client().get_object(Bucket=bucket, Key=key)["Body"].read() == data
    assert service.client().list_multipart_uploads(Bucket=bucket).get("Uploads", []) == []


def test_what_is_too_large_goes(service, bucket, tmp_path):
    _, text = tool(service, bucket, tmp_path, "begin", 1)
    upload, address = text.split("\n")
    tag = put_part(address, b"x" * 1001)
    code, said = tool(service, bucket, tmp_path, "complete", upload, 1000, tag)
    assert code == 1 and "1001 bytes, the limit here is 1000" in said
    assert service.keys(bucket) == []


def test_abandoned_uploads_are_collected(service, bucket, make):
    """After a day, and not before; an upload that is put together and was not copied likewise."""
    if not service.is_real:
        pytest.skip("moto's times cannot be set")
    server = make(service.endpoint).start()
    begin(server)
    client = service.client()
    client.put_object(Bucket=bucket, Key="house/one/uploads/young", Body=b"x")
    client.put_object(Bucket=bucket, Key="house/one/uploads/old", Body=b"x")
    client.put_object(Bucket=bucket, Key="elsewhere/uploads/old", Body=b"x")
    early = 1_600_000_000
    for path in pathlib.Path(service.folder, bucket).rglob("*"):
        if path.name in ("old",):
            os.utime(path, (early, early))
    uploads = client.list_multipart_uploads(Bucket=bucket)["Uploads"]
    assert len(uploads) == 1
    for path in pathlib.Path(service.folder, bucket).rglob(uploads[0]["UploadId"]):
        os.utime(path, (early, early))
    begin(server)
    assert server.http.call("POST", "/api/rondo/v1/collection", {}) is not None
    wait_for(lambda: "house/one/uploads/old" not in service.keys(bucket))
    wait_for(lambda: len(client.list_multipart_uploads(Bucket=bucket).get("Uploads", [])) == 1)
    assert {"house/one/uploads/young", "elsewhere/uploads/old"} <= set(service.keys(bucket))


# --- addresses to read from ----------------------------------------------------------------------


def test_signed_downloads(service, bucket, make):
    """Short-lived, as a download of that name and our type, with ranges, for nothing else."""
    server = make(service.endpoint).start()
    data = b"<script>alert(1)</script>" * 1000
    name = "weird \"name\" \u202e\u00e9.html"
    path = API + "artifacts/0/r/artifacts/" + urllib.parse.quote(name)
    assert server.http.send("PUT", path, raw=data).status == 200
    made = server.http.call("GET", API + "presigned/0/r/artifacts/" + urllib.parse.quote(name))
    assert made["file_size"] == len(data) and made["headers"] == {}
    assert s3.SECRET not in made["url"]
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(made["url"]).query)
    assert query["X-Amz-Expires"] == ["300"]
    answer = urllib.request.urlopen(made["url"])
    assert answer.read() == data
    whole = server.http.get(path).headers
    if service.is_real:
        assert answer.headers["content-type"] == whole["content-type"]
        assert answer.headers["content-disposition"] == whole["content-disposition"]
    assert query["response-content-disposition"][0].startswith("attachment; filename=")
    part = urllib.request.urlopen(urllib.request.Request(made["url"], headers={"Range": "bytes=8-12"}))
    assert part.status == 206 and part.read() == data[8:13]
    if service.is_real:  # moto believes everybody
        for broken in (made["url"].replace("attachment", "inline"),
                       made["url"].replace("Expires=300", "Expires=99999")):
            with pytest.raises(urllib.error.HTTPError):
                urllib.request.urlopen(broken)
        with pytest.raises(urllib.error.HTTPError):  # to read, and not to write
            urllib.request.urlopen(urllib.request.Request(made["url"], data=b"x", method="PUT"))


def test_signed_downloads_of_what_there_is_not(service, make):
    server = make(service.endpoint).start()
    server.http.send("PUT", API + "artifacts/0/r/artifacts/f", raw=b"")
    assert server.http.get(API + "presigned/0/r/artifacts/g").status == 404
    folder = server.http.get(API + "presigned/0/r/artifacts")
    assert folder.status == 400 and "is a folder" in folder.message
    assert server.http.call("GET", API + "presigned/0/r/artifacts/f")["file_size"] == 0


# --- bad input -----------------------------------------------------------------------------------


def test_uploads_that_are_none(service, bucket, make):
    """T6: unknown, changed, another path's, aborted, of another server's keys."""
    server = make(service.endpoint).start()
    upload_id, parts = uploaded(server, [b"x" * 100])
    changed = upload_id[:20] + ("A" if upload_id[20] != "A" else "B") + upload_id[21:]
    for odd in ("x", changed, upload_id[:-4], "A" * 100_000, "../../x", "\u202e", upload_id + "AAAA"):
        for answer in (complete(server, odd, parts), abort(server, odd)):
            assert answer.status == 404 and "no such upload" in answer.message, (odd, answer)
    for where in ({"folder": "0/r/other"}, {"path": "other.bin"}, {"folder": "0/r"}):
        for answer in (complete(server, upload_id, parts, **where), abort(server, upload_id, **where)):
            assert answer.status == 404 and "not one of" in answer.message
    assert abort(server, upload_id).status == 200
    assert abort(server, upload_id).status == 200  # a client that asks again
    answer = complete(server, upload_id, parts)
    if service.is_real:  # moto fails over uploads that it does not know
        assert answer.status == 404 and "begin it again" in answer.message
    else:
        assert answer.status == 503 and "the service answered 500" in answer.message
    assert service.keys(bucket) == [] and fetched(server).status == 404
    other = make(service.endpoint, blobs=f"s3://{bucket}/house/two").start()
    upload_id, parts = uploaded(server, [b"x"])
    assert complete(other, upload_id, parts).status == 404


def test_parts_that_are_wrong(service, bucket, make):
    """T6, T36: too few, too many, out of order, with tags that the service never gave."""
    server = make(service.endpoint).start()
    for number in (0, -1, 10_001, 2**63 - 1):
        answer = begin(server, parts=number)
        assert answer.status == 400 and "from 1 to 10000 are possible" in answer.message
    for number in ("many", 1.5, None, 2**64):
        assert begin(server, parts=number).status == 400
    made = begin(server, parts=10_000).json
    assert [one["part_number"] for one in made["credentials"]] == list(range(1, 10_001))
    abort(server, made["upload_id"])
    data = content(11 * MIB)
    upload_id, parts = uploaded(server, [data[:PART], data[PART:2 * PART], data[2 * PART:]])
    first, second, third = parts
    for odd, words in (([], "3 parts, and 0 are named"), (parts[:2], "3 parts, and 2 are named"),
                       ([*parts, third], "3 parts, and 4 are named"),
                       ([second, first, third], "there is 2 in place of 1"),
                       ([first, second, {**third, "part_number": 4}], "there is 4 in place of 3"),
                       ([first, first, third], "there is 1 in place of 2"),
                       ([first, second, {**third, "etag": ""}], "etag"),
                       ([first, second, {**third, "etag": "a\nb"}], "part 3 has no ETag"),
                       ([first, second, {**third, "etag": "x" * 300}], "part 3 has no ETag")):
        answer = complete(server, upload_id, odd)
        assert answer.status == 400 and words in answer.message, answer
    if service.is_real:
        swapped = [first, {**second, "etag": third["etag"]}, third]
        answer = complete(server, upload_id, swapped)
        assert answer.status == 400 and "not those that were uploaded" in answer.message, answer
    assert fetched(server).status == 404
    assert complete(server, upload_id, parts).status == 200 and fetched(server).body == data


def test_parts_that_are_too_small(service, make):
    server = make(service.endpoint).start()
    upload_id, parts = uploaded(server, [b"small", b"parts"])
    answer = complete(server, upload_id, parts)
    assert answer.status == 400 and "less than 5 MiB" in answer.message, answer


@pytest.mark.parametrize("folder, path", [
    ("..", "f"), ("0/..", "f"), ("0/%2e%2e/x", "f"), ("0/%252e%252e/x", "f"), ("0//x", "f"),
    ("%2Fetc", "f"), ("0/x%5C..%5Cy", "f"), ("C:%5Cx", "f"), ("0/x%00", "f"), ("0/%c0%ae", "f"),
    ("0/x", ".."), ("0/x", "a/.."), ("0/x", "a\\.."), ("0/x", "a/"), ("0/x", ""), ("0/x", "%2e%2e"),
    ("0/x", "a\0b"), ("0/x", "a\nb"), ("0/x", "y" * 300), ("0/" + "y/" * 80 + "z", "f")])
def test_paths_that_lead_astray(service, make, folder, path, shared):
    """T1, T2: in the route and in the body."""
    for verb, message in (("create", {"num_parts": 1}), ("abort", {"upload_id": "x"}),
                          ("complete", {"upload_id": "x", "parts": [{"part_number": 1, "etag": "e"}]})):
        answer = shared.http.send("POST", f"{API}mpu/{verb}/{folder}", {"path": path, **message})
        assert 400 <= answer.status < 500, (verb, answer)
    assert 400 <= shared.http.get(f"{API}presigned/{folder}/f").status < 500


@pytest.fixture(scope="module")
def shared(service, tmp_path_factory):
    """One server for many requests that all fail."""
    import uuid
    from conftest import Server
    name = "b" + uuid.uuid4().hex[:12]
    service.client().create_bucket(Bucket=name)
    server = Server(tmp_path_factory.mktemp("shared"), service.endpoint, f"s3://{name}/x").start()
    yield server
    server.stop()


def test_names_of_other_machines(service, make):
    """The client sends its own path of the file: its last part counts, whatever the separator."""
    server = make(service.endpoint).start()
    where = {"path": "C:\\models\\a b.bin"}
    upload_id, parts = uploaded(server, [b"data"], **where)
    assert complete(server, upload_id, parts, **where).status == 200
    assert fetched(server, "0/r/artifacts/a%20b.bin").body == b"data"


def test_files_and_folders(service, make):
    """T7: a name is a file or a folder; of two uploads to one name one whole wins."""
    server = make(service.endpoint).start()
    assert server.http.send("PUT", API + "artifacts/0/r/artifacts/f.bin/x", raw=b"x").status == 200
    upload_id, parts = uploaded(server, [b"data"])
    answer = complete(server, upload_id, parts)
    assert answer.status == 400 and "is a folder" in answer.message
    uploads = [uploaded(server, [data], path="g") for data in (b"a" * 1000, b"b" * 1000)]
    for upload_id, parts in uploads:
        assert complete(server, upload_id, parts, path="g").status == 200
    assert fetched(server, "0/r/artifacts/g").body == b"b" * 1000


# --- who may -------------------------------------------------------------------------------------


def test_rights(service, bucket, make):
    """T18: to write for uploads, to read for addresses, on the experiment that the path leads to; what
    was begun with a right ends only while there is one."""
    from serving import Http
    server = make(service.endpoint).start()
    v1, url = "/api/rondo/v1/", server.http.address.geturl()
    boss = server.http
    boss.call("POST", v1 + "users", {"name": "boss", "password": "correct horse battery", "admin": True})

    def user(name, role="none"):
        boss.call("POST", v1 + "users", {"name": name, "role": role, "password": "correct horse battery"})
        return Http(url, boss.call("POST", v1 + "tokens", {"user": name, "scope": "write"})["secret"])

    def grant(name, level, experiment):
        boss.call("PUT", v1 + "grants", {"user": name, "object": "experiment", "name": experiment,
                                         "level": level})

    writer, reader, stranger = map(user, ("writer", "reader", "stranger"))
    create = "/api/2.0/mlflow/experiments/create"
    mine = boss.call("POST", create, {"name": "mine"})["experiment_id"]
    theirs = boss.call("POST", create, {"name": "theirs", "artifact_location":
                                        "mlflow-artifacts:/shared/n"})["experiment_id"]
    grant("writer", "edit", mine)
    grant("reader", "read", mine)
    folder = f"{mine}/r/artifacts"

    class As:
        def __init__(self, http):
            self.http = http

    upload_id, parts = uploaded(As(writer), [b"data"], folder=folder)
    for http in (reader, stranger, Http(url)):
        expected = 403 if http.token else 401
        assert begin(As(http), folder).status == expected
        assert complete(As(http), upload_id, parts, folder).status == expected
        assert abort(As(http), upload_id, folder).status == expected
    # Who wrote may not any more, and what was begun stays unseen.
    grant("writer", "read", mine)
    assert complete(As(writer), upload_id, parts, folder).status == 403
    grant("writer", "edit", mine)
    assert complete(As(writer), upload_id, parts, folder).status == 200
    # By the detour of a file in the place of another experiment's folder.
    editor = user("editor", "editor")
    grant("editor", "none", theirs)
    assert begin(As(editor), "shared/n", "f").status == 403
    answer = begin(As(editor), "shared", "n")
    assert answer.status == 400 and "folder of an experiment" in answer.message
    path = f"{API}presigned/{folder}/f.bin"
    assert reader.call("GET", path)["file_size"] == 4
    assert stranger.get(path).status == 403 and Http(url).get(path).status == 401
