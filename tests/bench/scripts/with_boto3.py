"""boto3 with threads of our own: a listing, then upload_file or download_file for each file."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config
from changed import changed, files, place

verb, where, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
bucket = os.environ["BENCH_BUCKET"]
config = Config(max_pool_connections=max(threads, 10))
client = boto3.client("s3", endpoint_url=os.environ["BENCH_ENDPOINT"], config=config)


def listed():
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="data/")
    return {one["Key"]: (one["Size"], one["ETag"]) for page in pages for one in page.get("Contents", ())}


with ThreadPoolExecutor(threads) as pool:
    if verb == "pull":
        list(pool.map(lambda key: client.download_file(bucket, key, place(where, key)), listed()))
    else:
        chosen = files() if verb == "push" else changed(listed())
        list(pool.map(lambda path: client.upload_file(path, bucket, path), chosen))
