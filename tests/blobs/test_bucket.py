"""A server on a bucket: what lies there, what comes back, and what is said when it does not start."""

import concurrent.futures
import hashlib
import os
import pathlib
import random
import subprocess
import urllib.error
import urllib.request

import pytest

import s3
from conftest import BUILD

MIB = 1 << 20


def content(size, seed=7):
    return random.Random(seed).randbytes(size)


def put(server, data, status=200):
    answer = server.http.send("POST", "/api/rondo/v1/blobs", raw=data,
                              content_type="application/octet-stream")
    assert answer.status == status, answer
    return answer.json["digest"] if status == 200 else answer.message


def version(server, name, files):
    return server.http.call("POST", f"/api/rondo/v1/datasets/{name}/versions", {
        "entries": [{"path": path, "digest": digest} for path, digest in files.items()]})


def fetch(server, name, path):
    return server.http.get(f"/api/rondo/v1/datasets/{name}/versions/latest/files/{path}")


def keys(service, bucket):
    return [key.rsplit("/", 1)[1] for key in service.keys(bucket, "house/one/objects/")]


def test_starts_and_leaves_nothing(service, bucket, make):
    make(service.endpoint).start()
    assert service.keys(bucket) == []


def test_bytes_come_back_as_they_were(service, bucket, make):
    server = make(service.endpoint).start()
    # Empty, small, beyond memory, one put, parts: each side of every border.
    sizes = [0, 1, MIB, MIB + 1, 8 * MIB, 8 * MIB + 1, 20 * MIB + 12345]
    blobs = {f"f{size}": content(size, size) for size in sizes}
    digests = {path: put(server, data) for path, data in blobs.items()}
    for path, data in blobs.items():
        assert digests[path] == hashlib.sha256(data).hexdigest()
    version(server, "all", digests)
    assert set(keys(service, bucket)) >= set(digests.values())
    server.stop()
    server.start()
    for path, data in blobs.items():
        answer = fetch(server, "all", path)
        assert answer.status == 200 and answer.body == data, path
    client = service.client()
    for path, digest in digests.items():
        key = f"house/one/objects/{digest[:2]}/{digest}"
        assert client.get_object(Bucket=bucket, Key=key)["Body"].read() == blobs[path]
    assert not list((server.data / "blobs/tmp").iterdir())


def test_same_bytes_are_one_object(service, bucket, make):
    """Two servers on one bucket, each with several writers of the same bytes: one whole winner."""
    servers = [make(service.endpoint).start() for _ in range(2)]
    for size in (1000, 9 * MIB):
        data = content(size)

        def write(server):
            import http.client
            connection = http.client.HTTPConnection(server.http.address.netloc, timeout=90)
            connection.request("POST", "/api/rondo/v1/blobs", data, {
                "content-type": "application/octet-stream",
                "authorization": "Bearer " + server.http.token})
            answer = connection.getresponse()
            return answer.status, answer.read()

        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(write, servers * 3))
        assert {status for status, _ in answers} == {200}, answers
        digest = hashlib.sha256(data).hexdigest()
        assert keys(service, bucket).count(digest) == 1
        stored = service.client().get_object(
            Bucket=bucket, Key=f"house/one/objects/{digest[:2]}/{digest}")["Body"].read()
        assert stored == data
    left = service.client().list_multipart_uploads(Bucket=bucket).get("Uploads", [])
    assert left == []


def test_ranges_of_artifacts(service, bucket, make):
    server = make(service.endpoint).start()
    data = content(5 * MIB)
    path = "/api/2.0/mlflow-artifacts/artifacts/a/b.bin"
    assert server.http.send("PUT", path, raw=data).status == 200
    assert server.http.get(path).body == data
    for wanted, first, last in [("bytes=0-0", 0, 0), ("bytes=1048575-1048577", 1048575, 1048577),
                                ("bytes=-5", 5 * MIB - 5, 5 * MIB - 1),
                                ("bytes=4000000-", 4000000, 5 * MIB - 1)]:
        answer = server.http.send("GET", path, range=wanted)
        assert answer.status == 206 and answer.body == data[first:last + 1], wanted


