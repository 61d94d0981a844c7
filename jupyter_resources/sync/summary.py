"""The public, mutable face of a plan and its outcome: TransactionSummary, with a SyncObject for each file."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from jupyter_resources.core.control import Control
from jupyter_resources.core.errors import InvalidValue, NotFound, ResourcesError, one_line
from jupyter_resources.core.events import Reporter, silent
from jupyter_resources.sync.applying import Applying
from jupyter_resources.sync.sync_object import RemoteObjectProtocol, SyncObject

__all__ = ["RemoteObjectProtocol", "SyncObject", "TransactionSummary"]

Direction = Literal["push", "pull", "sync"]
_Apply = Callable[[Applying], "TransactionSummary"]


@dataclass(repr=False)
class TransactionSummary:
    """What a push, pull or sync would do or did. Made by transfers, for looking at.

    The lists up to `synced_files` are what was planned, as documented; from `copied` on they say what happened, with
    `requests` counted by verb. `skipped_source_files` are the files left out, each with its `reason`. `source` and
    `target` say between which places; `base_path` is what every remote name begins with.
    """

    matched_source_files: list[SyncObject] = field(default_factory=list)
    not_on_target: list[SyncObject] = field(default_factory=list)
    on_target_eq_md5: list[SyncObject] = field(default_factory=list)
    on_target_neq_md5: list[SyncObject] = field(default_factory=list)
    unresolvable_collisions: dict[str, list[RemoteObjectProtocol] | str] = field(default_factory=dict)
    skipped_source_files: list[SyncObject] = field(default_factory=list)
    synced_files: list[SyncObject] = field(default_factory=list)
    sync_direction: Direction | None = None
    copied: list[SyncObject] = field(default_factory=list)
    reused: list[SyncObject] = field(default_factory=list)
    deleted: list[SyncObject] = field(default_factory=list)
    to_delete: list[SyncObject] = field(default_factory=list)
    failed: dict[str, ResourcesError] = field(default_factory=dict)
    bytes_moved: int = 0
    seconds: float = 0.0
    requests: dict[str, int] = field(default_factory=dict)
    dryrun: bool = False
    interrupted: bool = False
    source: str = ""
    target: str = ""
    base_path: str = ""
    started: bool = False

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "sync_direction" and value not in ("push", "pull", "sync", None):
            raise InvalidValue(f"sync_direction can't be {value!r}", hint="'push', 'pull', 'sync' or None")
        super().__setattr__(name, value)

    @property
    def files_to_sync(self) -> list[SyncObject]:
        """What needs to be copied: not on the target, then different on the target."""
        return self.not_on_target + self.on_target_neq_md5

    def size_files_to_sync(self) -> int:
        """Bytes of `files_to_sync`: local sizes for a push or sync, remote sizes for a pull.

        Raises RuntimeError while `sync_direction` is None; FileNotFoundError if a file to push is gone meanwhile.
        """
        if self.sync_direction is None:
            raise RuntimeError("sync_direction is not set: it is 'push' or 'pull' in the summary of a transfer")
        if self.sync_direction == "pull":
            return sum(one.remote_obj.size for one in self.files_to_sync if one.remote_obj is not None)
        for one in self.files_to_sync:
            if not self.synced_files and one.local_path is not None and not os.path.exists(one.local_path):
                raise NotFound(f"{one.local_path} is gone since it was listed", hint="make the plan again")
        return sum(one.local_size for one in self.files_to_sync)

    @property
    def requires_force(self) -> bool:
        """Whether only `force=True` lets the transaction succeed."""
        return len(self.on_target_neq_md5) > 0

    @property
    def has_unresolvable_collisions(self) -> bool:
        """Whether a name is a file on one side and a directory on the other, which force doesn't settle."""
        return len(self.unresolvable_collisions) > 0

    @property
    def all_files_analyzed(self) -> list[SyncObject]:
        """Every source file that was looked at: skipped, then matched."""
        return self.skipped_source_files + self.matched_source_files

    def add_entry(
        self,
        synced_object: SyncObject | str | os.PathLike[str],
        collides_with: Sequence[RemoteObjectProtocol] | str | None = None,
        skip: bool = False,
    ) -> None:
        """File `synced_object` (or the path of a local file, taken as its remote name too) under what it needs."""
        if isinstance(synced_object, str | os.PathLike):
            path = os.fspath(synced_object)
            synced_object = SyncObject(path, remote_path=path.replace(os.sep, "/"))
        if skip:
            self.skipped_source_files.append(synced_object)
            return
        self.matched_source_files.append(synced_object)
        if collides_with:
            self.unresolvable_collisions[synced_object.name] = (
                collides_with if isinstance(collides_with, str) else list(collides_with)
            )
        elif not synced_object.exists_on_target:
            self.not_on_target.append(synced_object)
        elif synced_object.equal_md5_hash_sum:
            self.on_target_eq_md5.append(synced_object)
        else:
            self.on_target_neq_md5.append(synced_object)

    def apply(
        self,
        *,
        force: bool = False,
        fresh: bool = False,
        report: Reporter = silent,
        control: Control | None = None,
    ) -> TransactionSummary:
        """Do exactly what this dry run showed, and return what happened; `force` also overwrites what differs.

        Whoever holds `control` can cancel it from another thread: it ends as Ctrl-C would end it, with Interrupted.

        Raises InvalidValue if this is no dry run, Changed if either side is no longer what the dry run saw (not looked
        at again if it is `fresh`: each write still carries what it expects to find), and what the transfer raises.
        """
        done_by: _Apply | None = self.__dict__.get("_apply")
        if done_by is None:
            raise InvalidValue("only a dry run can be applied", hint="make one: push(…, dryrun=True), or %push … -n")
        return done_by(Applying(force, fresh, report, control or Control()))

    def can_be_applied_by(self, apply: _Apply) -> None:
        """What `apply` will call."""
        self.__dict__["_apply"] = apply

    def unfinished(self) -> TransactionSummary:
        """A new summary of the same transfer, with nothing in it yet."""
        return TransactionSummary(
            sync_direction=self.sync_direction, source=self.source, target=self.target, base_path=self.base_path
        )

    def __getstate__(self) -> dict[str, Any]:
        """Without the way to apply it: that is only good where it was made."""
        return {name: value for name, value in self.__dict__.items() if name != "_apply"}

    def get_short_summary_dict(self) -> dict[str, Any]:
        """Counts: direction, files to sync, their bytes, collisions, synced files."""
        return {
            "sync_direction": self.sync_direction,
            "files_to_sync": len(self.files_to_sync),
            "total_size": self.size_files_to_sync(),
            "unresolvable_collisions": len(self.unresolvable_collisions),
            "synced_files": len(self.synced_files),
        }

    def print_short_summary(self) -> None:
        """Print `get_short_summary_dict` as JSON."""
        print(json.dumps(self.get_short_summary_dict(), indent=2))  # noqa: T201 - the documented behaviour

    def to_dict(self, make_serializable: bool = True) -> dict[str, Any]:
        """Every member; with `make_serializable` only plain values. Changes nothing."""
        shown: dict[str, Any] = {}
        for each in dataclasses.fields(self):
            value = getattr(self, each.name)
            if each.name == "failed":
                value = {path: one_line(error) for path, error in value.items()}
            elif each.name == "unresolvable_collisions" and make_serializable:
                value = {
                    name: others if isinstance(others, str) else [one.name for one in others]
                    for name, others in value.items()
                }
            elif isinstance(value, list):
                value = [one.to_dict(make_serializable) for one in value]
            shown[each.name] = value
        return shown

    def to_json(self) -> str:
        """`to_dict` as JSON, indented by 2, keys sorted."""
        return json.dumps(self.to_dict(), indent=2, sort_keys=True)

    def __repr__(self) -> str:
        state = "dry run" if self.dryrun else "interrupted" if self.interrupted else "done"
        return (
            f"TransactionSummary({self.sync_direction}, {state}: {len(self.synced_files)} synced of "
            f"{len(self.files_to_sync)} to sync, {len(self.on_target_eq_md5)} equal, "
            f"{len(self.skipped_source_files)} skipped, {len(self.unresolvable_collisions)} collisions, "
            f"{len(self.deleted)} deleted, {len(self.failed)} failed)"
        )
