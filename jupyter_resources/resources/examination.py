"""A bucket examined: what works there, what doesn't, and what to set. Everything it writes, it removes."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Literal

from jupyter_resources.core.control import Control
from jupyter_resources.core.entry import Entry
from jupyter_resources.core.errors import Changed, Damaged, Denied, ResourcesError, Unsupported
from jupyter_resources.core.paths import RESERVED, joined
from jupyter_resources.resources.workspace import ResolvedBucket
from jupyter_resources.storage.bodies import BytesBody
from jupyter_resources.storage.named import naming
from jupyter_resources.storage.protocol import Capability, Store
from jupyter_resources.storage.registry import open_containers, open_store

__all__ = ["Finding", "examine"]

SMALL_BYTES = 4 << 20
SKEW_SECONDS = 60.0
"""Amazon S3 refuses signatures that are 15 minutes off; a clock that is a minute off is on its way there."""
FREE_BYTES = 1 << 30
ODD_NAME = "é e\u0301 +%20&='(1)~.txt"
"""What is changed on the way by some: blanks, plus, percent, composed letters."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; `fix` is what to type or set."""

    check: str
    state: Literal["ok", "warning", "failed"]
    text: str
    fix: str = ""


def examine(bucket: ResolvedBucket) -> Iterator[Finding]:
    """Look at everything in turn; stops where the next would only fail for the same reason.

    Writes a few objects below `.resources/doctor-…` of the bucket's base path and removes them, also when interrupted.
    """
    spec = bucket.spec
    yield Finding("credentials", "ok", bucket.credentials)
    if spec.provider not in ("local", "memory"):
        reached = list(_reached(bucket))
        yield from reached
        if any(one.check == "reachable" and one.state == "failed" for one in reached):
            return
    if spec.provider == "s3":
        spec = replace(spec, etags="opaque")  # what they are is a question here, not an assumption
    there = _there(bucket)
    yield there
    if there.state == "failed":
        return
    store = open_store(spec)
    yield _tried("list", lambda: _listed(store, bucket))
    if spec.provider == "local":
        yield from _disk(bucket)
    with _probe(store, bucket.base_path) as probe:
        written = _tried("write and read", lambda: _moved(store, f"{probe}/one"))
        yield written
        if written.state != "failed":
            yield from _written(bucket, store, probe)
        yield _tried("delete", lambda: _removed(store, probe))


def _reached(bucket: ResolvedBucket) -> Iterator[Finding]:
    from jupyter_resources.storage.s3probe import address_of, clock_ahead

    address = address_of(bucket.spec)
    if address is None:
        return
    begun = time.monotonic()
    try:
        ahead = clock_ahead(address)
    except ResourcesError as error:
        yield Finding("reachable", "failed", error.message, error.hint)
        return
    yield Finding("reachable", "ok", f"{address} answers in {(time.monotonic() - begun) * 1000:.0f} ms")
    if ahead is None:
        yield Finding("clock", "warning", "the server doesn't tell its time", "if requests are refused, check this one")
    elif abs(ahead) > SKEW_SECONDS:
        way = "ahead of" if ahead > 0 else "behind"
        text = f"this machine is {abs(ahead):,.0f} s {way} the server: signed requests may be refused"
        yield Finding("clock", "warning", text, "set this machine's clock: timedatectl set-ntp true")
    else:
        yield Finding("clock", "ok", "the same as the server's" if abs(ahead) < 2 else f"{abs(ahead):.0f} s apart")


def _there(bucket: ResolvedBucket) -> Finding:
    name, spec = bucket.spec.bucket, bucket.spec
    if spec.provider == "memory":
        return Finding("bucket", "ok", "in memory")
    try:
        with naming(bucket.name, bucket.sent_from):
            containers = open_containers(spec)
            if bucket.origin is not None and bucket.origin.source == "default" and not containers.exists(name):
                containers.create(name)  # as a push would
            if containers.exists(name):
                return Finding("bucket", "ok", f"{bucket.location} is there")
    except Unsupported as error:
        return Finding("bucket", "warning", error.message, error.hint)
    except Denied as error:
        return Finding("bucket", "failed", error.message, error.hint or "these credentials may not use that bucket")
    except ResourcesError as error:
        return Finding("bucket", "failed", error.message, error.hint)
    return Finding("bucket", "failed", f"there is no bucket {name!r}", f"%buckets create {bucket.name}")


