"""apache-libcloud alone: a listing, then upload_object or download_object for each file, a driver for each thread."""

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import understood  # noqa: F401
from changed import changed, files, place
from libcloud.storage.providers import get_driver
from libcloud.storage.types import Provider

verb, where, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
address = urlsplit(os.environ["BENCH_ENDPOINT"])
bucket = os.environ["BENCH_BUCKET"]
local = threading.local()


def container():
    if not hasattr(local, "container"):
        key, secret = os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]
        driver = get_driver(Provider.S3)(key, secret, secure=False, host=address.hostname, port=address.port)
        local.container = driver.get_container(bucket)
    return local.container


def download(one):
    local_one = type(one)(one.name, one.size, one.hash, {}, one.meta_data, container(), container().driver)
    container().driver.download_object(local_one, place(where, one.name), overwrite_existing=True)


with ThreadPoolExecutor(threads) as pool:
    if verb == "pull":
        list(pool.map(download, container().list_objects(prefix="data/")))
    else:
        there = container().list_objects(prefix="data/") if verb == "again" else ()
        chosen = changed({one.name: (one.size, one.hash) for one in there}) if there else files()
        list(pool.map(lambda path: container().upload_object(path, path), chosen))
