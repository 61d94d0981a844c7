"""A plan of many entries that are on both sides, one in a hundred different: seconds of deciding alone, on stdout."""

import json
import sys
import time

from jupyter_resources.core.entry import Entry, Facts, Listing
from jupyter_resources.sync.plan import plan
from jupyter_resources.sync.policy import PUSH

count = int(sys.argv[1])


def path(number):
    return f"data/{number // 1000:04}/{number:07}.bin"


def digest(number):
    return f"{number:032x}"


def told(number):
    """As a listing tells it: tag and MD5 are one text."""
    return (text := digest(number)), text


here = Listing.of(Entry(path(n), n, mtime_ns=n, md5=digest(n), facts=Facts(1, n, n, 0o644)) for n in range(count))
there = Listing.of(Entry(path(n), n, n, *told(n if n % 100 else n + 1)) for n in range(count))
begun = time.perf_counter()
made = plan(here, there, PUSH.but(overwrite=True))
took = time.perf_counter() - begun
assert len(made.steps) == count
print(json.dumps({"seconds": took}))
