"""Errors of pydantic-ai and its providers → the closed set of error classes, and a message without payloads.

A provider's error text may repeat the prompt or the key, so it is not passed on; it stays in `__cause__`. pydantic-ai
is imported inside the functions, as in `model_agents`.
"""

from telemetry import ErrorClass
from workflow import classify_exception


class OutputSchemaError(Exception):
    """Raised for an answer that doesn't fit the agent's `output_schema`; names the rule broken, never the answer."""

    def __init__(self, rule: str) -> None:
        self.rule = rule
        super().__init__(f"the answer breaks a rule of output_schema: {rule}")


def classify_model_error(error: Exception) -> ErrorClass:
    """Return why the attempt failed; what pydantic-ai doesn't name goes by type and HTTP status."""
    from pydantic_ai.exceptions import ModelAPIError

    if isinstance(error, OutputSchemaError):
        return ErrorClass.INVALID_OUTPUT
    for kinds, error_class in _table():
        if isinstance(error, kinds):
            return error_class
    found = classify_exception(error)
    is_unreadable = found is ErrorClass.CRASH and isinstance(error, ModelAPIError)
    return ErrorClass.INVALID_OUTPUT if is_unreadable else found


def explain_model_error(error: Exception) -> str:
    """Say what failed in one line: our own side in full, the provider's by its kind and status only."""
    from pydantic_ai.exceptions import UserError

    if isinstance(error, UserError | OutputSchemaError):
        return str(error)
    status = getattr(error, "status_code", None)
    kind = type(error).__name__.removeprefix("_HTTP")
    return f"{kind} (HTTP {status})" if isinstance(status, int) else kind


def _table() -> tuple[tuple[tuple[type[Exception], ...], ErrorClass], ...]:
    """Return the classes in order of precedence: what is more specific comes first."""
    from pydantic_ai import exceptions as model

    return (
        ((model.ModelTimeoutError, model.ModelRequestTimeout, TimeoutError), ErrorClass.TIMEOUT),
        ((model.ModelRateLimitError,), ErrorClass.RATE_LIMITED),
        ((model.ModelUnavailableError, model.ModelServerError), ErrorClass.UNAVAILABLE),
        ((model.ModelConnectionError,), ErrorClass.CONNECTION),
        (
            (model.ModelQuotaExceededError, model.ModelAuthenticationError),
            ErrorClass.REJECTED,
        ),
        ((model.ContentFilterError,), ErrorClass.REJECTED),
        ((model.ModelRequestRejectedError, model.UserError), ErrorClass.INVALID_INPUT),
        ((model.UnexpectedModelBehavior,), ErrorClass.INVALID_OUTPUT),
    )
