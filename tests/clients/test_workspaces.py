"""MLflow's client of workspaces: the server has one and says so, and each call ends with the same clear
refusal, before anything lands in another workspace than the one that was named."""

import mlflow
import pytest
import requests
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException


@pytest.fixture
def client(server, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    mlflow.set_tracking_uri(server.url)
    mlflow.set_registry_uri(server.url)
    yield MlflowClient()
    mlflow.set_workspace(None)


def test_a_named_workspace_is_refused_and_leaving_it_out_works(client):
    made = client.create_experiment("before")
    mlflow.set_workspace("team-a")
    for call in (lambda: client.create_experiment("in team a"), lambda: client.get_experiment(made),
                 lambda: client.create_registered_model("m"), client.search_registered_models):
        with pytest.raises(MlflowException, match="support workspaces") as error:
            call()
        assert error.value.error_code == "FEATURE_DISABLED"
    mlflow.set_workspace(None)
    assert client.get_experiment(made).name == "before"
    assert client.get_experiment_by_name("in team a") is None
    assert client.search_registered_models() == []


def test_managing_workspaces_is_refused_at_once(client):
    for call in (client.list_workspaces, lambda: client.get_workspace("team-a"),
                 lambda: client.create_workspace("team-a", description="d"),
                 lambda: client.update_workspace("team-a", description="e"),
                 lambda: client.delete_workspace("team-a")):
        with pytest.raises(MlflowException, match="workspaces are not enabled on this server") as error:
            call()
        assert error.value.error_code == "FEATURE_DISABLED"


def test_a_header_from_elsewhere_is_refused_too(client, server):
    """A proxy or a plugin may add the header where the client asks nobody."""
    asked = {"name": "by header"}
    url = f"{server.url}/api/2.0/mlflow/experiments/create"
    answer = requests.post(url, json=asked, headers={"X-MLFLOW-WORKSPACE": "team-a"}, timeout=60)
    assert answer.json()["error_code"] == "FEATURE_DISABLED" and "MLFLOW_WORKSPACE" in answer.text
    assert client.get_experiment_by_name("by header") is None
    for nothing in ({}, {"X-MLFLOW-WORKSPACE": ""}):
        asked["name"] += "."
        assert requests.post(url, json=asked, headers=nothing, timeout=60).status_code == 200
