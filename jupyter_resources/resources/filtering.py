"""Filters of a bucket: which keys a Bucket sees. Values, with the JSON form that other tools read."""

from __future__ import annotations

import fnmatch
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Self

from jupyter_resources.core.errors import InvalidValue

__all__ = [
    "AbstractFiltering",
    "AllFiltering",
    "AnyFiltering",
    "BucketGlobFiltering",
    "BucketPrefixFiltering",
    "BucketRegexFiltering",
    "BucketSuffixFiltering",
    "Filtering",
    "NotFiltering",
    "UnknownFiltering",
    "plain",
]


def plain(prefix: str) -> str:
    """`prefix` as a key can begin: without outer blanks, a leading slash, doubled slashes and backslashes."""
    return re.sub(r"[/\\]+", "/", prefix.strip()).lstrip("/")


class AbstractFiltering(ABC):
    """One condition on keys. Subclasses give `name`, the word for it in JSON; equal when their JSON is."""

    name: ClassVar[str]

    @abstractmethod
    def takes(self, key: str) -> bool:
        """Whether the object called `key` is seen."""

    @abstractmethod
    def to_json(self) -> Any:
        """What JSON says of it, without its name."""

    @classmethod
    @abstractmethod
    def from_json(cls, said: Any) -> Self:
        """The one that `to_json` told of. Raises InvalidValue."""

    @property
    def prefix(self) -> str:
        """What every key that it takes begins with, as far as it tells: so much needn't be listed."""
        return ""

    def __and__(self, other: AbstractFiltering) -> AllFiltering:
        return AllFiltering(self, other)

    def __or__(self, other: AbstractFiltering) -> AnyFiltering:
        return AnyFiltering(self, other)

    def __invert__(self) -> NotFiltering:
        return NotFiltering(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and self.to_json() == other.to_json()

    def __hash__(self) -> int:
        return hash((self.name, repr(self.to_json())))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.to_json()!r})"


class _OfOneText(AbstractFiltering):
    """A filter that one text says."""

    field: ClassVar[str]

    def __init__(self, text: str) -> None:
        self._text = text

    def to_json(self) -> dict[str, str]:
        return {self.field: self._text}

    @classmethod
    def from_json(cls, said: Any) -> Self:
        try:
            text = said[cls.field]
        except (TypeError, KeyError):
            text = None
        if not isinstance(text, str):
            raise InvalidValue(f"{cls.name} has no {cls.field!r}", hint=f"{{{cls.field!r}: '…'}}")
        return cls(text)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._text!r})"


class BucketPrefixFiltering(_OfOneText):
    """Keys that begin with `prefix`, letter by letter: `data` takes `data2/x` too, `data/` doesn't."""

    name, field = "prefixFiltering", "prefix"

    def takes(self, key: str) -> bool:
        return key.startswith(self.prefix)

    @property
    def prefix(self) -> str:
        """As keys are spelled: `/some//place/` is `some/place/`."""
        return plain(self._text)


class BucketSuffixFiltering(_OfOneText):
    """Keys that end with `suffix`."""

    name, field = "suffixFiltering", "suffix"

    def takes(self, key: str) -> bool:
        return key.endswith(self._text)


class BucketRegexFiltering(_OfOneText):
    """Keys that a regular expression matches from their beginning (as `re.match`). Raises InvalidValue for none."""

    name, field = "regexFiltering", "regex"

    def __init__(self, text: str) -> None:
        super().__init__(text)
        try:
            self._matches = re.compile(text).match
        except re.error as error:
            raise InvalidValue(f"{text!r} is no regular expression: {error}", hint=r".*\.csv$, for instance") from None

    def takes(self, key: str) -> bool:
        return self._matches(key) is not None


class BucketGlobFiltering(_OfOneText):
    """Keys that a pattern matches as a whole; `*` matches `/` too."""

    name, field = "globFiltering", "glob"

    def takes(self, key: str) -> bool:
        return fnmatch.fnmatchcase(key, self._text)


class _OfOthers(AbstractFiltering):
    """A filter made of others."""

    def __init__(self, *parts: AbstractFiltering) -> None:
        self.parts = parts

    def to_json(self) -> list[dict[str, Any]]:
        return [{_kind(part): part.to_json()} for part in self.parts]

    @classmethod
    def from_json(cls, said: Any) -> Self:
        if not isinstance(said, list):
            raise InvalidValue(f"{cls.name} is a list of filters", hint="[{'prefixFiltering': {'prefix': 'a/'}}, …]")
        parts = [tuple(Filtering.from_json(one)) for one in said]
        return cls(*(several[0] if len(several) == 1 else AllFiltering(*several) for several in parts))


