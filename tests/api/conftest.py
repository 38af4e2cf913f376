"""One private PostgreSQL for the session; see tests/support/rondo_server.py."""

import pathlib
import sys


sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from services import postgres  # noqa: E402, F401

