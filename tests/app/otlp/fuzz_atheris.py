"""Coverage-guided fuzzing of request bodies: `python tests/app/otlp/fuzz_atheris.py [libFuzzer options] [corpus]`.

Whatever the bytes, in whichever packing: a body is taken or refused with a reason, and what was taken can be read by
the worker, with as many spans as the sender was told.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

import atheris  # type: ignore[import-untyped, import-not-found, unused-ignore]

with atheris.instrument_imports(include=["telemetry", "app.otlp"]):
    from app.otlp.bodies import read_body
    from app.otlp.refusals import RefusedError
    from telemetry import OtlpError
    from telemetry.volume import Encoding, RowReader, Rows, check_body

_PACKINGS = ("", "gzip", "deflate", "zstd")
_LIMIT_BYTES = 1_000_000


def try_one(data: bytes) -> None:
    """Take the first byte as encoding and packing, the rest as the body; raises what must never be raised."""
    if not data:
        return
    encoding = tuple(Encoding)[data[0] & 1]
    packing = _PACKINGS[data[0] >> 1 & 3]
    try:
        body = asyncio.run(
            read_body(_in_pieces(data[1:]), packing, lambda _: None, limit_bytes=_LIMIT_BYTES)
        )
        assert len(body) <= _LIMIT_BYTES
        found = check_body(body, encoding)
    except (RefusedError, OtlpError):
        return
    read = Rows()
    RowReader().read(body, encoding, read, source=0, tenant="")
    counted = len(read.rows) + read.misplaced + read.foreign
    assert counted == found.accepted, (counted, found)


async def _in_pieces(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 700):
        yield content[start : start + 700]


if __name__ == "__main__":
    atheris.Setup(sys.argv, try_one)
    atheris.Fuzz()
