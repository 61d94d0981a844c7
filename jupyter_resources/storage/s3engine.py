"""The obstore half of S3: single GET, HEAD and PUT requests."""

from __future__ import annotations

from typing import Any

from obstore.store import S3Store

from jupyter_resources.storage.engine import Engine, client_options
from jupyter_resources.storage.s3wire import S3Service

__all__ = ["s3_engine"]


def s3_engine(service: S3Service, bucket: str) -> Engine:
    """A bucket of an S3 service."""
    if service.key is None:
        config: dict[str, Any] = {"skip_signature": True}
    else:
        config = {"access_key_id": service.key, "secret_access_key": service.secret or ""}
        if service.token is not None:
            config["session_token"] = service.token
    store = S3Store(
        bucket,
        endpoint=service.url,
        region=service.region_name,
        virtual_hosted_style_request=False,
        client_options=client_options(),
        retry_config={"max_retries": 0},
        **config,
    )
    return Engine(store, service.url, bucket, idle_seconds=service.idle_seconds)
