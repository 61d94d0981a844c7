"""A store that tries again what is worth another try."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import TypeVar

from jupyter_resources.core.control import Control
from jupyter_resources.core.entry import Entry
from jupyter_resources.core.errors import Changed, Incomplete, NotFound, ResourcesError, Transient, Unavailable
from jupyter_resources.storage.protocol import ANY, WHOLE_BYTES, Body, Expect, Page, PartedBody, Reader, Store
from jupyter_resources.storage.stretch import Stretch
from jupyter_resources.storage.wrapper import Wrapper

__all__ = ["Patience", "RetryingStore"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a request is tried again. Waits grow twofold, each a random part of its length (full jitter).

    `tries` and `seconds` bound everything; `offline_seconds` bounds the time without any answer at all, so that a
    missing network is told within five seconds. The functions are there for tests.
    """

    tries: int = 8
    seconds: float = 60.0
    offline_seconds: float = 4.5
    first: float = 0.5
    longest: float = 10.0
    random: Callable[[], float] = random.random
    clock: Callable[[], float] = time.monotonic
    wait: Callable[[Control, float], None] = Control.wait


class _Trial:
    """The tries of one request so far."""

    def __init__(self, patience: Patience, control: Control, begun: float | None = None) -> None:
        """`begun` is when the first try began, if that was before now."""
        self._patience = patience
        self._control = control
        self.restart()
        if begun is not None:
            self._tried = begun

    def restart(self) -> None:
        """There was progress: what failed before doesn't count any more."""
        self.failures = 0
        self._tried = self._patience.clock()
        self._failed_since: float | None = None
        self._silent_since: float | None = None

    def failed(self, error: Transient) -> None:
        """Wait for the next try, or raise `error` when there is to be none. Raises Cancelled while waiting."""
        patience, now = self._patience, self._patience.clock()
        took, self.failures = now - self._tried, self.failures + 1
        pause = patience.random() * min(patience.longest, patience.first * 2 ** (self.failures - 1))
        if self._failed_since is None:
            self._failed_since = now
        late = self.failures >= patience.tries or now + pause - self._failed_since > patience.seconds
        if isinstance(error, Unavailable):
            # A try that took long had a connection and lost it; only a short one was without an answer throughout.
            mute = took if took <= patience.offline_seconds else 0.0
            if self._silent_since is None:
                self._silent_since = now - mute
            late |= now + pause + mute - self._silent_since > patience.offline_seconds
        else:
            self._silent_since = None
        if late:
            raise error
        patience.wait(self._control, pause)
        self._tried = patience.clock()


