"""Signed addresses for one artifact of a run: asked for with the unmodified client's own messages and
routes, and read from the bucket without the server."""

import urllib.error
import urllib.parse
import urllib.request

import mlflow
import pytest
from mlflow.exceptions import MlflowException
from mlflow.protos.service_pb2 import (CreatePresignedDownloadUrl, CreatePresignedUploadUrl,
                                       MlflowService)
from mlflow.utils.proto_json_utils import message_to_json
from mlflow.utils.rest_utils import (_REST_API_PATH_PREFIX, MlflowHostCreds, call_endpoint,
                                     extract_api_info_for_service)

import s3

ROUTES = extract_api_info_for_service(MlflowService, _REST_API_PATH_PREFIX)
DATA = b"x" * 70_000


def ask(server, message):
    route, method = ROUTES[type(message)]
    assert "presigned" in route
    return call_endpoint(MlflowHostCreds(server.http.address.geturl()), route, method,
                         message_to_json(message), type(message).Response())


def refused(server, message):
    with pytest.raises(MlflowException) as error:
        ask(server, message)
    return error.value.error_code, error.value.message


def run_with_file(server, tmp_path, **experiment):
    client = mlflow.MlflowClient(server.http.address.geturl())
    run = client.create_run(client.create_experiment("presigned", **experiment)).info
    if not experiment:
        (tmp_path / "model.bin").write_bytes(DATA)
        client.log_artifact(run.run_id, tmp_path / "model.bin", "deep")
    return run.run_id


def test_run_is_read_from_the_bucket(service, make, tmp_path):
    server = make(service.endpoint).start()
    run = run_with_file(server, tmp_path)
    made = ask(server, CreatePresignedDownloadUrl(run_id=run, path="deep/model.bin", expiration=60))
    assert made.file_size == len(DATA) and not made.headers
    assert s3.SECRET not in made.presigned_url
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(made.presigned_url).query)
    assert query["X-Amz-Expires"] == ["60"]
    server.stop()
    assert urllib.request.urlopen(made.presigned_url).read() == DATA


def test_how_long(service, make, tmp_path):
    server = make(service.endpoint).start()
    run = run_with_file(server, tmp_path)

    def expires(**given):
        made = ask(server, CreatePresignedDownloadUrl(run_id=run, path="deep/model.bin", **given))
        return urllib.parse.parse_qs(urllib.parse.urlsplit(made.presigned_url).query)["X-Amz-Expires"]

    assert expires() == ["300"] and expires(expiration=604_800) == ["604800"]
    for wrong in (0, -1, 604_801, 2**62):
        code, said = refused(server, CreatePresignedDownloadUrl(
            run_id=run, path="deep/model.bin", expiration=wrong))
        assert code == "INVALID_PARAMETER_VALUE" and f"(got {wrong})" in said


def test_what_there_is_not(service, make, tmp_path):
    server = make(service.endpoint).start()
    run = run_with_file(server, tmp_path)
    for path, code in (("deep/other.bin", "RESOURCE_DOES_NOT_EXIST"),
                       ("deep", "INVALID_PARAMETER_VALUE"), ("../up", "INVALID_PARAMETER_VALUE"),
                       ("/etc/passwd", "INVALID_PARAMETER_VALUE"), ("", "INVALID_PARAMETER_VALUE")):
        assert refused(server, CreatePresignedDownloadUrl(run_id=run, path=path))[0] == code, path
    assert refused(server, CreatePresignedDownloadUrl(
        run_id="0" * 32, path="deep/model.bin"))[0] == "RESOURCE_DOES_NOT_EXIST"
    assert refused(server, CreatePresignedDownloadUrl(path="f"))[0] == "INVALID_PARAMETER_VALUE"


def test_an_address_alone_uploads_nothing(service, make, tmp_path):
    """As MLflow's server says of storage that it stands before, with the way that works."""
    server = make(service.endpoint).start()
    run = run_with_file(server, tmp_path)
    code, said = refused(server, CreatePresignedUploadUrl(run_id=run, path="f"))
    assert code == "INVALID_PARAMETER_VALUE"
    assert said.startswith("INVALID_PARAMETER_VALUE: Presigned upload is not supported for proxied "
                           "artifact storage (artifact URI scheme: mlflow-artifacts).")
    assert "mpu/create" in said
    for both in (CreatePresignedUploadUrl(path="f"),
                 CreatePresignedUploadUrl(run_id=run, model_id="m-1", path="f")):
        assert "Exactly one of run_id and model_id" in refused(server, both)[1]
    assert refused(server, CreatePresignedUploadUrl(
        run_id="0" * 32, path="f"))[0] == "RESOURCE_DOES_NOT_EXIST"
    assert refused(server, CreatePresignedUploadUrl(
        model_id="m-" + "0" * 32, path="f"))[0] == "RESOURCE_DOES_NOT_EXIST"


def test_on_a_local_disk(service, make, tmp_path):
    server = make(service.endpoint, blobs=tmp_path / "here").start()
    run = run_with_file(server, tmp_path)
    code, said = refused(server, CreatePresignedDownloadUrl(run_id=run, path="deep/model.bin"))
    assert code == "INVALID_PARAMETER_VALUE" and "--blobs s3://" in said


def test_storage_of_others(service, make, tmp_path):
    server = make(service.endpoint).start()
    run = run_with_file(server, tmp_path, artifact_location="s3://theirs/runs")
    for message in (CreatePresignedDownloadUrl(run_id=run, path="f"),
                    CreatePresignedUploadUrl(run_id=run, path="f")):
        code, said = refused(server, message)
        assert code == "NOT_IMPLEMENTED" and "s3://theirs/runs" in said
