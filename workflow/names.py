"""The names expressions may mention: those of conditions, and those of a finished run."""

from policy_dsl import ANY, BOOL, NUMBER, TEXT, ListType, MapType, OptionalType, RecordType
from telemetry import ErrorClass

CONDITION_NAMES = RecordType(
    {
        "previous_step": ANY,
        "steps": ANY,
        "context": ANY,
        "input": ANY,
        "this": ANY,
        "iteration": NUMBER,
    }
)
"""What a condition or a loop's exit may mention; the values have no declared shape."""

_STEP = RecordType(
    {
        "step_id": TEXT,
        "name": TEXT,
        "success": BOOL,
        "error": OptionalType(TEXT),
        "output": ANY,
        "latency_ms": NUMBER,
        "cost_usd": NUMBER,
        "tokens": NUMBER,
        "attempts": NUMBER,
        "retries": NUMBER,
        "branch": TEXT,
        "iteration": NUMBER,
    }
)

RESULT_NAMES = RecordType(
    {
        "result": RecordType(
            {
                "output": ANY,
                "score": OptionalType(NUMBER),
                "success": BOOL,
                "error": OptionalType(TEXT),
                "total_cost_usd": NUMBER,
                "total_tokens": NUMBER,
                "latency_ms": NUMBER,
                "retries": NUMBER,
                "path": ListType(TEXT),
                "pii": ListType(TEXT),
                "steps": ListType(_STEP),
                "step": MapType(_STEP),
            }
        )
    }
)
"""What a run-time policy or a test's assertion may mention."""

PRE_MERGE_NAMES = RecordType(
    {
        "patch": RecordType({"operations": NUMBER, "steps": ListType(TEXT)}),
        "tier": TEXT,
        "roi": OptionalType(RecordType({"low": NUMBER, "mid": NUMBER, "high": NUMBER})),
        "evidence": RecordType({"verdict": TEXT, "pairs": NUMBER}),
    }
)
"""What a policy may mention when it judges a patch before it is merged."""

POLICY_NAMES = RecordType({**RESULT_NAMES.fields, **PRE_MERGE_NAMES.fields})
"""Every name a policy may mention; which of the two moments it is judged at follows from what it mentions."""

MOCK_ERRORS = tuple(error.value for error in ErrorClass if error)
