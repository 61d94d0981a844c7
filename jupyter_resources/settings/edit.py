"""Changing the user's own settings file: comments kept, never half written, one writer at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import tomlkit
from filelock import FileLock, Timeout
from tomlkit import TOMLDocument
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Table

from jupyter_resources.core.errors import InvalidValue, TimedOut
from jupyter_resources.core.records import replace_file
from jupyter_resources.settings.resolve import resolve
from jupyter_resources.settings.sources import Layer, defaults, user_file_path

__all__ = ["edited_user_file", "subtable"]

_PATIENCE = 10.0


@contextmanager
def edited_user_file() -> Iterator[TOMLDocument]:
    """The user's file as a document to change; written when the block ends well and the result can be used."""
    path = user_file_path()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with FileLock(path.with_name(f".{path.name}.lock"), timeout=_PATIENCE):
            try:
                document = tomlkit.parse(path.read_text("utf-8"))
            except FileNotFoundError:
                document = tomlkit.document()
            except (TOMLKitError, UnicodeDecodeError) as error:
                raise InvalidValue(f"{path} is no valid TOML: {error}", hint="correct that line first") from None
            yield document
            resolve([defaults(), Layer("user file", document.unwrap(), where=str(path))])
            replace_file(path, tomlkit.dumps(document).encode())
    except Timeout:
        raise TimedOut(f"another program holds {path} since {_PATIENCE:.0f} s", hint="try again") from None


def subtable(document: TOMLDocument, name: str) -> Table:
    """The table `name` of `document`, made where it is missing (without a line of its own)."""
    table = document.get(name)
    if not isinstance(table, Table):
        table = tomlkit.table(is_super_table=True)
        document[name] = table
    return table
