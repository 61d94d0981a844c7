"""The JupyterLab server extension: REST under `/jupyter-resources/api`, served by the user's own Jupyter server."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

__all__ = ["_jupyter_server_extension_points", "_load_jupyter_server_extension"]


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "jupyter_resources.server"}]


def _load_jupyter_server_extension(serverapp: ServerApp) -> None:
    """Add the handlers to a running server; called by jupyter_server, once."""
    from jupyter_server.utils import url_path_join

    from .version import VersionHandler

    web = serverapp.web_app
    route = url_path_join(web.settings["base_url"], "jupyter-resources", "api", "version")
    web.add_handlers(".*$", [(route, VersionHandler)])
    serverapp.log.info("jupyter_resources: REST at %s", route)
