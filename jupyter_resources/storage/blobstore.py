"""Objects on Azure and on Google Cloud Storage: obstore moves the bytes, libcloud lists and deletes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from obstore.exceptions import BaseError
from obstore.store import AzureStore, GCSStore

from jupyter_resources.core import paths
from jupyter_resources.core.control import Control
from jupyter_resources.core.entry import Entry
from jupyter_resources.core.errors import Changed, Damaged, InvalidValue, NotFound
from jupyter_resources.core.hashing import sha256_of
from jupyter_resources.storage.engine import Engine
from jupyter_resources.storage.libcloud import LibcloudStore
from jupyter_resources.storage.libclouddrivers import Account
from jupyter_resources.storage.protocol import ANY, WHOLE_BYTES, Body, Capability, Expect, Page
from jupyter_resources.storage.readable import Readable
from jupyter_resources.storage.s3errors import changed
from jupyter_resources.storage.translate import translated

if TYPE_CHECKING:
    from obstore import PutMode
    from obstore.store import ClientConfig

__all__ = ["BlobStore", "azure", "azure_account", "google", "service_account"]

AZURE_SUFFIX = "blob.core.windows.net"


class BlobStore(Readable):
    """A container on Azure, a bucket on Google.

    A put of up to WHOLE_BYTES is one request; a larger one goes in parts, of which nothing is seen before all are
    there, and its expectation is checked just before. That what arrived is what was sent is TLS's word and the size's:
    neither provider is asked for a digest. Our sha256 lies beside each object, in the listing too.
    """

    def __init__(self, engine: Engine, control: LibcloudStore, location: str, *, if_match: bool) -> None:
        """`if_match`: the provider takes an ETag as the condition of a write."""
        super().__init__(engine, location)
        self._libcloud = control
        self._if_match = if_match

    def __repr__(self) -> str:
        return f"BlobStore({self._location!r})"

    @property
    def capabilities(self) -> frozenset[Capability]:
        able = {Capability.COPY, Capability.RANGES, Capability.METADATA, Capability.CREATE_IF_ABSENT}
        return frozenset(able | {Capability.REPLACE_IF_MATCH} if self._if_match else able)

    def under(self, control: Control) -> Self:
        view = super().under(control)
        view._libcloud = self._libcloud.under(control)
        return view

    def list(self, prefix: str = "", *, tree: bool = False, expected: Sequence[str] = ()) -> Iterator[Page]:
        return self._libcloud.list(prefix, tree=tree, expected=expected)

    def put(self, key: str, body: Body, *, expect: Expect = ANY) -> Entry:
        paths.check(key)
        if body.size > WHOLE_BYTES:
            return self._put_stream(key, body, expect)
        content = body.whole()
        if len(content) != body.size:
            raise Damaged(f"{key}: expected {body.size} bytes, got {len(content)}; nothing was written")
        sha256 = body.sha256 or sha256_of(content)
        mode: PutMode = "overwrite"
        if expect is None:
            mode = "create"
        elif isinstance(expect, str):
            if self._if_match:
                mode = {"e_tag": f'"{expect}"'}
            else:
                self._check(key, expect)
        try:
            etag = self._engine.put(key, content, sha256, mode)
        except NotFound:
            if isinstance(expect, str) and self._exists():
                raise changed(self._engine.asked(key)) from None
            raise
        body.moved(len(content))
        return self._entry(key, len(content), None, etag, sha256)

    def copy(self, source: str, target: str, *, expect: Expect = ANY) -> Entry:
        paths.check(target)
        entry = self.head(source)
        self._check(target, expect)
        self._engine.copy(source, target, overwrite=expect is not None)
        made = self.head(target)
        if (made.size, made.sha256) != (entry.size, entry.sha256):
            raise Changed(f"{source} changed while it was copied", hint="repeat the line")
        return made

    def delete(self, keys: Sequence[str]) -> None:
        self._libcloud.delete(keys)

    def _put_stream(self, key: str, body: Body, expect: Expect) -> Entry:
        def counted() -> Iterator[bytes]:
            came = 0
            for chunk in body.chunks():
                came += len(chunk)
                yield chunk
                body.moved(len(chunk))
            if came != body.size:
                raise Damaged(f"{key}: expected {body.size} bytes, got {came}; nothing was written")

        self._engine.put_stream(key, counted(), body.sha256, lambda: self._check(key, expect))
        made = self.head(key)
        if made.size != body.size:
            raise Changed(f"{key}: {body.size} bytes were stored, {made.size} are there", hint="repeat the line")
        return made.knowing(made.md5, body.sha256)

    def _exists(self) -> bool:
        try:
            next(self._libcloud.under(self._control.uncounted()).list(), None)
        except NotFound:
            return False
        return True


def azure(account: Account, bucket: str) -> BlobStore:
    """A container of an Azure storage account, by the account's name and key."""
    account = azure_account(account)
    host = urlsplit(account.endpoint or "").hostname or ""
    if account.endpoint is None:
        url = f"https://{account.key}.{AZURE_SUFFIX}"
    elif host.startswith("blob."):  # another cloud of Azure's
        url = f"https://{account.key}.{host}"
    else:
        url = f"{account.endpoint}/{account.key}"

    def make(options: ClientConfig) -> AzureStore:
        return AzureStore(
            bucket,
            account_name=account.key,
            account_key=account.secret or "",
            endpoint=url,
            client_options=options,
            retry_config={"max_retries": 0},
        )

    try:
        engine = Engine(make, url, bucket).opened()
    except BaseError:
        hint = "key is the storage account's name, secret its access key"
        raise InvalidValue("azure_blobs can't be opened with this key and secret", hint=hint) from None
    return BlobStore(engine, LibcloudStore(account, bucket), f"{url}/{bucket}", if_match=True)


