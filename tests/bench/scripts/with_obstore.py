"""obstore alone, the engine under ours, in 32 threads: what is left when nothing is decided, verified or told."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import obstore
from changed import changed, files, place
from obstore.store import S3Store

verb, where, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
store = S3Store(
    os.environ["BENCH_BUCKET"],
    endpoint=os.environ["BENCH_ENDPOINT"],
    client_options={"allow_http": True},
    virtual_hosted_style_request=False,
)


def listed():
    pages = obstore.list(store, "data", chunk_size=1000)
    return {one["path"]: (one["size"], one["e_tag"]) for page in pages for one in page}


def download(key):
    with open(place(where, key), "wb") as stream:
        stream.writelines(obstore.get(store, key).stream())


with ThreadPoolExecutor(threads) as pool:
    if verb == "pull":
        list(pool.map(download, listed()))
    else:
        chosen = files() if verb == "push" else changed(listed())
        list(pool.map(lambda path: obstore.put(store, path, Path(path)), chosen))