def _listed(store: Store, bucket: ResolvedBucket) -> Finding:
    page = next(iter(store.list(bucket.base_path, tree=bool(bucket.base_path))), None)
    count = len(page.entries) + len(page.left_out) if page else 0
    return Finding("list", "ok", f"allowed; the first page has {count:,} objects")


def _written(bucket: ResolvedBucket, store: Store, probe: str) -> Iterator[Finding]:
    yield _tried("create only if new", lambda: _creates_only(store, f"{probe}/one"))
    yield _tried("replace only if unchanged", lambda: _replaces_only(store, f"{probe}/two"))
    if bucket.spec.provider == "s3":
        yield _tried("parts", lambda: _parts(bucket, f"{probe}/parts"))
        yield _tried("ETags", lambda: _etags(bucket, store, f"{probe}/etag"))
    yield _tried("names", lambda: _names(store, f"{probe}/{ODD_NAME}"))


def _moved(store: Store, key: str) -> Finding:
    content = secrets.token_bytes(SMALL_BYTES)
    begun = time.monotonic()
    store.put(key, BytesBody(content))
    sent = time.monotonic()
    with store.read(key) as reader:
        came = b"".join(reader)
    done = time.monotonic()
    if came != content:
        raise Damaged("other bytes came back than were sent", hint="is there a proxy that changes what passes?")
    up, down = (len(content) / max(seconds, 1e-6) / 1e6 for seconds in (sent - begun, done - sent))
    return Finding("write and read", "ok", f"one object of 4 MiB: {up:,.0f} MB/s up, {down:,.0f} MB/s down")


def _creates_only(store: Store, key: str) -> Finding:
    """`key` is there already."""
    check = "create only if new"
    try:
        store.put(key, BytesBody(b"second"), expect=None)
    except Changed:
        if Capability.CREATE_IF_ABSENT in store.capabilities:
            return Finding(check, "ok", "honoured: of two writers one is told")
        text = "not offered by the server, so it is looked at just before"
        return Finding(check, "warning", text, "don't push the same files from two places at the same moment")
    text = "ignored by the server: what appears between listing and writing would be overwritten"
    return Finding(check, "warning", text, "don't push the same files from two places at the same moment")


def _replaces_only(store: Store, key: str) -> Finding:
    check, fix = "replace only if unchanged", "don't push the same files from two places at the same moment"
    first = store.put(key, BytesBody(b"first"))
    store.put(key, BytesBody(b"the second"), expect=first.etag or None)
    try:
        store.put(key, BytesBody(b"the third one"), expect=first.etag or None)
    except Changed:
        if Capability.REPLACE_IF_MATCH in store.capabilities:
            return Finding(check, "ok", "honoured: what others changed isn't overwritten")
        return Finding(check, "warning", "not offered by the server, so it is looked at just before", fix)
    return Finding(check, "warning", "ignored by the server: a change at the same moment would be overwritten", fix)


def _parts(bucket: ResolvedBucket, key: str) -> Finding:
    from jupyter_resources.storage.s3probe import try_parts

    if try_parts(replace(bucket.spec, etags="opaque"), key):
        return Finding("parts", "ok", "files above 64 MiB go in parts, and can be taken back")
    return Finding(
        "parts", "warning", "an upload that was taken back is still listed", "let the bucket's own rule remove them"
    )


