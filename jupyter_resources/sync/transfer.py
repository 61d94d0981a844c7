"""Doing one step: a file from one store to another, verified, tried again when it changes under the reading."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from jupyter_resources.core.control import Control
from jupyter_resources.core.entry import Entry
from jupyter_resources.core.errors import AlreadyExists, Changed, Damaged, NotFound, ResourcesError
from jupyter_resources.core.events import Moved, Reporter
from jupyter_resources.core.gate import Gate
from jupyter_resources.core.steps import Action, Step
from jupyter_resources.storage.bodies import BytesBody, FileBody, ReaderBody, arrived
from jupyter_resources.storage.protocol import ANY, STREAM_BYTES, WHOLE_BYTES, Body, Capability, Expect, Reader
from jupyter_resources.storage.ranged import ranged
from jupyter_resources.storage.smallfile import Grown, SmallFile
from jupyter_resources.sync.digests import still
from jupyter_resources.sync.plan import same
from jupyter_resources.sync.settle import Side

__all__ = ["Done", "Transfer"]

MANY = 64
"""The most threads that work on small local files at once."""
TRIES = 3
PAUSE_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Done:
    """What a step became: the target's new entry, and the source's with the digests of what was read."""

    step: Step
    source: Entry | None
    target: Entry | None


class Transfer:
    """Copies between two sides for one plan. Its methods run in many threads at once."""

    def __init__(self, source: Side, target: Side, control: Control, emit: Reporter) -> None:
        self._source, self._target = source, target
        self._gate = Gate(MANY)
        self._from, self._to = source.under(control), target.under(control)
        self._control = control
        self._emit = emit

    def run(self, step: Step) -> Done:
        """Do a copy or a reuse. Raises what stops it; then the target holds what it held before."""
        if step.action is Action.REUSE:
            done = self._reuse(step)
            if done is not None:
                return done
        return self._copy(step)

    def _reuse(self, step: Step) -> Done | None:
        """Copy within the target; None when what lies there is no longer that content, so that it has to travel."""
        assert step.held_at is not None and step.source is not None
        try:
            made = self._to.copy(step.held_at.path, step.path, expect=self._expected(step))
        except NotFound:
            return None
        if same(made, step.source) is None:
            made = self._to.head(step.path)
        if same(made, step.source):
            return Done(step, step.source, made)
        return self._copy(step._replace(action=Action.COPY, target=made))

    def _copy(self, step: Step) -> Done:
        for attempt in range(1, TRIES + 1):
            moved = _Count(step.path, self._emit)
            try:
                if step.size <= STREAM_BYTES and (small := self._small(step, moved)) is not None:
                    return self._put(step, small)
                with self._body(step, moved) as body:
                    return self._put(step, body)
            except (Changed, Damaged) as error:
                moved.take_back()
                if attempt == TRIES or (isinstance(error, Changed) and not self._source_moved(step)):
                    raise
                self._control.wait(PAUSE_SECONDS * attempt)
            except BaseException:
                moved.take_back()
                raise
        raise AssertionError("the last try raises or returns")

    def _put(self, step: Step, body: Body) -> Done:
        assert step.source is not None
        try:
            if self._target.root is not None and step.size <= STREAM_BYTES:
                with self._gate.passed():
                    made = self._to.put(step.path, body, expect=self._expected(step))
            else:
                made = self._to.put(step.path, body, expect=self._expected(step))
        except (Changed, AlreadyExists):
            there = self._same_there(step, body)
            if there is None:
                raise
            made = there
        sent = Entry(step.path, body.size, md5=body.md5, sha256=body.sha256)
        if same(made, sent) is False:
            self._to.delete([step.path])  # the old content is gone in any case: better nothing than something else
            raise Damaged(
                f"{step.path} was stored with other bytes than were sent ({made.size} instead of {body.size})",
                hint="repeat the line; if it happens again, the server is at fault",
            )
        if made.md5 is None and made.sha256 is None:
            made = made.knowing(body.md5, body.sha256)
        return Done(step, step.source.knowing(body.md5, body.sha256), made)

    def _same_there(self, step: Step, body: Body) -> Entry | None:
        """What another writer put at the target meanwhile, if it is just what we were to put."""
        try:
            if body.md5 is None and body.sha256 is None:
                for _ in body.chunks():  # the store looked before it read
                    self._control.check()
            there = self._to.head(step.path)
            mine = Entry(step.path, body.size, md5=body.md5, sha256=body.sha256)
            if same(mine, there) is None and there.size == body.size:
                with self._to.read(step.path) as reader:
                    content = ReaderBody(lambda: reader, there)
                    for _ in content.chunks():
                        self._control.check()
                    there = there.knowing(content.md5, content.sha256)
            return there if same(mine, there) else None
        except ResourcesError:
            self._control.check()
            return None

    def _expected(self, step: Step) -> Expect:
        if step.target is None:
            return None
        return ANY if step.target.etag is None else step.target.etag

    def _source_moved(self, step: Step) -> bool:
        """Whether it was a file of the source that changed, which is worth another try.

        Not where somebody else changed the target, and not for an object: it has to be the one that was listed.
        """
        assert step.source is not None
        if self._source.root is None:
            return False
        return not still(self._source.path_of(step.path), step.source)

    def _reading(self, entry: Entry) -> AbstractContextManager[Reader]:
        if entry.size > WHOLE_BYTES and Capability.RANGES in self._from.capabilities:
            return ranged(self._from, entry.path, self._control)
        return self._from.read(entry.path)

    def _small(self, step: Step, moved: _Count) -> Body | None:
        """All of a small file or object, checked; None for a file that has grown since it was listed."""
        assert step.source is not None
        if self._source.root is not None:
            path = self._source.path_of(step.path)
            try:
                with self._gate.passed():
                    return SmallFile(path, moved)
            except Grown:
                return None
        entry, content = self._from.get(step.path, STREAM_BYTES)
        body = arrived(entry, content, step.source, moved)
        return body if self._target.root is not None else BytesBody(content, moved)

    @contextmanager
    def _body(self, step: Step, moved: _Count) -> Iterator[Body]:
        """The source's bytes in the form that the target takes."""
        assert step.source is not None
        if self._source.root is not None:
            yield FileBody(self._source.path_of(step.path), moved)
            return
        with self._reading(step.source) as reader:
            body = ReaderBody(lambda: reader, step.source, moved)
            if self._target.root is not None:
                yield body
            elif body.size <= WHOLE_BYTES:
                yield BytesBody(body.whole(), moved)
            else:
                with _spooled(body) as path:
                    yield FileBody(path, moved)


class _Count:
    """Tells how many bytes of one file have travelled, and takes it back when a try is thrown away."""

    def __init__(self, path: str, emit: Reporter) -> None:
        self._path, self._emit, self._sum = path, emit, 0

    def __call__(self, count: int) -> None:
        self._sum += count
        self._emit(Moved(self._path, count))

    def take_back(self) -> None:
        if self._sum:
            self._emit(Moved(self._path, -self._sum))
            self._sum = 0


@contextmanager
def _spooled(body: Body) -> Iterator[str]:
    """A large body in a temporary file, because the target takes it in parts."""
    with tempfile.NamedTemporaryFile(prefix="jtres-") as spool:
        for chunk in body.chunks():
            spool.write(chunk)
        spool.flush()
        yield spool.name
