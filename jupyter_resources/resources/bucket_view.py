"""How a bucket is seen: through which filtering, under which names; what listings of it tell."""

from __future__ import annotations

import fnmatch
import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from jupyter_resources.core.entry import Entry
from jupyter_resources.core.errors import InvalidPath, InvalidValue, NotFound
from jupyter_resources.core.paths import is_reserved, joined
from jupyter_resources.resources.connection import Connection
from jupyter_resources.resources.filtering import AbstractFiltering, Filtering
from jupyter_resources.resources.transformation import AbstractResourcesTransformation, ResourcesTransformation
from jupyter_resources.storage.protocol import Page
from jupyter_resources.storage.viewed import ViewedStore
from jupyter_resources.sync.digests import DigestCache, default_cache

__all__ = ["BucketView", "MissingFile", "ObjectSummary", "Usage", "as_remote"]

Transforming = ResourcesTransformation | AbstractResourcesTransformation


class MissingFile(NotFound, ValueError, KeyError):
    """The bucket has no such file (the reference documents ValueError, a mapping KeyError)."""


@dataclass(frozen=True, slots=True)
class ObjectSummary:
    """What a listing tells of one object. `e_tag` is the store's tag in quotes, as S3 gives it."""

    key: str
    size: int
    e_tag: str
    last_modified: datetime | None
    bucket_name: str


@dataclass(frozen=True, slots=True)
class Usage:
    """How many objects a bucket shows, and their bytes together."""

    objects: int
    bytes: int


@dataclass(frozen=True)
class _Names:
    """Which keys a bucket shows, under which names; never those below `.resources/`."""

    filtering: Filtering
    transformation: ResourcesTransformation

    def lead(self, shown: str) -> str | None:
        ours = "" if self.transformation.lead is None else self.transformation.lead + shown
        longer, shorter = sorted((ours, self.filtering.prefix), key=len, reverse=True)
        return longer if longer.startswith(shorter) else None

    def shown(self, key: str) -> str | None:
        if is_reserved(key) or not self.filtering.takes(key):
            return None
        return self.transformation.shown(key)

    def key(self, shown: str) -> str:
        return self.transformation.key(shown)


