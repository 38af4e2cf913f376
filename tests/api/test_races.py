"""What happens at once: many writers on one name (T7), the same thing sent again and again."""

import concurrent.futures
import hashlib
import http.client
import json
import urllib.parse

import pytest
from rondo_server import Server

CLIENTS = 12


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def server(request, tmp_path_factory):
    database = ""
    if request.param == "postgresql":
        database = request.getfixturevalue("postgres").new_database("races")
    running = Server(tmp_path_factory.mktemp("server"), database)
    yield running
    running.stop()


def ask(server, verb, path, body=None):
    address = urllib.parse.urlsplit(server.url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
    data = json.dumps(body).encode() if isinstance(body, dict) else body
    connection.request(verb, path, data, {"content-type": "application/json"} if body else {})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content


def post(server, route, body):
    return ask(server, "POST", "/api/2.0/mlflow/" + route, body)


def at_once(work):
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        return list(pool.map(work, range(CLIENTS)))


def new_run(server):
    return json.loads(post(server, "runs/create", {"experiment_id": "0"})[1])["run"]["info"]["run_id"]


def test_t7_one_whole_winner(server):
    path = "/api/2.0/mlflow-artifacts/artifacts/t7/file.bin"
    contents = [bytes([i]) * (300_000 + i) for i in range(CLIENTS)]
    whole = {hashlib.sha256(c).digest() for c in contents}

    def write_and_read(i):
        for _ in range(5):
            assert ask(server, "PUT", path, contents[i])[0] == 200
            status, got = ask(server, "GET", path)
            assert status == 200 and hashlib.sha256(got).digest() in whole

    at_once(write_and_read)


def test_t7_a_name_is_a_file_or_a_folder(server):
    base = "/api/2.0/mlflow-artifacts/artifacts/t7b"
    statuses = at_once(lambda i: ask(server, "PUT", base + ("/a" if i % 2 else "/a/b"), b"x")[0])
    files = json.loads(ask(server, "GET", "/api/2.0/mlflow-artifacts/artifacts?path=t7b")[1])
    assert len(files["files"]) == 1
    assert sorted(set(statuses)) == [200, 400]


def test_versions_have_numbers_of_their_own(server):
    post(server, "registered-models/create", {"name": "m"})
    answers = at_once(lambda i: post(server, "model-versions/create",
                                     {"name": "m", "source": f"s3://b/{i}"}))
    assert [status for status, _ in answers] == [200] * CLIENTS
    numbers = [int(json.loads(a)["model_version"]["version"]) for _, a in answers]
    assert sorted(numbers) == list(range(1, CLIENTS + 1))


def test_an_alias_points_to_one_version(server):
    post(server, "registered-models/create", {"name": "a"})
    for i in range(3):
        post(server, "model-versions/create", {"name": "a", "source": f"s3://b/{i}"})
    answers = at_once(lambda i: post(server, "registered-models/alias",
                                     {"name": "a", "alias": "x", "version": str(i % 3 + 1)}))
    assert [status for status, _ in answers] == [200] * CLIENTS
    model = json.loads(ask(server, "GET", "/api/2.0/mlflow/registered-models/get?name=a")[1])
    assert len(model["registered_model"]["aliases"]) == 1


def test_a_name_is_taken_once(server):
    answers = at_once(lambda i: post(server, "experiments/create", {"name": "only one"}))
    statuses = sorted(status for status, _ in answers)
    assert statuses == [200] + [400] * (CLIENTS - 1)
    for status, answer in answers:
        assert status == 200 or json.loads(answer)["error_code"] == "RESOURCE_ALREADY_EXISTS"


def test_a_param_has_one_value(server):
    run = new_run(server)
    answers = at_once(lambda i: post(server, "runs/log-parameter",
                                     {"run_id": run, "key": "p", "value": str(i)}))
    assert sorted(status for status, _ in answers) == [200] + [400] * (CLIENTS - 1)


def test_what_is_sent_twice_counts_once(server):
    run = new_run(server)
    batch = {"run_id": run, "params": [{"key": "p", "value": "1"}],
             "tags": [{"key": "t", "value": "1"}],
             "metrics": [{"key": f"m{i % 3}", "value": i, "timestamp": i, "step": i}
                         for i in range(300)]}
    answers = at_once(lambda i: post(server, "runs/log-batch", batch))
    assert [status for status, _ in answers] == [200] * CLIENTS
    for key in range(3):
        path = f"/api/2.0/mlflow/metrics/get-history?run_id={run}&metric_key=m{key}"
        assert len(json.loads(ask(server, "GET", path)[1])["metrics"]) == 100
