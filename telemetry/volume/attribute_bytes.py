"""Attributes as the bytes they are on the wire: most are known by their bytes, the rest are read once.

A key is told from the first bytes of an attribute, so that what isn't of the contract is never taken apart, and the
usual values (a short text, a whole number) are read without protobuf.
"""

from typing import Any, Final

from telemetry.errors import OtlpError
from telemetry.otlp import KEPT_RESOURCE
from telemetry.spans import AttributeValue
from telemetry.volume import slots
from telemetry.volume.normalise import KNOWN_NAMES
from telemetry.volume.protobuf import KeyValue
from telemetry.volume.slots import IGNORED, Known, read_slot
from telemetry.wire import MAX_TEXT_CHARS

_MAX_REMEMBERED: Final = 65_536
_MAX_REMEMBERED_BYTES: Final = 256

Pair = tuple[str, AttributeValue]
"""An attribute's name and its value."""

_KEY: Final = 0x0A
_VALUE: Final = 0x12
_TEXT: Final = 0x0A
_NUMBER: Final = 0x18
_SHORT: Final = 128
"""Below it every length is one byte, and no text is longer than a name may be."""

_NOTHING: Final[Known] = (IGNORED, None)


class AttributeReader:
    """Reads attributes of the contract, and remembers what bytes mean from one body to the next."""

    def __init__(self) -> None:
        self.known: dict[bytes, Known] = {}

    def learn(self, raw: bytes) -> Known:
        """Return what bytes mean that aren't in `known`."""
        if len(raw) < 2 or raw[0] != _KEY or raw[1] >= _SHORT:
            return self._keep(raw, _read_slowly(raw))
        end = 2 + raw[1]
        name = _BY_HEAD.get(raw[:end])
        if name is None:  # not of the contract
            return self._keep(raw, _NOTHING)
        return self._keep(raw, _read_short(raw, end, name) or _read_slowly(raw))

    def _keep(self, raw: bytes, known: Known) -> Known:
        if len(raw) <= _MAX_REMEMBERED_BYTES:
            if len(self.known) >= _MAX_REMEMBERED:
                self.known.clear()
            self.known[raw] = known
        return known


def read_some(
    given: Any, wanted: frozenset[bytes], known: dict[bytes, Pair | None]
) -> dict[str, AttributeValue]:
    """Read the attributes of some names; prompts and answers among the others are never looked at."""
    pairs: dict[str, AttributeValue] = {}
    for raw in given:
        if raw in known:
            pair = known[raw]
        else:
            pair = _read_pair(raw) if _begins(raw, wanted) else None
            if len(raw) <= _MAX_REMEMBERED_BYTES:
                if len(known) >= _MAX_REMEMBERED:
                    known.clear()
                known[raw] = pair
        if pair is not None:
            pairs[pair[0]] = pair[1]
    return pairs


def _begins(raw: bytes, wanted: frozenset[bytes]) -> bool:
    return len(raw) > 1 and raw[0] == _KEY and raw[: 2 + raw[1]] in wanted


def _read_pair(raw: bytes) -> Pair | None:
    try:
        pair = KeyValue.FromString(raw)
        return pair.key.decode(), _read_value(pair.value)
    except (
        Exception
    ):  # protobuf's and the decoder's errors: an attribute nobody can read says nothing
        return None


def _read_short(raw: bytes, end: int, name: str) -> Known | None:
    """Read a short text or a whole number behind a key that ends at `end`; None for anything else."""
    size = len(raw) - end - 2
    if not 1 < size < _SHORT or raw[end] != _VALUE or raw[end + 1] != size:
        return None
    kind = raw[end + 2]
    if kind == _TEXT and raw[end + 3] == size - 2:
        text = raw[end + 4 :]
        if text.isascii():
            slot = slots.TEXT_SLOTS.get(name)
            return (slot, text.decode()) if slot else read_slot(name, text.decode())
    elif kind == _NUMBER:
        number = _read_varint(raw[end + 3 :])
        return None if number is None else read_slot(name, number)
    return None


def _read_varint(raw: bytes) -> int | None:
    """Return the number that fills `raw`, None for one that is negative or not written as everybody does."""
    number = 0
    for place, byte in enumerate(raw[:-1]):
        if byte < _SHORT:
            return None
        number |= (byte & 0x7F) << 7 * place
    last = raw[-1]
    if last >= _SHORT or len(raw) > 8 or (not last and len(raw) > 1):
        return None
    return number | last << 7 * (len(raw) - 1)


def _read_slowly(raw: bytes) -> Known:
    try:
        pair = KeyValue.FromString(raw)
        key = pair.key.decode()
    except Exception:  # protobuf's and the decoder's errors: whatever breaks the bytes
        return slots.BAD, 1
    if key not in slots.CONTRACT:
        return IGNORED, None
    try:
        return read_slot(key, _read_value(pair.value))
    except (UnicodeDecodeError, OtlpError):
        return slots.BAD, 1


def _read_value(value: Any) -> AttributeValue:
    match value.WhichOneof("value"):
        case "string_value":
            text: str = value.string_value.decode()
            if len(text) > MAX_TEXT_CHARS:
                raise OtlpError("a text is too long")
            return text
        case "bool_value":
            return bool(value.bool_value)
        case "int_value":
            return int(value.int_value)
        case "double_value":
            return float(value.double_value)
        case _:
            return None


def _head(key: str) -> bytes:
    return bytes((_KEY, len(key))) + key.encode()


KEPT_RESOURCE_HEADS: Final = frozenset(map(_head, KEPT_RESOURCE))
KNOWN_HEADS: Final = frozenset(map(_head, KNOWN_NAMES | slots.CONTRACT))
"""How attributes begin that are looked at, of a resource and of a span."""

_BY_HEAD: Final = {_head(key): key for key in slots.CONTRACT}
"""The bytes of a key with what stands before it → the key."""