def tool(service, bucket, folder, *words):
    """A verb of the store itself: exit code and what was printed."""
    done = subprocess.run([BUILD / "blob_store", f"s3://{bucket}/tool", service.endpoint, folder,
                           *map(str, words)], env=s3.environment(""), capture_output=True, text=True)
    return done.returncode, done.stdout


def test_presigned_address(service, bucket, tmp_path):
    """It opens in any program, until it has expired, and for no other object."""
    _, digest = tool(service, bucket, tmp_path, "put", "to be read by others")
    code, url = tool(service, bucket, tmp_path, "presign", digest, 60)
    assert code == 0 and s3.SECRET not in url
    assert urllib.request.urlopen(url).read() == b"to be read by others"
    if service.is_real:  # moto believes everybody
        for broken in (url[:-1] + ("0" if url[-1] != "0" else "1"),
                       url.replace("Expires=60", "Expires=61")):
            with pytest.raises(urllib.error.HTTPError):
                urllib.request.urlopen(broken)
    assert tool(service, bucket, tmp_path, "presign", digest, 0)[0] == 1
    assert tool(service, bucket, tmp_path, "presign", digest, 8 * 86400)[0] == 1
    assert tool(service, bucket, tmp_path, "presign", "0" * 64, 60)[0] == 1


def test_verbs(service, bucket, tmp_path):
    """Put, size, read, list over many pages, remove."""
    _, digest = tool(service, bucket, tmp_path, "put", "0123456789")
    assert tool(service, bucket, tmp_path, "size", digest) == (0, "10")
    assert tool(service, bucket, tmp_path, "read", digest, 3, 4) == (0, "3456")
    assert tool(service, bucket, tmp_path, "read", digest, 8, 100) == (0, "89")
    assert tool(service, bucket, tmp_path, "read", digest, 10, 5) == (0, "")
    client, names = service.client(), [digest]
    for n in range(1100):
        names.append(hashlib.sha256(b"%d" % n).hexdigest())
        client.put_object(Bucket=bucket, Body=b"%d" % n,
                          Key=f"tool/objects/{names[-1][:2]}/{names[-1]}")
    for key in ("tool/objects/zz/other", "tool/objects/ab/" + "c" * 64, "elsewhere"):
        client.put_object(Bucket=bucket, Body=b"", Key=key)
    names.sort()

    def listed(after, limit):
        code, text = tool(service, bucket, tmp_path, "list", after, limit)
        assert code == 0
        return [line.split()[0] for line in text.splitlines()]

    assert listed("", 100_000) == names
    assert listed(names[499], 100) == names[500:600]
    assert listed(names[-1], 5) == []
    assert tool(service, bucket, tmp_path, "remove", digest) == (0, "removed")
    code, message = tool(service, bucket, tmp_path, "remove", digest)
    assert code == 1 and digest in message
    assert tool(service, bucket, tmp_path, "read", digest, 0, 1)[0] == 1


def test_over_tls(service, bucket, make, tmp_path):
    """An endpoint with a certificate of one's own; connections are kept there, too."""
    import trustme
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    proxy = s3.FaultProxy(service.endpoint, authority.issue_cert("localhost"))
    code, line = make(proxy.endpoint).fails()
    assert code == 6 and "SSL_CERT_FILE" in line
    proxy.connections = 0
    server = make(proxy.endpoint, SSL_CERT_FILE=str(tmp_path / "ca.pem")).start()
    data = content(9 * MIB)
    version(server, "d", {"f": put(server, data)})
    for n in range(10):
        put(server, b"%d" % n)
    assert fetch(server, "d", "f").body == data
    assert len(proxy.seen) > 25 and proxy.connections <= 8
    proxy.stop()


