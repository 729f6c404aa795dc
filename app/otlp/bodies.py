"""Request bodies, read and unpacked piece by piece: whatever is sent, no more than the limits is ever in memory.

Source of formats and answers: https://opentelemetry.io/docs/specs/otlp/#otlphttp
"""

import zlib
from collections.abc import AsyncIterator, Callable
from typing import Final

import zstandard

from app.otlp.refusals import RefusedError

MAX_SENT_BYTES: Final = 16 * 1024 * 1024
"""What a body may be on the wire."""

MAX_BODY_BYTES: Final = 32 * 1024 * 1024
"""What it may be unpacked."""

_GZIP_WINDOW: Final = 16 + zlib.MAX_WBITS
_MAX_WINDOW: Final = 8 * 1024 * 1024

Hold = Callable[[int], None]
"""Told of every piece that is kept, in bytes; may raise `RefusedError`."""


async def read_body(
    chunks: AsyncIterator[bytes], encoding: str, hold: Hold, *, limit_bytes: int = MAX_BODY_BYTES
) -> bytes:
    """Return a body, unpacked; raises `RefusedError` (400, 413, 415, and what `hold` raises)."""
    unpack = _choose(encoding)(hold, limit_bytes)
    sent = 0
    async for chunk in chunks:
        sent += len(chunk)
        if sent > MAX_SENT_BYTES:
            raise RefusedError(413, f"the request is larger than {MAX_SENT_BYTES} bytes")
        unpack.feed(chunk)
    return unpack.finish()


class _Plain:
    """A body as it is."""

    def __init__(self, hold: Hold, limit_bytes: int) -> None:
        self._hold = hold
        self._limit = limit_bytes
        self._parts: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> None:
        self._hold(len(chunk))
        self._parts.append(chunk)
        self._size += len(chunk)
        if self._size > self._limit:
            raise RefusedError(413, f"the body is larger than {self._limit} bytes")

    def finish(self) -> bytes:
        return self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)


class _Zlib(_Plain):
    """A gzip body."""

    window = _GZIP_WINDOW

    def __init__(self, hold: Hold, limit_bytes: int) -> None:
        super().__init__(hold, limit_bytes)
        self._unpacker = zlib.decompressobj(self.window)
        self._begun = False

    def feed(self, chunk: bytes) -> None:
        try:
            self._unpack(chunk)
        except zlib.error:
            raise RefusedError(400, "the body isn't compressed as its header says") from None

    def finish(self) -> bytes:
        if not self._unpacker.eof:
            raise RefusedError(400, "the compressed body is cut off")
        return super().finish()

    def _unpack(self, chunk: bytes) -> None:
        if not self._begun and chunk and self.window == zlib.MAX_WBITS:
            if chunk[0] & 0x0F != zlib.DEFLATED:
                self._unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
            self._begun = True
        while chunk:
            super().feed(self._unpacker.decompress(chunk, self._limit + 1 - self._size))
            chunk = self._unpacker.unconsumed_tail
            if self._unpacker.eof and (chunk or self._unpacker.unused_data):
                raise RefusedError(400, "the compressed body has something behind its end")


class _Deflate(_Zlib):
    """A deflate body: zlib's format, and the raw one that some senders mean is taken as well."""

    window = zlib.MAX_WBITS


class _Zstd(_Plain):
    """A zstd body."""

    def __init__(self, hold: Hold, limit_bytes: int) -> None:
        super().__init__(hold, limit_bytes)
        limits = zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW)
        self._unpacker = limits.decompressobj(write_size=64 * 1024, read_across_frames=False)

    def feed(self, chunk: bytes) -> None:
        # The library unpacks all it is fed at once; fed in small pieces it can't go far beyond the limit.
        for start in range(0, len(chunk), _ZSTD_PIECE):
            try:
                super().feed(self._unpacker.decompress(chunk[start : start + _ZSTD_PIECE]))
            except zstandard.ZstdError:
                raise RefusedError(400, "the body isn't compressed as its header says") from None

    def finish(self) -> bytes:
        if not self._unpacker.eof:
            raise RefusedError(400, "the compressed body is cut off")
        return super().finish()


_ZSTD_PIECE: Final = 512
"""Bytes; each may stand for a block of 128 KiB in four bytes, so for 16 MiB at the very most."""


def _choose(encoding: str) -> type[_Plain]:
    match encoding.strip().lower():
        case "" | "identity":
            return _Plain
        case "gzip" | "x-gzip":
            return _Zlib
        case "deflate":
            return _Deflate
        case "zstd":
            return _Zstd
        case _:
            raise RefusedError(415, "content encodings are gzip, deflate, zstd or none")
