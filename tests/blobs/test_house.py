"""Artifacts, data, models and predictions of one server, all in a bucket."""

from serving import serve_tiny, wait_for
from test_bucket import content, fetch, put, version
from tiny_model import FEATURES, Mlflow

ROW = {"dataframe_split": {"columns": FEATURES, "data": [[1.0, 2.0]]}}


def test_artifacts_data_and_models(service, bucket, make):
    server = make(service.endpoint).start()
    tiny = Mlflow(server.http.address.geturl())
    serve_tiny(server.http, tiny, "house")
    first = server.http.predict("house", ROW)
    assert first.status == 200, first
    version(server, "d", {"f": put(server, content(3_000_000))})
    server.stop()
    assert not (server.data / "blobs/objects").exists()
    server.start()
    # The model comes from the bucket again.
    wait_for(lambda: server.http.status("house")["engine"])
    again = server.http.predict("house", ROW)
    assert again.json["predictions"] == first.json["predictions"]
    assert fetch(server, "d", "f").body == content(3_000_000)