def test_damage_is_named(service, bucket, make):
    """Bytes that changed in the bucket are not served as if they had not."""
    server = make(service.endpoint).start()
    digest = put(server, b"unit,x\n1,2\n")
    made = version(server, "d", {"t.csv": digest})
    tree = made["digest"]
    service.client().put_object(Bucket=bucket, Body=b"something else",
                                Key=f"house/one/objects/{tree[:2]}/{tree}")
    answer = fetch(server, "d", "t.csv")
    assert answer.status == 500 and tree in answer.message and "damaged" in answer.message
    service.client().delete_object(Bucket=bucket, Key=f"house/one/objects/{tree[:2]}/{tree}")
    assert tree in fetch(server, "d", "t.csv").message


# --- what is said when a server does not start ---------------------------------------------------


def test_no_credentials(service, make):
    code, line = make(service.endpoint, AWS_SECRET_ACCESS_KEY="").fails()
    assert code == 1 and "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" in line


def test_wrong_credentials(service, make):
    if not service.is_real:
        pytest.skip("moto believes everybody")
    for changed in ({"AWS_SECRET_ACCESS_KEY": "wrong"}, {"AWS_ACCESS_KEY_ID": "nobody"}):
        code, line = make(service.endpoint, **changed).fails()
        assert code == 6 and "credentials are not accepted" in line


def test_no_bucket(service, make):
    code, line = make(service.endpoint, blobs="s3://there-is-none/x").fails()
    assert code == 6 and "no bucket 'there-is-none'; create it first" in line


def test_unreachable(make):
    code, line = make(f"http://127.0.0.1:{s3.free_port()}").fails()
    assert code == 6 and "cannot reach http://127.0.0.1" in line


def test_read_only(service, bucket, proxy, make):
    if service.is_real:
        closed = s3.Service("--readonly", folder=service.folder)
        code, line = make(closed.endpoint).fails()
        closed.stop()
    else:
        proxy.fault = lambda method, path, body: (
            ("answer", 403, s3.error("AccessDenied")) if method == "PUT" else None)
        code, line = make(proxy.endpoint).fails()
    assert code == 6 and "may not do that, or the bucket is read-only" in line


@pytest.mark.parametrize("status, body, words", [
    (400, s3.error("AuthorizationHeaderMalformed", more="<Region>eu-north-1</Region>"),
     "is in region 'eu-north-1' and not in us-east-1; set AWS_REGION"),
    (301, s3.error("PermanentRedirect"), "not in region us-east-1"),
    (403, s3.error("RequestTimeTooSkewed"), "clock differs"),
    (507, b"", "no space left there"),
    (200, b"", "does not give back what was put in"),
    (418, b"<Error><Code>Teapot\x07</Code>", "answered 418"),
    (404, b"not even XML", "no such object"),
])
def test_refusals_in_words(proxy, make, status, body, words):
    proxy.fault = lambda *_: ("answer", status, body)
    code, line = make(proxy.endpoint).fails()
    assert words in line and code in (1, 3, 6)


def test_wrong_region(make):
    if not s3.IS_REAL:
        pytest.skip("moto knows no regions here")
    service = s3.Service()
    code, line = make(service.endpoint, AWS_REGION="eu-west-1", blobs="s3://any-bucket").fails()
    service.stop()
    assert code == 6 and "eu-west-1" in line and "AWS_REGION" in line


@pytest.mark.parametrize("blobs", ["bucket", "http://x", "s3://", "s3://UPPER", "s3://a/b",
                                   "s3://bucket/../x", "s3://bucket//x"])
def test_odd_places(service, make, blobs):
    code, _ = make(service.endpoint, blobs=blobs).fails()
    assert code == 1


def test_odd_endpoints(make):
    for endpoint in ("127.0.0.1:9000", "http://u:p@127.0.0.1", "http://127.0.0.1/path"):
        code, line = make("", "--s3-endpoint", endpoint).fails()
        assert code == 1 and "u:p" not in line


def test_blobs_that_lie_here_already(service, make):
    server = make(service.endpoint)
    (server.data / "blobs/objects/ab").mkdir(parents=True)
    code, line = server.fails()
    assert code == 5 and "holds blobs already" in line


