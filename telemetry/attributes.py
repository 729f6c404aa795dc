"""The wire contract: names of the span attributes, and the closed sets of their values.

Every span Flujo emits, at every depth, carries all attributes of `IDENTITY`; what doesn't apply is empty (`""`, `0`, or
a null `AnyValue` for the score), never missing. Model spans add the OpenTelemetry GenAI names
(https://opentelemetry.io/docs/specs/semconv/gen-ai/).
"""

from enum import StrEnum

CONTRACT_VERSION = "1"
"""Version of the instrumentation scope `flujo`; it grows when a name below changes its meaning."""

SPEC_SHA256 = "flujo.spec_sha256"
SPEC_PATH = "flujo.spec_path"
REPOSITORY = "flujo.repository"
YAML_PATH = "flujo.yaml_path"
STEP_ID = "flujo.step_id"
STEP_KIND = "flujo.step_kind"
RUN_ID = "flujo.run_id"
OUTCOME = "flujo.outcome"
ATTEMPT = "flujo.attempt"
ERROR_CLASS = "flujo.error_class"
SCORE = "flujo.score"
BRANCH = "flujo.branch"
ITERATION = "flujo.iteration"
INPUT_HASH = "flujo.input_hash"
SIMULATED = "flujo.simulated"
COST_USD = "flujo.cost_usd"
CACHE_HIT = "flujo.cache_hit"
VALIDATORS_MS = "flujo.validators_ms"
SPAN_ROLE = "flujo.span_role"
GOVERNOR_BREACHED = "flujo.governor_breached"

IDENTITY = (
    SPEC_SHA256,
    YAML_PATH,
    STEP_ID,
    RUN_ID,
    OUTCOME,
    ATTEMPT,
    ERROR_CLASS,
    SCORE,
    BRANCH,
    ITERATION,
    INPUT_HASH,
)

OPERATION_NAME = "gen_ai.operation.name"
PROVIDER_NAME = "gen_ai.provider.name"
REQUEST_MODEL = "gen_ai.request.model"
RESPONSE_MODEL = "gen_ai.response.model"
INPUT_TOKENS = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS = "gen_ai.usage.output_tokens"

WORKFLOW_STEP_ID = "/"
"""`step_id` of the root span: the workflow itself."""

WORKFLOW_YAML_PATH = "steps"
"""`yaml_path` of the root span: the list of its steps."""


class SpanRole(StrEnum):
    """What a span stands for: a whole run, one execution of a step, or one attempt of it."""

    RUN = "run"
    STEP = "step"
    ATTEMPT = "attempt"


class Outcome(StrEnum):
    """How a run, a step or an attempt ended."""

    OK = "ok"
    ERROR = "error"
    TIMEOUT = "timeout"
    CANCELLED = "cancelled"


class ErrorClass(StrEnum):
    """Why an attempt failed: a closed set, so that error text never has to be read."""

    NONE = ""
    TIMEOUT = "timeout"
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"
    CONNECTION = "connection"
    INVALID_INPUT = "invalid_input"
    INVALID_OUTPUT = "invalid_output"
    REJECTED = "rejected"
    POLICY = "policy"
    CRASH = "crash"


TRANSIENT = frozenset(
    {
        ErrorClass.TIMEOUT,
        ErrorClass.RATE_LIMITED,
        ErrorClass.UNAVAILABLE,
        ErrorClass.CONNECTION,
    }
)
"""Error classes for which another attempt may well succeed."""
