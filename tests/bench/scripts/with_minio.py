"""minio-py with threads of our own: a listing, then fput_object or fget_object for each file."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor

import urllib3
from changed import changed, files, place
from minio import Minio

verb, where, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
bucket = os.environ["BENCH_BUCKET"]
client = Minio(
    os.environ["BENCH_ENDPOINT"].removeprefix("http://"),
    access_key=os.environ["AWS_ACCESS_KEY_ID"],
    secret_key=os.environ["AWS_SECRET_ACCESS_KEY"],
    region=os.environ["AWS_DEFAULT_REGION"],
    secure=False,
    http_client=urllib3.PoolManager(maxsize=threads),
)


def listed():
    found = client.list_objects(bucket, prefix="data/", recursive=True)
    return {one.object_name: (one.size, one.etag) for one in found}


with ThreadPoolExecutor(threads) as pool:
    if verb == "pull":
        list(pool.map(lambda key: client.fget_object(bucket, key, place(where, key)), listed()))
    else:
        chosen = files() if verb == "push" else changed(listed())
        list(pool.map(lambda path: client.fput_object(bucket, path, path), chosen))