def _etags(bucket: ResolvedBucket, store: Store, key: str) -> Finding:
    body = BytesBody(b"what is its ETag?")
    known = bucket.spec.etags
    if store.put(key, body).etag == body.md5:
        if known == "opaque":
            return Finding(
                "ETags", "ok", "MD5, though the settings say opaque", "etags = 'md5' compares without reading"
            )
        return Finding("ETags", "ok", "MD5: unchanged files are recognised by the listing alone")
    if known == "opaque":
        return Finding("ETags", "ok", "no MD5, as the settings say; digests are kept on this machine")
    fix = f"etags = 'opaque' under the bucket's profile in settings.toml (%buckets show {bucket.name} says where)"
    return Finding("ETags", "failed", "no MD5 (encrypted with a key of its own?): pushes would count as damaged", fix)


def _names(store: Store, key: str) -> Finding:
    store.put(key, BytesBody(b"odd"))
    above = key.rpartition("/")[0]
    listed = [entry.path for page in store.list(above, tree=True) for entry in page.entries]
    if key not in listed:
        raise Damaged(f"{ODD_NAME!r} comes back under another name", hint="keep to plain letters and digits in names")
    store.head(key)
    return Finding("names", "ok", "blanks, accents and signs come back as they went")


def _disk(bucket: ResolvedBucket) -> Iterator[Finding]:
    place = os.path.join(bucket.spec.root or "/", bucket.spec.bucket)
    free = shutil.disk_usage(place).free
    fix = "make room, or another directory" if free < FREE_BYTES else ""
    yield Finding("free space", "warning" if fix else "ok", f"{free / 1e9:,.1f} GB", fix)
    if Capability.FOLDS_CASE in open_store(bucket.spec).capabilities:
        text, fix = "A and a are one file there", "names that differ only in case are refused: rename one"
        yield Finding("case", "warning", text, fix)
    else:
        yield Finding("case", "ok", "A and a are two files")
    yield _tried("hard links", lambda: _hard_links(place))


def _hard_links(place: str) -> Finding:
    one = os.path.join(place, f".doctor-{secrets.token_hex(8)}")
    other = f"{one}.link"
    try:
        with open(one, "xb"):
            pass
        try:
            os.link(one, other)
        except OSError:
            text, fix = "none: a new file is looked for just before it is made", "don't push from two places at once"
            return Finding("hard links", "warning", text, fix)
        return Finding("hard links", "ok", "new files are made only where there is none, atomically")
    finally:
        for path in (one, other):
            with suppress(FileNotFoundError):
                os.unlink(path)


@contextmanager
def _probe(store: Store, base_path: str) -> Iterator[str]:
    """A key below which the examination may write; afterwards nothing is there, whatever happened."""
    probe = joined(base_path, RESERVED, f"doctor-{secrets.token_hex(8)}")
    try:
        yield probe
    finally:
        with suppress(ResourcesError):
            _remove(store, probe)


def _remove(store: Store, probe: str) -> list[Entry]:
    alone = store.under(Control())
    found = [entry for page in alone.list(probe, tree=True) for entry in page.entries]
    if found:
        alone.delete([entry.path for entry in found])
    return found


def _removed(store: Store, probe: str) -> Finding:
    _remove(store, probe)
    if left := _remove(store, probe):
        raise Denied(f"{len(left)} objects below {probe} are still there", hint="delete them at the provider")
    return Finding("delete", "ok", "allowed; nothing of this examination is left")


def _tried(check: str, look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except ResourcesError as error:
        return Finding(check, "failed", error.message, error.hint or _FIXES.get(check, ""))
    except OSError as error:
        return Finding(check, "failed", error.strerror or str(error), _FIXES.get(check, ""))


_FIXES = {
    "list": "these credentials need the right to list (s3:ListBucket)",
    "write and read": "these credentials need the rights to write and to read (s3:PutObject, s3:GetObject)",
    "delete": "these credentials need the right to delete (s3:DeleteObject); the probe is below .resources/doctor-…",
    "parts": "files above 64 MiB need uploads in parts (s3:AbortMultipartUpload too)",
    "hard links": "is the directory writable? ls -ld shows it",
}
