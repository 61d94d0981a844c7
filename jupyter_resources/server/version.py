"""GET /version: which jupyter_resources this server runs, so that a front end can tell a mismatch."""

from __future__ import annotations

import json
from importlib import metadata

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web

__all__ = ["VersionHandler"]


class VersionHandler(APIHandler):
    """Answers `{"version": …}` to whoever may read `resources`."""

    auth_resource = "resources"

    @web.authenticated
    @authorized
    def get(self) -> None:
        self.finish(json.dumps({"version": metadata.version("jupyter_resources")}))
