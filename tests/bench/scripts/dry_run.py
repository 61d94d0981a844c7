"""A dry run of what lies in `data`, to an empty bucket: seconds on stdout."""

import json
import os
import sys
import time
from urllib.parse import urlsplit

from jupyter_resources import RemoteStorage, RemoteStorageConfig

count = int(sys.argv[1])
address = urlsplit(os.environ["BENCH_ENDPOINT"])
key, secret = os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]
config = RemoteStorageConfig("s3", key, os.environ["BENCH_BUCKET"], secret, host=address.hostname, port=address.port)
config.secure = False
storage = RemoteStorage(config)
begun = time.perf_counter()
made = storage.push("data", dryrun=True)
took = time.perf_counter() - begun
assert len(made.files_to_sync) == count
print(json.dumps({"seconds": took}))
