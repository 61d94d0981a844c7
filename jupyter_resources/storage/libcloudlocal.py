"""libcloud's local driver writes in place: a file that replaces another one whole, all the same."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from typing import Any

from libcloud.storage.base import Container

from jupyter_resources.core.errors import AlreadyExists

__all__ = ["replace_file"]

TRIES = 20


def replace_file(driver: Any, container: Container, key: str, path: str) -> Any:
    """Upload the file `path` under another name, and rename that to `key`; gives libcloud's object."""
    staged = driver.upload_object(path, container, f".jtres-{secrets.token_hex(8)}.part")
    beside = driver.get_object_cdn_url(staged)
    target = os.path.join(driver.get_container_cdn_url(container), key)
    try:
        _moved(beside, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(beside)
        raise
    return driver.get_object(container.name, key)


def _moved(beside: str, target: str) -> None:
    for turn in range(TRIES):
        try:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            os.replace(beside, target)
            return
        except (FileExistsError, NotADirectoryError):
            message = f"above {target} is a file where a directory should be"
            raise AlreadyExists(message, hint="move it away, or choose another name") from None
        except FileNotFoundError:  # a delete of the last file beside it took the directory away meanwhile
            if turn == TRIES - 1:
                raise
