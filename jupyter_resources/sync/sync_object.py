"""SyncObject: one file on both sides, as a summary shows it."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol, runtime_checkable

from jupyter_resources.core.errors import AlreadyExists, InvalidValue
from jupyter_resources.core.hashing import Hasher

__all__ = ["RemoteObjectProtocol", "SyncObject"]


@runtime_checkable
class RemoteObjectProtocol(Protocol):
    """A remote object: its full key, size in bytes, hash as the provider tells it, provider, and a way to get it."""

    name: str
    size: int
    hash: str
    provider: str

    def download(self, download_path: str, overwrite_existing: bool = False) -> RemoteObjectProtocol | None: ...


class SyncObject:
    """One file on both sides. Made by transfers, for looking at before and after them.

    Attributes: `local_path` (absolute, or None), `exists_locally`, `local_size` (bytes), `local_hash` (MD5 hex,
    computed when first asked for), `remote_obj`, `remote_path` (full key), `remote_hash`, `state` (the step's action)
    and `reason`.
    """

    _telling = threading.RLock()
    _untold: tuple[Any, ...]

    def __init__(
        self,
        local_path: str | os.PathLike[str] | None = None,
        remote_obj: RemoteObjectProtocol | None = None,
        remote_path: str | None = None,
        *,
        remote_obj_overridden_md5_hash: str | None = None,
        local_hash: str | None = None,
        equal: bool | None = None,
    ) -> None:
        """Raises InvalidValue without any remote name, or with two that disagree; FileExistsError for a directory."""
        if local_path is None and remote_obj is None:
            raise InvalidValue("Either a local path or a remote object is needed", hint="pass local_path or remote_obj")
        if remote_path is None and remote_obj is None:
            raise InvalidValue("Either a remote path or a remote object is needed", hint="pass remote_path")
        named = remote_path.lstrip("/") if remote_path is not None else None
        known = remote_obj.name.lstrip("/") if remote_obj is not None else None
        if named is not None and known is not None and named != known:
            raise InvalidValue(f"The remote paths don't agree: {named!r} and {known!r}", hint="leave out remote_path")
        self.remote_obj = remote_obj
        self.remote_path: str = named if named is not None else known or ""
        self.remote_hash = remote_obj_overridden_md5_hash or (remote_obj.hash if remote_obj is not None else None)
        self.local_path: str | None = None
        self.exists_locally = False
        self.local_size = 0
        self.state = ""
        self.reason = ""
        self._local_hash = local_hash
        self._equal = equal
        self.set_local_path(local_path)
        self._measured = _file_at(local_path)
        if self._measured is not None:
            self.local_size = os.path.getsize(self._measured)

    @classmethod
    def planned(cls, facts: Callable[..., Mapping[str, Any]], *what: Any) -> SyncObject:
        """One whose facts a listing already gave: `facts(*what)` tells them when they are first asked for.

        A transfer makes one for each file, and most of a million are never looked at. The facts are `remote_obj`,
        `remote_path`, `local_path`, `exists_locally`, `local_size`, `local_hash`, `equal`, `state` and `reason`.
        """
        self = cls.__new__(cls)
        self._untold = (facts, *what)
        return self

    def _tell(self) -> None:
        with SyncObject._telling:
            if (untold := self.__dict__.get("_untold")) is not None:
                facts, *what = untold
                self._take(facts(*what))
                del self.__dict__["_untold"]

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("__"):
            self._tell()
        if name not in self.__dict__:
            raise AttributeError(f"a SyncObject has no {name!r}")
        return self.__dict__[name]

    def _take(self, facts: Mapping[str, Any]) -> None:
        remote, local = facts["remote_obj"], facts["local_path"]
        told = {
            "remote_obj": remote,
            "remote_path": facts["remote_path"],
            "remote_hash": remote.hash if remote is not None else None,
            "local_path": local,
            "exists_locally": facts["exists_locally"],
            "local_size": facts["local_size"],
            "state": facts["state"],
            "reason": facts["reason"],
            "_local_hash": facts["local_hash"],
            "_equal": facts["equal"],
            "_measured": local if facts["exists_locally"] else None,
        }
        for name, value in told.items():
            self.__dict__.setdefault(name, value)  # what somebody has set by now stays

    def __getstate__(self) -> dict[str, Any]:
        self._tell()
        return dict(self.__dict__)

    def __dir__(self) -> Iterable[str]:
        self._tell()
        return super().__dir__()

    @property
    def name(self) -> str:
        """The full remote path."""
        return self.remote_path

    @property
    def exists_on_remote(self) -> bool:
        return self.remote_obj is not None

    @property
    def exists_on_target(self) -> bool:
        """Whether the file exists on both sides (the documented meaning, in spite of the name)."""
        return self.exists_on_remote and self.exists_locally

    @property
    def local_hash(self) -> str | None:
        """MD5 of the local file that this was made for, read when first asked for; None without a file."""
        if self._local_hash is None and self._measured is not None:
            hasher = Hasher(sha256=False)
            with open(self._measured, "rb") as stream:
                while chunk := stream.read(1 << 20):
                    hasher.update(chunk)
            self._local_hash = hasher.md5
        return self._local_hash

    @property
    def equal_md5_hash_sum(self) -> bool:
        """Whether both sides exist with equal content, by whatever digest they could be compared."""
        if not self.exists_on_target:
            return False
        if self._equal is not None:
            return self._equal
        return self.local_hash == self.remote_hash

    def set_local_path(self, path: str | os.PathLike[str] | None) -> None:
        """Point to another local file; None does nothing. Size and hash stay those of the first. AlreadyExists for a
        directory."""
        if path is None:
            return
        absolute = os.path.abspath(os.fspath(path))
        if os.path.isdir(absolute):
            raise AlreadyExists(
                f"local_path needs to be a file, but points to a directory: {absolute}", hint="name a file in it"
            )
        self.local_path = absolute
        self.exists_locally = os.path.isfile(absolute)

    def to_dict(self, make_serializable: bool = True) -> dict[str, Any]:
        """Attributes and properties; with `make_serializable` the remote object as plain facts. Changes nothing."""
        remote = self.remote_obj
        shown: Any = remote
        if make_serializable and remote is not None:
            shown = {"name": remote.name, "size": remote.size, "hash": remote.hash, "provider": str(remote.provider)}
        return {
            "name": self.name,
            "state": self.state,
            "reason": self.reason,
            "local_path": self.local_path,
            "exists_locally": self.exists_locally,
            "local_size": self.local_size,
            "local_hash": self._local_hash,
            "remote_obj": shown,
            "remote_path": self.remote_path,
            "remote_hash": self.remote_hash,
            "exists_on_remote": self.exists_on_remote,
            "exists_on_target": self.exists_on_target,
            "equal_md5_hash_sum": self._equal if self._equal is not None else self.equal_md5_hash_sum,
        }

    def to_json(self) -> str:
        """`to_dict` as JSON, indented by 2, keys sorted."""
        return json.dumps(self.to_dict(), indent=2, sort_keys=True)

    def __repr__(self) -> str:
        return f"SyncObject({self.remote_path!r}, {self.state or 'unplanned'}: {self.reason})"


def _file_at(path: str | os.PathLike[str] | None) -> str | None:
    return os.path.abspath(path) if path is not None and os.path.isfile(path) else None