class AllFiltering(_OfOthers):
    """Keys that all of them take."""

    name = "allFiltering"

    def takes(self, key: str) -> bool:
        return all(part.takes(key) for part in self.parts)

    @property
    def prefix(self) -> str:
        return max((part.prefix for part in self.parts), key=len, default="")


class AnyFiltering(_OfOthers):
    """Keys that one of them takes."""

    name = "anyFiltering"

    def takes(self, key: str) -> bool:
        return any(part.takes(key) for part in self.parts)


class NotFiltering(_OfOthers):
    """Keys that none of them takes."""

    name = "notFiltering"

    def takes(self, key: str) -> bool:
        return not any(part.takes(key) for part in self.parts)


class UnknownFiltering(AbstractFiltering):
    """A kind that only other tools know. It is kept, and refuses to choose: nobody knows what it would leave out."""

    name = "unknown"

    def __init__(self, kind: str, said: Any) -> None:
        self.kind, self._said = kind, said

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UnknownFiltering) and (self.kind, self._said) == (other.kind, other._said)

    __hash__ = AbstractFiltering.__hash__

    def takes(self, key: str) -> bool:
        raise InvalidValue(
            f"the filter {self.kind!r} isn't known here, so nothing tells which keys it takes",
            hint="with_filtering(…) makes a bucket with another one",
        )

    def to_json(self) -> Any:
        return self._said

    @classmethod
    def from_json(cls, said: Any) -> Self:
        return cls("unknown", said)


class Filtering:
    """The filters of one bucket, one of each kind; a key has to be taken by all. Immutable once a bucket has it."""

    def __init__(self, *parts: AbstractFiltering) -> None:
        self._parts: dict[str, AbstractFiltering] = {}
        for part in parts:
            self.append(part)

    def append(self, part: AbstractFiltering) -> None:
        """Add a condition. Another one of its kind is replaced, as in the reference; one that is made of others is
        joined with it: what was to be left out stays so.
        """
        kind = _kind(part)
        there = self._parts.get(kind)
        if isinstance(there, NotFiltering) and isinstance(part, NotFiltering):
            part = NotFiltering(*there.parts, *part.parts)
        elif isinstance(there, AllFiltering) and isinstance(part, AllFiltering):
            part = AllFiltering(*there.parts, *part.parts)
        elif isinstance(there, AnyFiltering):
            raise InvalidValue("two alternatives in one Filtering", hint="one & other, as a single filter")
        self._parts[kind] = part

    def takes(self, key: str) -> bool:
        """Whether the object called `key` is seen."""
        return all(part.takes(key) for part in self._parts.values())

    @property
    def prefix(self) -> str:
        """What every key that is seen begins with."""
        return max((part.prefix for part in self._parts.values()), key=len, default="")

    def to_json(self) -> dict[str, Any]:
        """By kind; `{}` without any."""
        return {kind: part.to_json() for kind, part in self._parts.items()}

    @classmethod
    def from_json(cls, said: Mapping[str, Any] | None) -> Filtering:
        """What `to_json` gave, here or elsewhere: kinds that aren't known here are kept. Raises InvalidValue."""
        if said is not None and not isinstance(said, Mapping):
            raise InvalidValue("filters are told by their kinds", hint="{'prefixFiltering': {'prefix': 'a/'}}")
        kinds: dict[str, type[AbstractFiltering]] = {kind.name: kind for kind in KINDS}
        found = (
            kinds[kind].from_json(one) if kind in kinds else UnknownFiltering(kind, one)
            for kind, one in (said or {}).items()
        )
        return cls(*found)

    def copied(self) -> Filtering:
        """One that nobody else can append to."""
        return Filtering(*self)

    def __iter__(self) -> Iterator[AbstractFiltering]:
        return iter(self._parts.values())

    def __len__(self) -> int:
        return len(self._parts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Filtering) and self.to_json() == other.to_json()

    def __hash__(self) -> int:
        return hash(repr(sorted(self.to_json().items(), key=repr)))

    def __repr__(self) -> str:
        return f"Filtering({', '.join(map(repr, self))})"


def _kind(part: AbstractFiltering) -> str:
    return part.kind if isinstance(part, UnknownFiltering) else part.name


KINDS = (
    BucketPrefixFiltering,
    BucketSuffixFiltering,
    BucketRegexFiltering,
    BucketGlobFiltering,
    AllFiltering,
    AnyFiltering,
    NotFiltering,
)
