"""What apache-libcloud's drivers say of an object, as an Entry; and which of them can be trusted with what."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal

from libcloud.storage.base import Object
from libcloud.storage.drivers.azure_blobs import AzureBlobsStorageDriver
from libcloud.storage.drivers.local import IGNORE_FOLDERS, LocalStorageDriver
from libcloud.storage.drivers.s3 import BaseS3StorageDriver

from jupyter_resources.core import paths
from jupyter_resources.core.entry import Entry, LeftOut
from jupyter_resources.core.errors import Damaged, InvalidPath
from jupyter_resources.storage.partial import is_partial
from jupyter_resources.storage.protocol import DIRECTORY_MARKER, Page
from jupyter_resources.storage.s3listing import LARGEST, ns_of

__all__ = ["Family", "encrypted", "entry_of", "entry_of_answer", "family_of", "page_of", "searched", "spelled"]

Family = Literal["s3", "azure", "local", "other"]
_HEX32 = re.compile(r"[0-9a-f]{32}")
_HEX64 = re.compile(r"[0-9a-f]{64}")
_CONTROL = re.compile(r"[\x00-\x1f]")


def family_of(driver: type) -> Family:
    """What kind of driver it is, as far as we know kinds."""
    if issubclass(driver, BaseS3StorageDriver):
        return "s3"
    if issubclass(driver, AzureBlobsStorageDriver):
        return "azure"
    return "local" if issubclass(driver, LocalStorageDriver) else "other"


def entry_of(found: Any, family: Family, *, md5s: bool) -> Entry:
    """An object of libcloud's. `md5s`: an ETag on S3 that looks like an MD5 is one.

    The local driver's `hash` is one of the time stamp; elsewhere only what is documented as the content's counts.
    """
    extra: Mapping[str, Any] = found.extra or {}
    etag = str(extra.get("etag") or found.hash or "").strip('"')
    md5 = sha256 = None
    match family:
        case "local":
            etag = f"{found.size:x}-{extra['modify_time']!r}-{extra['creation_time']!r}"
        case "s3":
            md5 = etag if md5s and _HEX32.fullmatch(etag) else None
        case "azure":
            md5 = extra.get("md5_hash")  # in hex already
    told = (found.meta_data or {}).get("sha256")
    if family in ("s3", "azure") and isinstance(told, str) and _HEX64.fullmatch(told):
        sha256 = told
    return Entry(found.name, _size_of(found), _time_of(extra), etag or f"{found.size:x}", md5, sha256)


def entry_of_answer(key: str, headers: Mapping[str, str], vendor: str, *, md5s: bool) -> Entry:
    """An object on S3, by the headers of the answer that brings it. Raises Damaged where they don't tell its length."""
    if "content-length" not in headers:
        hint = "repeat the line; if it stays, something between here and the server rewrites its answers"
        raise Damaged(f"the server doesn't say how long {key} is", hint=hint)
    extra = {"last_modified": headers.get("last-modified")}
    told = {"sha256": headers.get(f"{vendor}-meta-sha256")}
    etag = headers.get("etag", "")
    return entry_of(Object(key, int(headers["content-length"]), etag, extra, told, None, None), "s3", md5s=md5s)


def page_of(found: Iterable[Any], family: Family, *, md5s: bool) -> Page:
    """A page of a listing: what can't be a path is left out with the reason."""
    entries: list[Entry] = []
    out: list[LeftOut] = []
    for one in found:
        reason = DIRECTORY_MARKER if one.name.endswith("/") else paths.problem(one.name)
        if reason is not None:
            out.append(LeftOut(one.name, reason, _size_of(one)))
        elif family != "local" or not is_partial(one.name):
            entries.append(entry_of(one, family, md5s=md5s))
    return Page(entries, out)


def searched(prefix: str, family: Family) -> str | None:
    """The prefix that a driver is asked for, which may find more than `prefix`; None for everything.

    The local driver has no search, and warns of that. Azure's signs a parameter without the blanks around it. On S3 the
    answer repeats the prefix, and not every server does so in a way that XML can carry.
    """
    if family == "s3":
        prefix = _CONTROL.split(prefix, maxsplit=1)[0]
    if family == "azure":
        prefix = prefix.rstrip() if prefix == prefix.lstrip() else ""
    return None if family == "local" else prefix or None


def spelled(key: str, family: Family) -> str:
    """`key`, if this family can spell it. Raises InvalidPath."""
    paths.check(key)
    hidden = set(IGNORE_FOLDERS) & set(key.split("/")[:-1])
    if family == "local" and (hidden or is_partial(key)):
        raise InvalidPath(f"{key!r} is refused: libcloud's local driver lists nothing there", hint="rename it")
    return key


def encrypted(headers: Mapping[str, str]) -> bool:
    """Whether an answer says that the object is encrypted with a key of its own: then its ETag is no MD5."""
    return any("server-side-encryption" in name.lower() for name in headers)


def _size_of(found: Any) -> int:
    size = int(found.size)
    if not 0 <= size <= LARGEST:
        raise Damaged(f"{found.name} can't have the size that the server says", hint="the server is at fault")
    return size


def _time_of(extra: Mapping[str, Any]) -> int | None:
    if isinstance(seconds := extra.get("modify_time"), float):
        return round(seconds * 1e9)
    told = extra.get("last_modified")
    if not isinstance(told, str):
        return None
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            time = read(told)
        except ValueError:
            continue
        return ns_of(time if time.tzinfo else time.replace(tzinfo=UTC))
    return None
