"""The frames of a segment: a body as it was received, who sent it and when, a length and a checksum.

A frame is `length, checksum, header size` (little-endian, 4 + 4 + 2 bytes), the header as JSON, the body. The checksum
(CRC-32) covers header and body, so a frame that was cut off or overwritten is known for what it is.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct
from typing import Final

import orjson

from app.errors import SegmentError
from telemetry.volume import Encoding

MAX_FRAME_BYTES: Final = 64 * 1024 * 1024
_PREFIX: Final = Struct("<IIH")
_ENCODINGS: Final = {encoding.value: encoding for encoding in Encoding}


@dataclass(frozen=True, slots=True)
class Frame:
    """One accepted body; `origin` and `position` say which part of which file it was, "" and 0 for a request.

    `sender` is the id of the token that vouched for it, "" where nobody was asked.
    """

    repository: str
    received_ns: int
    encoding: Encoding
    body: bytes
    origin: str = ""
    position: int = 0
    sender: str = ""


def encode_frame(frame: Frame) -> tuple[bytes, bytes]:
    """Return a frame as two parts to be written one after the other, so that the body is never copied."""
    told = (frame.repository, frame.received_ns, frame.encoding, frame.origin, frame.position)
    header = orjson.dumps((*told, frame.sender))
    checksum = zlib.crc32(frame.body, zlib.crc32(header))
    length = len(header) + len(frame.body)
    if length > MAX_FRAME_BYTES:
        raise SegmentError(f"a frame of {length} bytes; at most {MAX_FRAME_BYTES} are kept")
    return _PREFIX.pack(length, checksum, len(header)) + header, frame.body


def read_frames(content: memoryview) -> Iterator[tuple[Frame, int]]:
    """Yield the whole frames at the start of `content`, each with the offset behind it; ends at the first torn one."""
    at = 0
    while at + _PREFIX.size <= len(content):
        length, checksum, size = _PREFIX.unpack_from(content, at)
        start, end = at + _PREFIX.size, at + _PREFIX.size + length
        if length > MAX_FRAME_BYTES or size > length or end > len(content):
            return
        if zlib.crc32(content[start:end]) != checksum:
            return
        frame = _read_frame(content[start : start + size], content[start + size : end])
        if frame is None:
            return
        yield frame, end
        at = end


def frame_bytes(content: bytes) -> int:
    """Return how long the frame at the start of `content` says it is, 0 when even that is cut off or absurd."""
    if len(content) < _PREFIX.size:
        return 0
    length: int = _PREFIX.unpack_from(content)[0]
    return _PREFIX.size + length if length <= MAX_FRAME_BYTES else 0


def _read_frame(header: memoryview, body: memoryview) -> Frame | None:
    try:
        # Frames of earlier versions don't tell of a sender.
        repository, received_ns, encoding, origin, position, *sender = orjson.loads(header)
        read = _ENCODINGS[encoding], bytes(body)
        return Frame(repository, received_ns, *read, origin, position, *sender)
    except (ValueError, KeyError, TypeError):
        return None
