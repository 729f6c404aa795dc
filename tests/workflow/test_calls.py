"""How failures are classified, and how a skill declares what it does."""

from typing import Literal

import pytest

from telemetry import ErrorClass
from workflow import AttemptError, SideEffects, classify_exception, skill
from workflow.calls import Declaration, declaration_of


class HttpError(Exception):
    def __init__(self, **fields: object) -> None:
        vars(self).update(fields)


@pytest.mark.parametrize(
    ("error", "error_class"),
    [
        (AttemptError(ErrorClass.REJECTED, "no"), ErrorClass.REJECTED),
        (AttemptError(ErrorClass.NONE, "a failure all the same"), ErrorClass.CRASH),
        (HttpError(error_class=ErrorClass.UNAVAILABLE), ErrorClass.UNAVAILABLE),
        (HttpError(error_class="unavailable"), ErrorClass.CRASH),
        (TimeoutError(), ErrorClass.TIMEOUT),
        (HttpError(status=429), ErrorClass.RATE_LIMITED),
        (HttpError(status_code=503), ErrorClass.UNAVAILABLE),
        (HttpError(code=500), ErrorClass.UNAVAILABLE),
        (HttpError(code=404), ErrorClass.CRASH),
        (HttpError(code="E42", status=503), ErrorClass.UNAVAILABLE),
        (ConnectionResetError(), ErrorClass.CONNECTION),
        (KeyError("x"), ErrorClass.CRASH),
    ],
)
def test_an_exception_has_one_class(error: Exception, error_class: ErrorClass) -> None:
    assert classify_exception(error) is error_class


@pytest.mark.parametrize("kind", ["pure", "idempotent", "effect"])
def test_a_declared_skill_stays_the_function_it_was(
    kind: Literal["pure", "idempotent", "effect"],
) -> None:
    @skill(side_effects=kind)
    def double(x: int) -> int:
        return 2 * x

    assert double(2) == 4
    assert declaration_of(double) == Declaration(SideEffects(kind))


def test_an_unknown_declaration_is_refused() -> None:
    with pytest.raises(ValueError, match="harmless"):
        skill(side_effects="harmless")  # type: ignore[arg-type]
