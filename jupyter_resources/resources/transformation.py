"""Transformations of a bucket: under which names a Bucket shows its objects."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Self

from jupyter_resources.core.errors import InvalidValue
from jupyter_resources.resources.filtering import plain

__all__ = [
    "AbstractResourcesTransformation",
    "PrefixResourcesTransformation",
    "ResourcesTransformation",
    "UnknownTransformation",
]


class AbstractResourcesTransformation(ABC):
    """One rule that gives an object another name here, and takes it back for what is pushed."""

    name: ClassVar[str]

    @abstractmethod
    def shown(self, key: str) -> str | None:
        """What the object `key` is called here; None for one that isn't seen. No two may get one name."""

    @abstractmethod
    def key(self, shown: str) -> str:
        """The key of what is called `shown` here: the inverse of `shown`."""

    @abstractmethod
    def to_json(self) -> Any:
        """What JSON says of it, without its name."""

    @classmethod
    @abstractmethod
    def from_json(cls, said: Any) -> Self:
        """The one that `to_json` told of. Raises InvalidValue."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and self.to_json() == other.to_json()

    def __hash__(self) -> int:
        return hash((self.name, repr(self.to_json())))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.to_json()!r})"


class PrefixResourcesTransformation(AbstractResourcesTransformation):
    """`prefix` is left out of every name, and put before what is pushed. What doesn't begin with it isn't seen: two
    objects would have one name.
    """

    name = "stripPrefix"

    def __init__(self, prefix: str) -> None:
        self._said, self._prefix = prefix, plain(prefix)

    def shown(self, key: str) -> str | None:
        return key[len(self._prefix) :] if key.startswith(self._prefix) else None

    def key(self, shown: str) -> str:
        return self._prefix + shown

    def to_json(self) -> dict[str, str]:
        return {"prefix": self._said}

    @classmethod
    def from_json(cls, said: Any) -> Self:
        prefix = said.get("prefix") if isinstance(said, Mapping) else None
        if not isinstance(prefix, str):
            raise InvalidValue("stripPrefix has no 'prefix'", hint="{'prefix': 'a/'}")
        return cls(prefix)

    def __repr__(self) -> str:
        return f"PrefixResourcesTransformation({self._said!r})"


class UnknownTransformation(AbstractResourcesTransformation):
    """A kind that only other tools know: kept, and refusing to name anything."""

    name = "unknown"

    def __init__(self, kind: str, said: Any) -> None:
        self.kind, self._said = kind, said

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UnknownTransformation) and (self.kind, self._said) == (other.kind, other._said)

    __hash__ = AbstractResourcesTransformation.__hash__

    def shown(self, key: str) -> str | None:
        raise self._refused()

    def key(self, shown: str) -> str:
        raise self._refused()

    def to_json(self) -> Any:
        return self._said

    @classmethod
    def from_json(cls, said: Any) -> Self:
        return cls("unknown", said)

    def _refused(self) -> InvalidValue:
        return InvalidValue(
            f"the transformation {self.kind!r} isn't known here, so nothing tells what objects are called",
            hint="with_resource_transformation(…) makes a bucket with another one",
        )


class ResourcesTransformation:
    """The transformations of one bucket, one of each kind, in their order."""

    def __init__(self, *parts: AbstractResourcesTransformation) -> None:
        self._parts: dict[str, AbstractResourcesTransformation] = {}
        for part in parts:
            self.append(part)

    def append(self, part: AbstractResourcesTransformation) -> None:
        """Add a rule; another one of its kind is replaced."""
        self._parts[part.kind if isinstance(part, UnknownTransformation) else part.name] = part

    def shown(self, key: str) -> str | None:
        """What the object `key` is called here; None for one that isn't seen."""
        name: str | None = key
        for part in self._parts.values():
            if name is None:
                return None
            name = part.shown(name)
        return name

    @property
    def lead(self) -> str | None:
        """What is put before every name, if that is all that is done; else None."""
        return self.key("") if all(type(part) is PrefixResourcesTransformation for part in self) else None

    def key(self, shown: str) -> str:
        """The key of what is called `shown` here."""
        for part in reversed(self._parts.values()):
            shown = part.key(shown)
        return shown

    def to_json(self) -> dict[str, Any]:
        """By kind; `{}` without any."""
        return {kind: part.to_json() for kind, part in self._parts.items()}

    @classmethod
    def from_json(cls, said: Mapping[str, Any] | None) -> ResourcesTransformation:
        """What `to_json` gave, here or elsewhere: kinds that aren't known here are kept. Raises InvalidValue."""
        if said is not None and not isinstance(said, Mapping):
            raise InvalidValue("transformations are told by their kinds", hint="{'stripPrefix': {'prefix': 'a/'}}")
        return cls(
            *(
                PrefixResourcesTransformation.from_json(one)
                if kind == PrefixResourcesTransformation.name
                else UnknownTransformation(kind, one)
                for kind, one in (said or {}).items()
            )
        )

    def copied(self) -> ResourcesTransformation:
        """One that nobody else can append to."""
        return ResourcesTransformation(*self)

    def __iter__(self) -> Iterator[AbstractResourcesTransformation]:
        return iter(self._parts.values())

    def __len__(self) -> int:
        return len(self._parts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ResourcesTransformation) and list(self) == list(other)  # their order counts

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"ResourcesTransformation({', '.join(map(repr, self))})"
