"""Running one operation: whatever goes wrong leaves here as a ResourcesError."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from jupyter_resources.api.operations import OPERATIONS, Operation
from jupyter_resources.core import errors
from jupyter_resources.core.errors import InvalidValue, NotFound, ResourcesError, Unauthenticated, one_line
from jupyter_resources.core.events import Reporter, silent
from jupyter_resources.resources.workspace import Workspace
from jupyter_resources.settings.resolve import nearest

__all__ = ["Unexpected", "operation", "request_of", "run"]

_LOG = logging.getLogger(__name__)


class Unexpected(ResourcesError):
    """A fault of ours. The traceback is its cause's, and in the log at level DEBUG."""

    code = "internal"


def operation(name: str) -> Operation[Any]:
    """The operation of that name; NotFound with the nearest one."""
    if name not in OPERATIONS:
        raise NotFound(
            f"no operation {name!r}", hint=nearest(name, list(OPERATIONS)) or "see api.operations.OPERATIONS"
        )
    return OPERATIONS[name]


def request_of(name: str, values: Mapping[str, Any]) -> Any:
    """The request of operation `name` made of `values`; InvalidValue says which is wrong, and doesn't repeat it."""
    try:
        return operation(name).request.model_validate(dict(values))
    except ValidationError as invalid:
        first = invalid.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        said = first["msg"].removeprefix("Value error, ")
        raise InvalidValue(f"{key}: {said[:1].lower()}{said[1:]}") from None


def run(workspace: Workspace, name: str, request: Any, report: Reporter = silent) -> Any:
    """The operation's answer. Raises ResourcesError and KeyboardInterrupt, nothing else."""
    try:
        return operation(name)(workspace, request, report)
    except Unauthenticated:
        workspace.forget_credentials()
        raise
    except ResourcesError:
        raise
    except OSError as error:
        raise _of_the_system(error) from error
    except Exception as error:  # the boundary: what isn't an error of ours yet becomes one
        _LOG.debug("%s failed", name, exc_info=error)
        where = traceback.extract_tb(error.__traceback__)[-1]
        raise Unexpected(
            f"{name} failed in a way it should not: {one_line(error)} ({Path(where.filename).name}:{where.lineno})",
            hint="please report it; logging.getLogger('jupyter_resources').setLevel('DEBUG') shows the traceback",
        ) from error


def _of_the_system(error: OSError) -> ResourcesError:
    """The operating system's refusal as ours, naming the path."""
    kinds: Mapping[type[OSError], type[ResourcesError]] = {
        FileNotFoundError: errors.NotFound,
        FileExistsError: errors.AlreadyExists,
        NotADirectoryError: errors.InvalidPath,
        IsADirectoryError: errors.InvalidPath,
        PermissionError: errors.Denied,
    }
    path = f"{error.filename}: " if error.filename is not None else ""
    said = f"{path}{error.strerror or one_line(error)}"
    for kind, ours in kinds.items():
        if isinstance(error, kind):
            return ours(said)
    return Unexpected(said)
