"""s3fs as its documentation shows it: recursive put and get. It doesn't compare: it sends everything each time."""

import os
import sys

import s3fs

verb, where = sys.argv[1:3]
there = f"{os.environ['BENCH_BUCKET']}/data"
store = s3fs.S3FileSystem(endpoint_url=os.environ["BENCH_ENDPOINT"])
if verb == "pull":
    store.get(f"{there}/", f"{where}/data/", recursive=True)
else:
    store.put("data/", f"{there}/", recursive=True)
