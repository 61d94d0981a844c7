"""How to compare two sides and what may be done about a difference."""

from __future__ import annotations

from dataclasses import dataclass, replace

__all__ = ["MIRROR", "PUSH", "Policy"]


@dataclass(frozen=True, slots=True)
class Policy:
    """What a transfer may do. The default copies what is new and refuses to touch what differs."""

    overwrite: bool = False  # replace files that differ, instead of a conflict
    delete: bool = False  # remove what the source doesn't have
    allow_empty: bool = False  # let an empty source empty the target
    verify: bool = False  # trust no recorded digest: read both sides again
    reuse: bool = True  # copy within the target what it holds already, instead of sending it
    folds_case: bool = False  # the target takes `A` and `a` for one file

    def but(self, **changes: bool) -> Policy:
        """The same policy with some answers changed."""
        return replace(self, **changes)


PUSH = Policy()
"""Push and pull alike: the direction is the order of the two sides."""
MIRROR = Policy(overwrite=True, delete=True)
