"""The Workspace: settings, connections and buckets of one user in one directory, wired together here alone."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from jupyter_resources.core import location, paths
from jupyter_resources.core.errors import Denied, InvalidValue, NotFound
from jupyter_resources.settings import sources
from jupyter_resources.settings.resolve import Origin, Resolved, nearest, resolve
from jupyter_resources.settings.schema import BucketSettings, Profile
from jupyter_resources.settings.secrets import VARIABLES, Credentials, credentials
from jupyter_resources.settings.sources import Layer, Project
from jupyter_resources.storage.named import NamedStore, naming
from jupyter_resources.storage.registry import StoreSpec, check_provider, open_containers, open_store

if TYPE_CHECKING:
    from jupyter_resources.resources.bucket import Bucket
    from jupyter_resources.resources.remote_storage import RemoteStorage
    from jupyter_resources.storage.protocol import Store

__all__ = ["ResolvedBucket", "Workspace"]

_REMEMBERED = 8


@dataclass(frozen=True, slots=True)
class ResolvedBucket:
    """A bucket with everything needed to open it. `origin` tells who defined it, `credentials` where those are from."""

    name: str
    spec: StoreSpec
    base_path: str
    origin: Origin | None = None
    credentials: str = "none needed"

    @property
    def location(self) -> str:
        """Where it is, for people: a URL without credentials."""
        if self.spec.provider == "local":
            return Path(self.spec.root or "/", self.spec.bucket, self.base_path).as_uri()
        return location.url(self.spec.provider, self.spec.bucket, self.base_path)

    @property
    def sent_from(self) -> str:
        """In words where the key is from that is sent; empty where none is."""
        return self.credentials if self.spec.key else ""


class Workspace:
    """What one user works with in one directory (None: the current one, wherever it goes).

    `layers` are settings that a face hands down; they win over files and environment. Settings are read again whenever
    a file or a variable has changed, so one Workspace serves a kernel's whole life. Not for use by several threads.
    """

    def __init__(self, directory: str | os.PathLike[str] | None = None, layers: Sequence[Layer] = ()) -> None:
        self._directory = Path(directory) if directory is not None else None
        self.layers = tuple(layers)
        self._read: tuple[object, Resolved] | None = None
        self._trusted: tuple[sources.Stamp, tuple[str, ...]] | None = None
        self._credentials: dict[object, Credentials] = {}
        self._stores: dict[StoreSpec, Store] = {}

    @property
    def directory(self) -> Path:
        """Where relative paths start."""
        return Path.cwd() if self._directory is None else self._directory.absolute()

    @property
    def project(self) -> Project:
        """The project that the directory belongs to."""
        return sources.project_of(self.directory, self._trusted_directories())

    def _trusted_directories(self) -> tuple[str, ...]:
        now = sources.stamp(sources.user_file_path())
        if self._trusted is None or self._trusted[0] != now:
            self._trusted = (now, sources.trusted_directories(sources.user_file()))
        return self._trusted[1]

    @property
    def resolved(self) -> Resolved:
        """The settings in force, and where each came from. InvalidValue where one can't be."""
        project = self.project
        variables = {name: text for name, text in os.environ.items() if name.startswith(sources.ENVIRONMENT_PREFIX)}
        files = (sources.user_file_path(), project.root / sources.PROJECT_FILE, project.root / "pyproject.toml")
        # Of variables only a hash is kept: some hold secrets.
        state = (
            project,
            hash(tuple(sorted(variables.items()))),
            self.layers,
            sources.defaults(),
            [sources.stamp(file) for file in files],
            files,
        )
        if self._read is None or self._read[0] != state:
            layers = [
                sources.defaults(),
                sources.user_file(),
                sources.project_file(project),
                sources.environment(variables),
                *self.layers,
            ]
            self._read = (state, resolve(layers))
        return self._read[1]

    @property
    def project_name(self) -> str:
        """What keeps this project's files apart from others' in a shared bucket: `<name>-<id>`."""
        own, project = self.resolved.settings.project, self.project
        return f"{own.name or project.name}-{own.id or project.id}"

    def bucket_names(self) -> list[str]:
        """The buckets that settings name, the default one first."""
        settings = self.resolved.settings
        return sorted(settings.buckets, key=lambda name: (name != settings.default_bucket, name))

    def resolve_bucket(self, name_or_url: str | None = None) -> ResolvedBucket:
        """The bucket of that name, or at that URL or directory; None is the default one.

        Raises NotFound for an unknown name, Unauthenticated without credentials, and Denied where credentials would go
        to a server that only the project's file names.
        """
        wanted = name_or_url or self.resolved.settings.default_bucket
        if location.is_location(wanted):
            return self._at(wanted, location.parse(wanted))
        bucket = self._bucket(wanted)
        origin = self.resolved.explain(f"buckets.{wanted}.bucket")
        return self._opened(wanted, self._profile(bucket.profile), bucket, origin)

    def remote_storage(self, name_or_url: str | None = None) -> RemoteStorage:
        """The bucket's files, ready to push and pull. The built-in default bucket is made on first use."""
        from jupyter_resources.resources.config import RemoteStorageConfig
        from jupyter_resources.resources.remote_storage import RemoteStorage

        found = self._made(name_or_url)
        spec = found.spec
        address = urlsplit(spec.endpoint or "")
        config = RemoteStorageConfig(
            provider=spec.provider,
            key=(spec.root if spec.provider == "local" else spec.key) or "",
            bucket=spec.bucket,
            secret=spec.secret or "",
            region=spec.region,
            host=address.hostname,
            port=address.port,
            base_path=found.base_path,
            secure=address.scheme != "http",
        )
        return RemoteStorage(config, store=self._store(found), place=self._place(found.name))

    def bucket(self, name_or_url: str | None = None) -> Bucket:
        """The same place with the verbs on single objects: a Bucket that shows what lies below the base path."""
        from jupyter_resources.resources.bucket import Bucket
        from jupyter_resources.resources.connection import Connection
        from jupyter_resources.resources.transformation import PrefixResourcesTransformation

        found = self._made(name_or_url)
        below = PrefixResourcesTransformation(f"{found.base_path}/") if found.base_path else None
        connection = Connection.of(found.spec, self._store(found))
        return Bucket(connection, found.spec.bucket, create=False, resources_transformation=below)

    def _made(self, name_or_url: str | None) -> ResolvedBucket:
        found = self.resolve_bucket(name_or_url)
        if found.origin is not None and found.origin.source == "default":
            containers = open_containers(found.spec)
            if not containers.exists(found.spec.bucket):
                containers.create(found.spec.bucket)
        return found

    def seen_below(self, directory: str, name_or_url: str | None = None) -> list[str]:
        """Names right in `directory` of the bucket, as the last listings showed them; those of directories end in `/`.

        Asks neither a server nor for credentials, so it may be out of date. NotFound for an unknown name.
        """
        from jupyter_resources.resources.seen import default_names

        name = name_or_url or self.resolved.settings.default_bucket
        base_path = self._unopened(name)[1].base_path.replace("{project}", self.project_name)
        return default_names().below(self._place(name), paths.joined(base_path, directory))

    def create_bucket(self, name_or_url: str) -> ResolvedBucket:
        """Make the container that a configured bucket names. AlreadyExists where there is one."""
        found = self.resolve_bucket(name_or_url)
        with naming(found.name, found.sent_from):
            open_containers(found.spec).create(found.spec.bucket)
        return found

    def add_bucket(
        self, name: str, url: str, *, profile: str | None = None, connection: Mapping[str, str] | None = None
    ) -> BucketSettings:
        """Keep a bucket under `name` in the user's file, reached by an existing `profile` or by a new one.

        `connection` holds the new profile's settings (endpoint, region, …); it gets the bucket's name.
        """
        if not location.is_location(url):
            raise InvalidValue(
                f"{url!r} is no bucket URL", hint="s3://bucket/path, gs://…, az://… or a directory: ./path"
            )
        place = location.parse(url)
        if place.directory is not None:
            place = replace(place, directory=self.directory / place.directory)
        from jupyter_resources.resources import bucket_settings

        return bucket_settings.add(self.resolved, name, place, profile=profile, connection=connection or {})

    def remove_bucket(self, name: str) -> list[str]:
        """Forget a bucket of the user's file; its data stays. Gives the keys that were removed."""
        from jupyter_resources.resources import bucket_settings

        self._bucket(name)
        return bucket_settings.remove(self.resolved, name)

    def trust_profile(self, name: str) -> Profile:
        """Copy a profile of the project's file into the user's own, as it is now, so that it may get credentials; of a
        directory also the buckets in it, since each is a place of its own.
        """
        from jupyter_resources.resources import bucket_settings

        profile = self._profile(name)
        if profile.root is not None:
            # Written as the directory that it is: in another project `store` would be another one.
            profile = profile.model_copy(update={"root": self._root_of(profile.root)})
        if self.resolved.is_foreign("profiles", name):
            buckets = self.resolved.settings.buckets.items() if profile.provider == "local" else ()
            on_it = {each: bucket for each, bucket in buckets if bucket.profile == name}
            bucket_settings.trust(name, profile, on_it)
        return profile

    def forget_credentials(self) -> None:
        """Look credentials up again the next time (a server refused them)."""
        self._credentials.clear()
        self._stores.clear()

    def _unopened(self, name_or_url: str) -> tuple[Profile, BucketSettings]:
        """What settings say of the bucket, and nothing else."""
        if not location.is_location(name_or_url):
            bucket = self._bucket(name_or_url)
            return self._profile(bucket.profile), bucket
        place = location.parse(name_or_url)
        if place.directory is not None:
            directory = Path(os.path.realpath(self.directory / place.directory))
            local = Profile(provider="local", root=str(directory.parent))
            return local, BucketSettings(profile="local", bucket=directory.name or "/")
        name = place.profile or place.provider
        profile = self.resolved.settings.profiles.get(name) or Profile(provider=place.provider)
        return profile, BucketSettings(profile=name, bucket=place.bucket, base_path=place.path)

    def _place(self, name_or_url: str) -> str:
        """What the index of seen names calls the bucket. Accounts are told apart by their profiles: to ask for the key
        may mean to ask the keyring, which may ask the user.
        """
        from jupyter_resources.resources.seen import place_of

        profile, bucket = self._unopened(name_or_url)
        root = self._root_of(profile.root) if profile.root is not None else None
        return place_of(profile.provider, root or profile.endpoint, bucket.bucket, f"profile {bucket.profile}")

    def _at(self, text: str, place: location.Location) -> ResolvedBucket:
        from jupyter_resources.resources.bucket_settings import check_scheme

        if place.directory is not None:
            directory = Path(os.path.realpath(self.directory / place.directory))
            if not directory.is_dir():
                # Made silently, a mistyped name or a disk that isn't mounted would swallow the copy.
                raise NotFound(f"no directory {str(directory)!r}", hint=f"mkdir -p '{directory}', then again")
            return ResolvedBucket(
                text, StoreSpec(provider="local", root=str(directory.parent), bucket=directory.name), ""
            )
        name = place.profile or place.provider
        if name in self.resolved.settings.profiles or place.profile:
            profile = self._profile(name)
        else:
            profile = Profile(provider=place.provider)
        check_scheme(name, profile, place)
        # Whether credentials may go there is asked of the profile, not of the URL: that is the user's own word.
        bucket = BucketSettings(profile=name, bucket=place.bucket, base_path=place.path)
        return self._opened(text, profile, bucket, None)

    def _opened(self, name: str, profile: Profile, bucket: BucketSettings, origin: Origin | None) -> ResolvedBucket:
        base_path = bucket.base_path.replace("{project}", self.project_name).strip("/")
        if base_path:
            paths.check(base_path)
        if profile.provider == "local":
            foreign = origin is not None and self.resolved.is_foreign("buckets", name)
            return ResolvedBucket(name, self._local(profile, bucket, base_path, foreign=foreign), base_path, origin)
        check_provider(profile.provider)
        found = self._look_up(bucket.profile, profile)
        spec = StoreSpec(
            provider=profile.provider,
            bucket=bucket.bucket,
            endpoint=profile.endpoint,
            region=profile.region or found.region,
            key=found.key or None,
            secret=found.secret.reveal() or None,
            token=found.token.reveal() or None,
            etags=profile.etags,
        )
        return ResolvedBucket(name, spec, base_path, origin, found.origin)

    def _local(self, profile: Profile, bucket: BucketSettings, base_path: str, *, foreign: bool) -> StoreSpec:
        """Where a bucket of a directory is. What came with a clone (`foreign`) stays inside the project, also when it
        names a directory of the user's: below a home lie `.ssh` and the like. Only the built-in place is free to all.
        """
        if profile.root is None or "/" in bucket.bucket or paths.problem(bucket.bucket):
            place = Path(profile.root or "/directory", bucket.bucket)
            fix = f"root = {str(place.parent)!r} under [profiles.{bucket.profile}] and bucket = {place.name!r}"
            raise InvalidValue(
                f"profile {bucket.profile!r} is a directory: its root says which, and a bucket is a name right in it",
                hint=f"{fix}; or, without a profile: %buckets add NAME {place}",
            )
        project = os.path.realpath(self.project.root)
        root = self._root_of(profile.root)
        theirs = self.resolved.is_foreign("profiles", bucket.profile)
        built_in = self.resolved.explain(f"profiles.{bucket.profile}.root").source == "default"
        if theirs or (foreign and not built_in):
            there = os.path.realpath(Path(root, bucket.bucket, base_path))
            if Path(project) not in Path(there).parents:
                trust = f"%buckets trust {bucket.profile}" if theirs else f"%buckets add NAME {there}"
                raise Denied(
                    f"the project's file would use {there}, which is outside the project",
                    hint=f"if that is right: {trust}",
                )
        return StoreSpec(provider="local", root=root, bucket=bucket.bucket)

    def _root_of(self, root: str) -> str:
        return os.path.realpath(Path(self.project.root, Path(root).expanduser()))

    def _look_up(self, name: str, profile: Profile) -> Credentials:
        if name in self.resolved.settings.profiles and self.resolved.is_foreign("profiles", name):
            place = profile.endpoint or f"the provider {profile.provider}"
            raise Denied(
                f"profile {name!r} comes with the project's file and would get your credentials and files for {place}",
                hint=f"if you trust it: %buckets trust {name}",
            )
        aws = Path.home() / ".aws"
        files = (sources.config_directory() / "credentials.toml", aws / "credentials", aws / "config")
        variables = sorted(item for item in os.environ.items() if item[0].startswith(VARIABLES))
        state = (name, profile, hash(tuple(variables)), tuple(sources.stamp(file) for file in files))
        if state not in self._credentials:
            kept = list(self._credentials.items())[-_REMEMBERED + 1 :]
            self._credentials = {**dict(kept), state: credentials(name, profile)}
        return self._credentials[state]

    def _store(self, bucket: ResolvedBucket) -> Store:
        spec = bucket.spec
        if spec not in self._stores:
            self._stores = {**dict(list(self._stores.items())[-_REMEMBERED + 1 :]), spec: open_store(spec)}
        store = self._stores[spec]
        return store if spec.provider == "local" else NamedStore(store, bucket.name, bucket.sent_from)

    def _bucket(self, name: str) -> BucketSettings:
        known = self.resolved.settings.buckets
        if name not in known:
            hint = nearest(name, list(known)) or (f"a directory is written ./{name}" if Path(name).is_dir() else "")
            raise NotFound(f"no bucket named {name!r}", hint=f"{hint}; %buckets lists them".removeprefix("; "))
        return known[name]

    def _profile(self, name: str) -> Profile:
        known = self.resolved.settings.profiles
        if name not in known:
            hint = nearest(name, list(known)) or f"known are {', '.join(known)}"
            raise NotFound(f"no profile named {name!r}", hint=hint)
        return known[name]
