"""Bucket: the verbs on single objects of a bucket, and on directories of them."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import IO, cast

from jupyter_resources.core.control import Control
from jupyter_resources.core.errors import AlreadyExists, Changed, Incomplete, InvalidValue, NotFound, Unsupported
from jupyter_resources.core.paths import check, is_reserved, joined
from jupyter_resources.resources.bucket_view import BucketView, MissingFile, ObjectSummary, Usage, as_remote
from jupyter_resources.resources.connection import MissingBucketException
from jupyter_resources.resources.mirroring import Mirroring, Place
from jupyter_resources.resources.object_file import ObjectFile, ObjectWriter
from jupyter_resources.resources.progress import Progress, told
from jupyter_resources.storage.bodies import BytesBody, FileBody, ReaderBody
from jupyter_resources.storage.local import LocalStore
from jupyter_resources.storage.protocol import Body, Capability, Page
from jupyter_resources.storage.signing import MOST_SECONDS, signing
from jupyter_resources.sync.summary import TransactionSummary

__all__ = ["Bucket", "MissingFile", "ObjectSummary", "Usage"]

Path = str | os.PathLike[str]
WHOLE = 5 << 30
"""Amazon S3 API Reference, CopyObject: objects up to 5 GB; larger ones travel."""


class Bucket(BucketView):
    """A container of a connection, seen through its filtering and its transformation.

    Every verb sees only what the filtering takes, under the names that the transformation gives; what lies below
    `.resources/` isn't there for it. Names given as `remote` are paths with `/`; outer slashes don't count. Any number
    of threads may use one Bucket.
    """

    # single objects

    def add_string(self, string: str, remote: str) -> None:
        """Store `string`, as UTF-8."""
        self._put(as_remote(remote), BytesBody(string.encode()))

    def add_file(self, local_or_file: Path | IO[bytes], remote: str | None = None, progress: Progress = None) -> None:
        """Store a local file, or what an open binary file holds from where it stands.

        The name is the file's own unless `remote` says another. Raises NotFound, InvalidValue for a stream without one.
        """
        named = local_or_file if isinstance(local_or_file, str | os.PathLike) else getattr(local_or_file, "name", None)
        if remote is None and not isinstance(named, str | os.PathLike):
            raise InvalidValue("a stream without a name needs one in the bucket", hint="add_file(stream, 'name')")
        name = os.path.basename(os.fspath(named or ""))
        key = name if remote is None else as_remote(remote)
        if remote is not None and remote.endswith(("/", "\\")):  # a directory is meant
            key = joined(key, name)
        if isinstance(local_or_file, str | os.PathLike):
            path = os.path.abspath(os.fspath(local_or_file))
            if os.path.isdir(path):
                raise InvalidValue(f"{path} is a directory", hint=f"add_directory({path!r})")
            if not os.path.exists(path):
                raise NotFound(f"{path} does not exist", hint="check the spelling")
            with told(progress) as moved:
                self._put(key, FileBody(path, moved.of(key, os.path.getsize(path))))
            return
        if isinstance(cast("object", local_or_file), io.TextIOBase):
            raise InvalidValue("that file gives text, and a bucket holds bytes", hint="open it with 'rb'")
        with tempfile.NamedTemporaryFile(prefix="jtres-") as spool:
            shutil.copyfileobj(local_or_file, spool)
            spool.flush()
            with told(progress) as moved:
                self._put(key, FileBody(spool.name, moved.of(key, spool.tell())))

    def get_file(self, remote: str, local: Path | None = None, progress: Progress = None) -> str:
        """Write an object to a file, verified and all or nothing; gives the file's path.

        `local` (default: the last part of the name, in the current directory) may be a directory that is there;
        missing parents are made. Raises MissingFile, a ValueError and a KeyError too.
        """
        key = as_remote(remote)
        name = key.rpartition("/")[2]
        path = os.path.abspath(os.fspath(local) if local is not None else name)
        into = os.path.isdir(path)
        if into:
            path = os.path.join(path, name)
        directory, name = os.path.split(path)
        with self._missing(key), self._store.read(key) as reader, told(progress) as moved:
            entry = reader.entry
            LocalStore(directory, create=True).put(name, ReaderBody(lambda: reader, entry, moved.of(key, entry.size)))
        return os.fspath(local) if local is not None and not into else path

    def read_bytes(self, remote: str) -> bytes:
        """The whole object, verified. Raises MissingFile."""
        key = as_remote(remote)
        with self._missing(key), self._store.read(key) as reader:
            return ReaderBody(lambda: reader, reader.entry).whole()

    def open(self, remote: str, mode: str = "rb") -> IO[bytes]:
        """An object as a binary file: `rb` reads ranges as they are asked for, `wb` stores all when it is closed.

        A `with` block that ends by an error stores nothing. Raises MissingFile; Changed when the object becomes another
        one while it is read; InvalidValue for another mode.
        """
        key = as_remote(remote)
        if mode == "rb":
            with self._missing(key):
                return ObjectFile.opened(self._store, key)
        if mode == "wb":
            return ObjectWriter(lambda path: self._put(check(key), FileBody(path)))
        raise InvalidValue(f"a bucket's file can't be opened as {mode!r}", hint="'rb' or 'wb'")

    def signed_url(self, remote: str, expires: int | timedelta = 3600) -> str:
        """A URL by which anybody may get the object for `expires` seconds (at most 7 days); it can't be taken back.

        Raises MissingFile, InvalidValue for another time, Unsupported where the provider gives no such URLs.
        """
        seconds = int(expires.total_seconds() if isinstance(expires, timedelta) else expires)
        if not 0 < seconds <= MOST_SECONDS:
            raise InvalidValue(f"a URL can't be good for {seconds} seconds", hint="from 1 to 604800, which is 7 days")
        key, signs = as_remote(remote), signing(self._store)
        with self._missing(key):
            self._store.head(key)
        return signs.sign(key, seconds)

    def copy_file(self, source: str, dest: str) -> None:
        """Copy an object; on the server where that can. Raises MissingFile."""
        one, other = as_remote(source), as_remote(dest)
        with self._missing(one), self._changing():
            if Capability.COPY in self._store.capabilities and self._store.head(one).size <= WHOLE:
                self._store.copy(one, other)
                return
            with self._store.read(one) as reader, tempfile.NamedTemporaryFile(prefix="jtres-") as spool:
                for chunk in ReaderBody(lambda: reader, reader.entry).chunks():
                    spool.write(chunk)
                spool.flush()
                self._put(other, FileBody(spool.name))

    def move(self, source: str, dest: str) -> None:
        """Give an object another name: copied, and then the old name is removed. Raises MissingFile.

        Changed, if the object becomes another one meanwhile (as far as a last look tells): then both are there.
        Unsupported, where the store takes the two names for one.
        """
        one, other = as_remote(source), as_remote(dest)
        with self._missing(one):
            before = self._store.head(one)
        if one == other:
            return
        if Capability.FOLDS_CASE in self._store.capabilities and _folded(one) == _folded(other):
            raise Unsupported(f"{one!r} and {other!r} are one name there", hint="move it to a third name first")
        self.copy_file(one, other)
        if self._store.head(one).etag != before.etag:
            raise Changed(f"{one} changed while it was copied to {other}; both are there", hint="look, and move again")
        self.delete_file(one)

    def delete_file(self, remote: str) -> None:
        """Remove an object; one that isn't there is no error."""
        with self._changing():
            self._store.delete([as_remote(remote)])

    def delete(self, *, datasets: bool = False) -> None:
        """Remove the bucket and all that is in it. Raises MissingBucketException.

        Refused by a Bucket that shows only a part (InvalidValue): the rest would go too. Refused where versions of
        datasets are kept (below `.resources/`), unless `datasets` says that they may go.
        """
        if len(self._filtering) or len(self._transformation):
            raise InvalidValue(
                f"this shows only a part of bucket {self._name!r}, and all of it would be deleted",
                hint="for all: Bucket(connection, name, create=False).delete(); for this part: del bucket[name]",
            )
        self._connection.check_own(self._name)
        if not self._connection.exists(self._name):
            raise MissingBucketException(f"there is no bucket {self._name!r}", hint="nothing was removed")
        store = self._connection.open(self._name)
        keys = [key for page in store.list() for key in (*_paths(page), *(one.path for one in page.left_out))]
        kept = sum(map(is_reserved, keys))
        if kept and not datasets:
            raise AlreadyExists(
                f"bucket {self._name!r} holds {kept:,} objects of datasets",
                hint="delete(datasets=True) removes those too",
            )
        for start in range(0, len(keys), 1000):
            store.delete(keys[start : start + 1000])
        try:
            self._connection.drop(self._name)
        except AlreadyExists as error:
            hint = "remove what is left there by hand, or at the provider; then delete() again"
            message = f"the objects of bucket {self._name!r} are gone, and it isn't empty"
            raise Incomplete(f"{message}: {error.message}", hint=hint) from None
        finally:
            self._changed()

    def __getitem__(self, remote: str) -> str:
        """Get the file into the current directory; gives its path. KeyError if it isn't there."""
        return self.get_file(remote)

    def __setitem__(self, remote: str, local: Path | IO[bytes]) -> None:
        """Add a file or a directory."""
        if isinstance(local, str | os.PathLike) and os.path.isdir(local):
            self.add_directory(local, remote)
            return
        self.add_file(local, remote)

    def __delitem__(self, remote: str) -> None:
        key = as_remote(remote)
        with self._missing(key):
            self._store.head(key)
        self.delete_file(key)

    # directories

    def sync_directory(
        self,
        directory: Path,
        verbose: bool = False,
        remote: str | None = None,
        *,
        allow_empty: bool = False,
        dryrun: bool = False,
        secrets: bool = False,
        control: Control | None = None,
    ) -> TransactionSummary:
        """Make `remote` (default: the whole bucket) a mirror of a local directory: what it lacks is deleted, last.

        Only what lies below `remote + "/"` is touched. What the bucket holds already under another name is copied there
        (a rename moves no bytes). A missing directory is NotFound, an empty one EmptySource unless `allow_empty`.
        """
        return self._mirroring(verbose, control).directory(
            directory, remote, allow_empty=allow_empty, dryrun=dryrun, secrets=secrets
        )

    def sync_files(
        self,
        files: Mapping[str, Path],
        verbose: bool = False,
        remote: str | None = None,
        *,
        allow_empty: bool = False,
        dryrun: bool = False,
        control: Control | None = None,
    ) -> TransactionSummary:
        """The same for single files: `files` maps each name below `remote` to a local path.

        Raises NotFound before anything is changed when one of them isn't there.
        """
        return self._mirroring(verbose, control).files(files, remote, allow_empty=allow_empty, dryrun=dryrun)

    def add_directory(
        self, local: Path, remote: str = "", *, secrets: bool = False, control: Control | None = None
    ) -> TransactionSummary:
        """Store all files of a directory below `remote`; what is there under their names is replaced, nothing deleted.

        Raises NotFound (an OSError, as documented) for what is no directory.
        """
        return self._mirroring(False, control).add(local, remote, secrets=secrets)

    def get_all_files(
        self, output_dir: Path, progress: Progress = None, *, control: Control | None = None
    ) -> TransactionSummary:
        """Bring all files to a directory; what differs there is replaced, other files stay."""
        return self._mirroring(False, control, progress).bring(output_dir, "")

    def sync_remote_to_local(
        self, local: Path, remote_directory: str | None = None, *, control: Control | None = None
    ) -> TransactionSummary:
        """Bring what lies below `remote_directory` (default: all) to a local directory; other files there stay."""
        return self._mirroring(False, control).bring(local, remote_directory or "")

    def _mirroring(self, verbose: bool, control: Control | None, progress: Progress = None) -> Mirroring:
        lead, there = self._transformation.lead, self._connection.open(self._name)
        directory = None
        if isinstance(there, LocalStore) and lead is not None and (not lead or lead.endswith("/")):
            directory = os.path.join(there.root, lead.rstrip("/"))
        place = Place(self._store, self._connection.provider, directory, self._changed)
        return Mirroring(place, self._cache, verbose, control, progress)

    def _put(self, key: str, body: Body) -> None:
        with self._changing():
            self._store.put(key, body)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        try:
            yield
        finally:
            self._changed()


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _paths(page: Page) -> Iterator[str]:
    return (entry.path for entry in page.entries)
