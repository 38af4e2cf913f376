"""MLflow's own server with accounts, as a peer whose answers ours are compared with; see peer.py."""

import base64
import pathlib

from peer import MlflowServer

ADMIN, PASSWORD = "boss", "correct horse battery"

# No default rights, as with us, so that what counts is what was granted. What was verified once is
# remembered, because a password costs it 50 ms.
AUTH = f"""[mlflow]
default_permission = NO_PERMISSIONS
database_uri = sqlite:///{{folder}}/auth.db
admin_username = {ADMIN}
admin_password = {PASSWORD}
authorization_function = mlflow.server.auth:authenticate_request_basic_auth
auth_cache_ttl_seconds = 600
"""


def basic(name, password):
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


class MlflowPeer(MlflowServer):
    """With accounts when asked for."""

    def __init__(self, folder: pathlib.Path, accounts=False, **environment):
        folder.mkdir(parents=True, exist_ok=True)
        arguments = ()
        if accounts:
            (folder / "auth.ini").write_text(AUTH.format(folder=folder))
            arguments = ("--app-name", "basic-auth")
            environment |= {"MLFLOW_AUTH_CONFIG_PATH": str(folder / "auth.ini"),
                            "MLFLOW_FLASK_SERVER_SECRET_KEY": "of the tests"}
        super().__init__(folder, arguments, environment)