class BucketView:
    """What a Bucket is, what it shows, and what else can be made of it."""

    def __init__(
        self,
        connection: Connection,
        name: str,
        create: bool = True,
        filtering: Filtering | AbstractFiltering | None = None,
        resources_transformation: Transforming | None = None,
        cache_ttl: int | None = None,
        *,
        cache: DigestCache | None = None,
    ) -> None:
        """`create` makes the bucket unless it is there; `cache_ttl` is how many seconds a listing stays good (None:
        each verb lists anew). Raises BucketStorageUnavailableException, InvalidValue for a name that can't be.
        """
        self._connection, self._name = connection, name
        self._filtering = _filters(filtering)
        self._transformation = _transformations(resources_transformation)
        self._cache_ttl = cache_ttl
        self._cache = cache or default_cache()
        self._listed: tuple[float, tuple[Entry, ...]] | None = None
        self._changes = 0
        connection.check_name(name)
        if create:
            connection.make(name)

    # what it is

    @property
    def name(self) -> str:
        return self._name

    @property
    def uuid(self) -> str:
        """The bucket's name, which is what tells it from others."""
        return self._name

    @property
    def description(self) -> str:
        """The bucket's name."""
        return self._name

    @property
    def connection(self) -> Connection:
        return self._connection

    @property
    def filtering(self) -> Filtering:
        """A copy: a bucket's own never changes."""
        return self._filtering.copied()

    @property
    def resources_transformation(self) -> ResourcesTransformation:
        """A copy: a bucket's own never changes."""
        return self._transformation.copied()

    @property
    def cache_ttl(self) -> int | None:
        return self._cache_ttl

    def __repr__(self) -> str:
        more = [repr(one) for one in (self._filtering, self._transformation) if len(one)]
        return f"{type(self).__name__}({', '.join([repr(self._connection), repr(self._name), *more])})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BucketView) and self._identity == other._identity

    def __hash__(self) -> int:
        return hash(self._identity)

    @property
    def _identity(self) -> tuple[object, ...]:
        return self._connection, self._name, self._filtering, self._transformation

    def to_json(self) -> dict[str, Any]:
        """A dict ready for JSON; kinds of filters and transformations that aren't known here are in it as they came."""
        return {
            "bucketName": self._name,
            "filtering": self._filtering.to_json(),
            "resourcesTransformation": self._transformation.to_json(),
            "cacheTTLSec": self._cache_ttl,
        }

    @classmethod
    def from_json(cls, connection: Connection, json_bucket: Mapping[str, Any]) -> Self:
        """The bucket that `to_json` told of; nothing is created. Raises InvalidValue."""
        ttl = json_bucket.get("cacheTTLSec")
        if not isinstance(json_bucket.get("bucketName"), str) or not (ttl is None or isinstance(ttl, int)):
            raise InvalidValue("that is no bucket's JSON", hint="Bucket.to_json() shows the form")
        return cls(
            connection,
            json_bucket["bucketName"],
            create=False,
            filtering=Filtering.from_json(json_bucket.get("filtering")),
            resources_transformation=ResourcesTransformation.from_json(json_bucket.get("resourcesTransformation")),
            cache_ttl=ttl,
        )

    def with_filtering(self, filtering: Filtering | AbstractFiltering) -> Self:
        """A new Bucket that differs in its filtering alone."""
        return self._with(filtering=filtering)

    def with_resource_transformation(self, resource: ResourcesTransformation | AbstractResourcesTransformation) -> Self:
        """A new Bucket that differs in its transformation alone."""
        return self._with(transformation=resource)

    def with_cache_ttl(self, ttl: int | None) -> Self:
        """A new Bucket whose listings stay good for `ttl` seconds."""
        made = self._with()
        made._cache_ttl = ttl
        return made

    def _with(
        self,
        filtering: Filtering | AbstractFiltering | None = None,
        transformation: Transforming | None = None,
    ) -> Self:
        return type(self)(
            self._connection,
            self._name,
            False,
            self._filtering if filtering is None else filtering,
            self._transformation if transformation is None else transformation,
            self._cache_ttl,
            cache=self._cache,
        )

    # listings

    def list_files(self) -> list[ObjectSummary]:
        """All objects, sorted by key. Raises MissingBucketException."""
        return list(map(self._summary, self._entries()))

    def directory(self, directory: str = "") -> Iterator[ObjectSummary]:
        """Objects at or below `directory`, page by page as they are looked at."""
        wanted = as_remote(directory)
        if self._cache_ttl is not None:
            lead = f"{wanted}/" if wanted else ""
            found: Iterable[Entry] = (one for one in self._entries() if one.path == wanted or one.path.startswith(lead))
        else:
            found = (one for page in self._store.list(wanted, tree=True) for one in _sorted(page))
        return map(self._summary, found)

    def __iter__(self) -> Iterator[ObjectSummary]:
        return self.directory()

    def __len__(self) -> int:
        """How many objects there are, counted by listing them. `list(bucket)` asks for it, `list_files()` doesn't."""
        return sum(1 for _ in self.directory())

    def __bool__(self) -> bool:
        """True: a bucket without objects is one all the same."""
        return True

    def __contains__(self, remote: object) -> bool:
        try:
            return self.exists(remote.key if isinstance(remote, ObjectSummary) else str(remote))
        except InvalidPath:  # no object can be called that
            return False

    def exists(self, remote: str) -> bool:
        """Whether there is an object of that name. Raises MissingBucketException."""
        try:
            self._store.head(as_remote(remote))
        except NotFound as error:
            if type(error) is not NotFound:
                raise
            return False
        return True

    def glob(self, pattern: str) -> Iterator[ObjectSummary]:
        """Objects whose whole name matches; `*` matches `/` too."""
        literal = pattern[: min((pattern.index(one) for one in "*?[" if one in pattern), default=len(pattern))]
        lead = literal.rpartition("/")[0]
        return (one for one in self.directory(lead) if fnmatch.fnmatchcase(one.key, pattern))

    def usage(self) -> Usage:
        """Objects and bytes, counted by listing them."""
        objects = size = 0
        for one in self.directory():
            objects, size = objects + 1, size + one.size
        return Usage(objects, size)

    def update(self, flush: bool = False) -> None:
        """Forget what was listed, if it is out of date or `flush` is set."""
        if flush or not self._is_fresh():
            self._changed()

    def flush(self) -> None:
        """Nothing is pending, ever: every verb ends when its work is done."""

    # what the verbs share

    @property
    def _store(self) -> ViewedStore:
        names = _Names(self._filtering, self._transformation)
        store = self._connection.open(self._name)
        return ViewedStore(store, names, joined_location(store.location, self._transformation))

    def _is_fresh(self) -> bool:
        return (
            self._listed is not None
            and self._cache_ttl is not None
            and time.monotonic() - self._listed[0] < self._cache_ttl
        )

    def _entries(self) -> tuple[Entry, ...]:
        """All, sorted; as they were listed, while that is good."""
        listed = self._listed
        if listed is None or not self._is_fresh():
            changes, begun = self._changes, time.monotonic()
            found = sorted((one for page in self._store.list() for one in page.entries), key=lambda one: one.path)
            listed = begun, tuple(found)
            if changes == self._changes:  # else something changed while this was listed
                self._listed = listed
        return listed[1]

    def _changed(self) -> None:
        """What was listed isn't so any more."""
        self._changes += 1
        self._listed = None

    def _summary(self, entry: Entry) -> ObjectSummary:
        when = None if entry.mtime_ns is None else datetime.fromtimestamp(entry.mtime_ns / 1e9, UTC)
        return ObjectSummary(entry.path, entry.size, f'"{entry.etag or ""}"', when, self._name)

    @contextmanager
    def _missing(self, key: str) -> Iterator[None]:
        try:
            yield
        except NotFound as error:
            if type(error) is not NotFound:
                raise
            raise MissingFile(f"no {key!r} in bucket {self._name!r}", hint="list_files() shows what is there") from None


def joined_location(location: str, transformation: ResourcesTransformation) -> str:
    """Where the objects are under the names that they are given: other names are another place."""
    if not len(transformation):
        return location
    if transformation.lead is not None:
        return f"{location.rstrip('/')}/{transformation.lead}".rstrip("/")
    return f"{location}#{json.dumps(transformation.to_json(), sort_keys=True)}"


def _filters(given: Filtering | AbstractFiltering | None) -> Filtering:
    if given is None:
        return Filtering()
    return given.copied() if isinstance(given, Filtering) else Filtering(given)


def _transformations(
    given: Transforming | None,
) -> ResourcesTransformation:
    if given is None:
        return ResourcesTransformation()
    return given.copied() if isinstance(given, ResourcesTransformation) else ResourcesTransformation(given)


def as_remote(remote: str) -> str:
    """A name as it is given to a verb, without outer slashes; a backslash counts as one."""
    return joined(os.fspath(remote).replace("\\", "/"))


def _sorted(page: Page) -> list[Entry]:
    return sorted(page.entries, key=lambda one: one.path)