def azure_account(account: Account) -> Account:
    """The account as libcloud wants it: its own address only where that isn't Azure's usual one.

    An emulator or a proxy is told by its address, with or without the account's name behind; another cloud of Azure's
    as `https://blob.core.usgovcloudapi.net`, with or without the account's name in front.
    """
    if account.endpoint is None:
        return account
    bare = account.endpoint if "://" in account.endpoint else f"https://{account.endpoint}"
    bare = bare.rstrip("/").removesuffix(f"/{account.key}").replace(f"://{account.key}.blob.", "://blob.")
    return replace(account, endpoint=None if urlsplit(bare).hostname == AZURE_SUFFIX else bare)


def google(account: Account, bucket: str) -> BlobStore:
    """A bucket of Google Cloud Storage, by a service account (see `service_account`)."""

    def make(options: ClientConfig) -> GCSStore:
        key = service_account(account)
        return GCSStore(bucket, service_account_key=key, client_options=options, retry_config={"max_retries": 0})

    url = "https://storage.googleapis.com"
    try:
        engine = Engine(make, url, bucket).opened()
    except (BaseError, ValueError):
        hint = "key is the service account's e-mail address, secret its private key, or the JSON file that Google gave"
        raise InvalidValue("google_storage can't be opened with this key and secret", hint=hint) from None
    return BlobStore(engine, LibcloudStore(account, bucket), f"gs://{bucket}", if_match=False)


def service_account(account: Account) -> str | None:
    """The service account as Google's JSON: from a PEM key, a file with one, or that JSON itself.

    None where the secret is none of them: then it is an HMAC key, which only libcloud takes.
    """
    secret = account.secret or ""
    if "\n" not in secret and secret.endswith((".json", ".pem")):
        with translated(secret):
            secret = Path(secret).read_text("utf-8")
    if secret.lstrip().startswith("{"):
        return secret
    if "PRIVATE KEY-----" in secret:
        return json.dumps({"client_email": account.key, "private_key": secret, "private_key_id": ""})
    return None