class RetryingStore(Wrapper):
    """`inner`, each Transient error tried again for a while; all other errors come through at once.

    A listing that breaks off begins anew and gives only what it hasn't given. A read goes on where it broke off, if the
    object is still the same (else Changed). A put or copy that finds its expectation broken after a lost answer looks
    whether its own earlier try is what lies there: then it succeeded. The engines' own retries have to be off.
    """

    def __init__(self, inner: Store, patience: Patience | None = None) -> None:
        super().__init__(inner)
        self._patience = patience or Patience()

    def under(self, control: Control) -> RetryingStore:
        view = RetryingStore(self._inner.under(control), self._patience)
        view._control = control
        return view

    def list(self, prefix: str = "", *, tree: bool = False, expected: Sequence[str] = ()) -> Iterator[Page]:
        seen: set[str] = set()
        again, trial = False, self._trial()
        while True:
            try:
                for page in self._inner.list(prefix, tree=tree, expected=expected):
                    new = _without(page, seen) if again else page
                    seen.update(entry.path for entry in new.entries)
                    seen.update(one.path for one in new.left_out)
                    if new.entries or new.left_out or not again:
                        yield new
                        trial.restart()
                return
            except Transient as error:
                again = True
                trial.failed(error)

    def head(self, key: str) -> Entry:
        return self._again(lambda: self._inner.head(key))

    @contextmanager
    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[Reader]:
        with ExitStack() as stack:

            def reopened(at: int) -> Reader:
                stack.close()
                return stack.enter_context(self._inner.read(key, at, end))

            yield _ResumingReader(self._again(lambda: reopened(start)), reopened, (start, end), self._trial())

    def get(self, key: str, most: int) -> tuple[Entry, bytes]:
        trial: _Trial | None = None
        while True:
            begun = self._patience.clock() if trial is None else 0.0
            try:
                return self._inner.get(key, most)
            except Transient as error:
                trial = trial or _Trial(self._patience, self._control, begun)
                trial.failed(error)

    def put(self, key: str, body: Body, *, expect: Expect = ANY) -> Entry:
        # Only where it matters: asking whether something is a protocol's costs as much as many a request.
        sent = _Retold(body)
        if body.size > WHOLE_BYTES and isinstance(body, PartedBody):
            sent = _PartedRetold(body)
        trial = self._trial()
        while True:
            try:
                return self._inner.put(key, sent, expect=expect)
            except Transient as error:
                sent.take_back()
                trial.failed(error)
            except Changed:
                if not trial.failures or (mine := self._mine(key, body)) is None:
                    raise
                sent.take_back()
                body.moved(body.size)
                return mine

    def copy(self, source: str, target: str, *, expect: Expect = ANY) -> Entry:
        trial = self._trial()
        while True:
            try:
                return self._inner.copy(source, target, expect=expect)
            except Transient as error:
                trial.failed(error)
            except Changed:
                if not trial.failures or (mine := self._mine(target, self.head(source))) is None:
                    raise
                return mine

    def delete(self, keys: Sequence[str]) -> None:
        left, failed, trial = keys, dict[str, ResourcesError](), self._trial()
        while left:
            try:
                self._inner.delete(left)
                break
            except Transient as error:
                trial.failed(error)
            except Incomplete as error:
                again = {key: why for key, why in error.failed.items() if isinstance(why, Transient)}
                failed.update((key, why) for key, why in error.failed.items() if key not in again)
                left = [key for key in left if key in again]
                try:
                    if left:
                        trial.failed(again[left[0]])
                    elif not failed:
                        raise
                except Transient:
                    failed.update(again)
                    break
        if failed:
            first = next(iter(failed.values()))
            message = f"{len(failed)} of {len(keys)} objects stay: {first.message}"
            raise Incomplete(message, hint=first.hint, failed=failed)

    def _trial(self) -> _Trial:
        return _Trial(self._patience, self._control)

    def _again(self, verb: Callable[[], T]) -> T:
        trial = self._trial()
        while True:
            try:
                return verb()
            except Transient as error:
                trial.failed(error)

    def _mine(self, key: str, meant: Body | Entry) -> Entry | None:
        """What lies at `key`, if it is what was meant to be put there."""
        try:
            there = self.head(key)
        except NotFound:
            return None
        digests = ((there.md5, meant.md5), (there.sha256, meant.sha256))
        known = [one == other for one, other in digests if one is not None and other is not None]
        return there if there.size == meant.size and known and all(known) else None


class _ResumingReader:
    """Gives out a range, opened again where it broke off."""

    def __init__(
        self, reader: Reader, reopened: Callable[[int], Reader], span: tuple[int, int | None], trial: _Trial
    ) -> None:
        self.entry = reader.entry
        self._reader: Reader | None = reader
        self._reopened = reopened
        self._start, self._end = span
        self._trial = trial

    def __iter__(self) -> Iterator[bytes]:
        at, end = self._start, self.entry.size if self._end is None else self._end
        self._trial.restart()
        while True:
            try:
                reader, self._reader = self._reader or self._same(self._reopened(at)), None
                for chunk in reader:
                    at += len(chunk)
                    yield chunk
                    self._trial.restart()
                return
            except Transient as error:
                if at == end:
                    return
                self._trial.failed(error)

    def _same(self, reader: Reader) -> Reader:
        if (reader.entry.etag, reader.entry.size) != (self.entry.etag, self.entry.size):
            raise Changed(f"{self.entry.path} changed while it was read", hint="repeat the line: it reads again")
        return reader


class _Retold:
    """A body whose progress can be taken back when a try is thrown away."""

    def __init__(self, body: Body) -> None:
        self._body = body
        self._told = 0

    @property
    def size(self) -> int:
        return self._body.size

    @property
    def md5(self) -> str | None:
        return self._body.md5

    @property
    def sha256(self) -> str | None:
        return self._body.sha256

    def whole(self) -> bytes:
        return self._body.whole()

    def chunks(self) -> Iterator[bytes]:
        return self._body.chunks()

    def moved(self, count: int) -> None:
        self._told += count
        self._body.moved(count)

    def take_back(self) -> None:
        if self._told:
            self.moved(-self._told)


class _PartedRetold(_Retold):
    """The same, for a body that can be sent in parts."""

    def __init__(self, body: PartedBody) -> None:
        super().__init__(body)
        self._parted = body

    @property
    def part_size(self) -> int:
        return self._parted.part_size

    @property
    def part_md5s(self) -> Sequence[str]:
        return self._parted.part_md5s

    def part(self, index: int) -> AbstractContextManager[Stretch]:
        return self._parted.part(index)

    def check(self) -> None:
        self._parted.check()


def _without(page: Page, seen: set[str]) -> Page:
    return Page(
        [entry for entry in page.entries if entry.path not in seen],
        [one for one in page.left_out if one.path not in seen],
    )
