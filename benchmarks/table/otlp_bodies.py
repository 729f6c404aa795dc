"""Makes OTLP requests as a fleet of workers would send them: runs of model calls, every id and figure different.

Written byte by byte, because protobuf's own objects would take longer to build than everything that is measured.
"""

import random
import time

from telemetry import attributes as names

SPANS_PER_BATCH = 500
STEPS = 1_000
"""Over ten workflows of a hundred steps."""

_STEPS_PER_RUN = 12
_RUNS_PER_BATCH = SPANS_PER_BATCH // (1 + 2 * _STEPS_PER_RUN)
_WORKFLOWS = 10


def make_bodies(batches: int, *, seed: int = 0) -> list[bytes]:
    """Return requests in protobuf, a whole number of runs in each."""
    chance = random.Random(seed)
    return [_field(1, _resource_spans(chance)) for _ in range(batches)]


def _resource_spans(chance: random.Random) -> bytes:
    resource = _field(1, _field(1, _text("service.name", "support-workers")))
    spans = b"".join(_field(2, span) for _ in range(_RUNS_PER_BATCH) for span in _run(chance))
    scope = _field(1, _field(1, b"flujo"))
    return resource + _field(2, scope + spans)


def _run(chance: random.Random) -> list[bytes]:
    workflow = chance.randrange(_WORKFLOWS)
    trace, root = chance.randbytes(16), chance.randbytes(8)
    run_id = chance.randbytes(16).hex()
    at_ns = time.time_ns() - 60 * 10**9 - chance.randrange(3600 * 10**9)
    shared = b"".join(
        _attribute(name, value)
        for name, value in (
            (names.SPEC_SHA256, f"{workflow:02x}" * 32),
            (names.SPEC_PATH, f"workflows/support-{workflow}.flow.yaml"),
            (names.RUN_ID, run_id),
            (names.ERROR_CLASS, ""),
            ("session.id", run_id),
            ("deployment.environment.name", "production"),
        )
    )
    spans = [_span(trace, root, b"", "run", "/", at_ns, 10**10, shared + _outcome("ok"))]
    for number in range(_STEPS_PER_RUN):
        step = chance.randrange(STEPS // _WORKFLOWS)
        own, took_ns = chance.randbytes(8), chance.randrange(10**8, 4 * 10**9)
        failed = chance.random() < 0.02
        rest = shared + _step(step, chance) + _outcome("error" if failed else "ok")
        begun_ns = at_ns + number * 10**6
        step_id = f"route/refund/step_{step}"
        spans.append(_span(trace, own, root, "step", step_id, begun_ns, took_ns, rest))
        call = rest + _call(chance)
        spans.append(
            _span(trace, chance.randbytes(8), own, "attempt", step_id, begun_ns, took_ns, call)
        )
    return spans


def _step(step: int, chance: random.Random) -> bytes:
    return (
        _attribute(names.YAML_PATH, f"steps[2].branches.refund.steps[{step}]")
        + _attribute(names.STEP_KIND, "step")
        + _attribute(names.BRANCH, "refund")
        + _attribute(names.ITERATION, 0)
        + _attribute(names.INPUT_HASH, chance.randbytes(16).hex())
    )


def _call(chance: random.Random) -> bytes:
    values: dict[str, str | int] = {
        names.ATTEMPT: 1,
        names.OPERATION_NAME: "chat",
        names.PROVIDER_NAME: "openai",
        names.REQUEST_MODEL: "gpt-4o-mini",
        names.RESPONSE_MODEL: "gpt-4o-mini-2024-07-18",
        names.INPUT_TOKENS: chance.randrange(200, 4_000),
        names.OUTPUT_TOKENS: chance.randrange(20, 900),
        names.COST_USD: f"0.{chance.randrange(1, 20_000):07d}",
        "gen_ai.response.id": f"chatcmpl-{chance.randbytes(14).hex()}",
        "gen_ai.response.finish_reasons": "stop",
        "gen_ai.request.temperature": "0.2",
        "gen_ai.request.max_tokens": 1024,
        "gen_ai.conversation.id": chance.randbytes(16).hex(),
        "server.address": "api.openai.com",
        "server.port": 443,
    }
    return b"".join(_attribute(name, value) for name, value in values.items())


def _outcome(outcome: str) -> bytes:
    return _attribute(names.OUTCOME, outcome)


def _span(
    trace: bytes,
    own: bytes,
    parent: bytes,
    role: str,
    step_id: str,
    start_ns: int,
    took_ns: int,
    attributes: bytes,
) -> bytes:
    times = b"\x39" + start_ns.to_bytes(8, "little")
    times += b"\x41" + (start_ns + took_ns).to_bytes(8, "little")
    head = _field(1, trace) + _field(2, own) + (_field(4, parent) if parent else b"")
    named = _attribute(names.SPAN_ROLE, role) + _attribute(names.STEP_ID, step_id)
    return head + _field(5, step_id.encode()) + b"\x30\x03" + times + named + attributes


def _attribute(key: str, value: str | int) -> bytes:
    return _field(9, _text(key, value) if isinstance(value, str) else _number(key, value))


def _text(key: str, value: str) -> bytes:
    return _field(1, key.encode()) + _field(2, _field(1, value.encode()))


def _number(key: str, value: int) -> bytes:
    return _field(1, key.encode()) + _field(2, b"\x18" + _varint(value))


def _field(number: int, content: bytes) -> bytes:
    return bytes((number << 3 | 2,)) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)
