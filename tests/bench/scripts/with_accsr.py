"""accsr's RemoteStorage as its documentation shows it. Run in the directory that holds `data`."""

import os
import sys
from urllib.parse import urlsplit

import understood  # noqa: F401
from accsr.remote_storage import RemoteStorage, RemoteStorageConfig

verb, where = sys.argv[1:3]
address = urlsplit(os.environ["BENCH_ENDPOINT"])
storage = RemoteStorage(
    RemoteStorageConfig(
        provider="s3",
        key=os.environ["AWS_ACCESS_KEY_ID"],
        secret=os.environ["AWS_SECRET_ACCESS_KEY"],
        bucket=os.environ["BENCH_BUCKET"],
        host=address.hostname,
        port=address.port,
        secure=False,
        use_pbar=False,
    )
)
if verb == "pull":
    storage.pull("data", where)
else:
    storage.push("data", force=verb == "again")
