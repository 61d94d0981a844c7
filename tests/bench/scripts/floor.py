"""The floor under any unchanged push: walk, stat and LIST, and nothing done with them."""

import os

import obstore
from obstore.store import S3Store


def walk(top):
    for one in os.scandir(top):
        if one.is_dir(follow_symlinks=False):
            walk(one.path)
        else:
            one.stat(follow_symlinks=False)


store = S3Store(
    os.environ["BENCH_BUCKET"],
    endpoint=os.environ["BENCH_ENDPOINT"],
    client_options={"allow_http": True},
    virtual_hosted_style_request=False,
)
walk("data")
for _ in obstore.list(store, "data"):
    pass
