"""Runs one command as a whole process and says what it took. It is small because a child's peak counts its parent's."""

import json
import os
import sys
import time

asked = json.load(sys.stdin)
os.chdir(asked["directory"])
log = (os.POSIX_SPAWN_OPEN, 1, asked["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
begun = time.perf_counter()
child = os.posix_spawn(
    asked["command"][0], asked["command"], asked["variables"], file_actions=[log, (os.POSIX_SPAWN_DUP2, 1, 2)]
)
_, status, used = os.wait4(child, 0)
said = {
    "seconds": time.perf_counter() - begun,
    "status": os.waitstatus_to_exitcode(status),
    "cpu": used.ru_utime + used.ru_stime,
    "peak": used.ru_maxrss * 1024,  # of the largest process that it waited for, in bytes
}
print(json.dumps(said))
