"""The obstore half of S3: single GET, HEAD and PUT requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from obstore.store import S3Store

from jupyter_resources.storage.engine import Engine
from jupyter_resources.storage.s3wire import S3Service

if TYPE_CHECKING:
    from obstore.store import ClientConfig

__all__ = ["s3_engine"]


def s3_engine(service: S3Service, bucket: str) -> Engine:
    """A bucket of an S3 service."""
    if service.key is None:
        config: dict[str, Any] = {"skip_signature": True}
    else:
        config = {"access_key_id": service.key, "secret_access_key": service.secret or ""}
        if service.token is not None:
            config["session_token"] = service.token

    def make(options: ClientConfig) -> S3Store:
        return S3Store(
            bucket,
            endpoint=service.url,
            region=service.region_name,
            virtual_hosted_style_request=False,
            client_options=options,
            retry_config={"max_retries": 0},
            **config,
        )

    return Engine(make, service.url, bucket, idle_seconds=service.idle_seconds)
