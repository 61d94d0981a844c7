"""Streams of bytes, cut to measure."""

from __future__ import annotations

from collections.abc import Generator, Iterator

from jupyter_resources.storage.protocol import STREAM_BYTES

__all__ = ["after", "joined", "part"]


def after(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    """What was taken from a stream, and the rest of it."""
    yield first
    yield from rest


def part(stream: Iterator[bytes], start: int, end: int) -> Iterator[bytes]:
    """Bytes `start` to `end` of a stream from its beginning."""
    at = 0
    for chunk in stream:
        if at + len(chunk) > start:
            yield chunk[max(0, start - at) : end - at]
        at += len(chunk)
        if at >= end:
            return


def joined(pieces: Iterator[bytes]) -> Generator[bytes]:
    """The same bytes in pieces of STREAM_BYTES: drivers give a few kilobytes at a time, or a few megabytes."""
    held = bytearray()
    for piece in pieces:
        held += piece
        while len(held) >= STREAM_BYTES:
            yield bytes(held[:STREAM_BYTES])
            del held[:STREAM_BYTES]
    if held:
        yield bytes(held)