def test_leftovers_are_cleared(service, bucket, make):
    """Uploads that were never ended, and the files of a killed server."""
    server = make(service.endpoint)
    (server.data / "blobs/tmp").mkdir(parents=True)
    (server.data / "blobs/tmp/abcdef").write_text("half")
    client = service.client()
    client.create_multipart_upload(Bucket=bucket, Key="house/one/objects/aa/young")
    server.start()
    assert list((server.data / "blobs/tmp").iterdir()) == []
    if service.is_real:  # at moto all uploads began in 2010
        uploads = client.list_multipart_uploads(Bucket=bucket)["Uploads"]
        assert len(uploads) == 1  # younger than a day: maybe another server's


def test_old_leftovers_are_ended(service, proxy, make):
    old = (b"<ListMultipartUploadsResult><IsTruncated>false</IsTruncated><Upload>"
           b"<Key>house/one/objects/aa/old</Key><UploadId>u-1</UploadId>"
           b"<Initiated>2001-02-03T04:05:06.000Z</Initiated></Upload></ListMultipartUploadsResult>")
    proxy.fault = lambda method, path, body: (
        ("answer", 200, old) if method == "GET" and "uploads=" in path else
        ("answer", 204, b"") if "uploadId=u-1" in path else None)
    make(proxy.endpoint).start()
    assert ("DELETE", next(path for method, path in proxy.seen if "u-1" in path)) in proxy.seen


def test_nothing_else_of_the_network_is_open(make, service, proxy):
    """A redirect of the service is an answer like any other, and is not followed."""
    other = s3.FaultProxy(service.endpoint)
    proxy.fault = lambda *_: ("answer", 307, s3.error("TemporaryRedirect"))
    make(proxy.endpoint).fails()
    assert other.seen == []
    other.stop()


@pytest.mark.skipif("RONDO_LONG" not in os.environ, reason="a gigabyte")
def test_a_gigabyte(service, bucket, make, tmp_path):
    """Speed against the local store and against boto3, and the memory that it takes."""
    import time
    import boto3
    path = tmp_path / "big"
    piece = content(16 * MIB)
    with open(path, "wb") as big:
        for i in range(64):
            big.write(piece[i:] + piece[:i])
    size = path.stat().st_size
    for place in ("local", "bucket"):
        server = make(service.endpoint)
        if place == "local":
            at = server.command.index("--blobs")
            del server.command[at:at + 2]
        server.start()
        put(server, b"warm")
        before = server.memory()
        begun = time.monotonic()
        with open(path, "rb") as big:
            digest = put(server, big)
        putting = time.monotonic() - begun
        version(server, "big", {"big": digest})
        most, begun, got = server.memory(), time.monotonic(), hashlib.sha256()
        answer = urllib.request.urlopen(urllib.request.Request(
            f"http://{server.http.address.netloc}/api/rondo/v1/datasets/big/versions/1/files/big",
            headers={"authorization": "Bearer " + server.http.token}))
        while chunk := answer.read(MIB):
            got.update(chunk)
        getting = time.monotonic() - begun
        assert got.hexdigest() == digest
        most = max(most, int(next(line for line in pathlib.Path(
            f"/proc/{server.process.pid}/status").read_text().splitlines()
            if line.startswith("VmHWM")).split()[1]) * 1024)
        print(f"proof: {place}: put {size / putting / 1e6:.0f} MB/s, get {size / getting / 1e6:.0f} "
              f"MB/s, memory +{(most - before) / 1e6:.0f} MB")
        assert most - before < 64e6
        server.stop()
    peer = boto3.client("s3", endpoint_url=service.endpoint, region_name=s3.REGION,
                        aws_access_key_id=s3.ACCESS, aws_secret_access_key=s3.SECRET)
    begun = time.monotonic()
    peer.upload_file(str(path), bucket, "peer")
    putting, begun = time.monotonic() - begun, time.monotonic()
    peer.download_file(bucket, "peer", str(tmp_path / "peer"))
    getting = time.monotonic() - begun
    print(f"proof: boto3 (ten threads) to the same bucket: put "
          f"{size / putting / 1e6:.0f} MB/s, get {size / getting / 1e6:.0f} MB/s")
