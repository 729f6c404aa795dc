"""Policies and what is known → violations. What can't be decided is a violation too."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from policy_dsl.errors import ExpressionError
from policy_dsl.explaining import Explained
from policy_dsl.expression import Expression, compile_condition
from policy_dsl.operators import is_missing
from policy_dsl.policies import Action, Enforcement, Policy
from policy_dsl.schema import RecordType
from policy_dsl.values import Failure, Value


class Reason(StrEnum):
    """Why a policy is violated: it is false, a value it needs is missing, or it could not be evaluated."""

    FALSE = "false"
    UNKNOWN = "unknown"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Violation:
    """A policy that doesn't hold; `expression` is the one that decided, `explained` its parts and their values."""

    policy_id: str
    action: Action
    enforcement: Enforcement
    message: str
    expression: str
    explained: tuple[Explained, ...]
    reason: Reason


def judge_policies(
    policies: Iterable[Policy], names: Mapping[str, object], *, schema: RecordType | None = None
) -> tuple[Violation, ...]:
    """Return the violations in the order of the policies.

    A `when` that is false, null or unknown doesn't fire. An error anywhere, or an `assert` that is anything but true,
    is a violation: doubt never opens a door.
    """
    found = (_judge(policy, names, schema) for policy in policies)
    return tuple(violation for violation in found if violation is not None)


_compiled = lru_cache(maxsize=1024)(compile_condition)


def _judge(
    policy: Policy, names: Mapping[str, object], schema: RecordType | None
) -> Violation | None:
    source = policy.when
    try:
        when = _compiled(source, schema)
        source = policy.assert_
        required = _compiled(source, schema)
    except ExpressionError as error:
        return _violation(policy, source, (), Reason.ERROR, str(error))
    fires = when.evaluate(names)
    if fires is False or is_missing(fires):
        return None
    if fires is not True:
        return _failed(policy, when, names, fires)
    held = required.evaluate(names)
    return None if held is True else _failed(policy, required, names, held)


def _failed(
    policy: Policy, expression: Expression, names: Mapping[str, object], value: Value
) -> Violation:
    explained = expression.explain(names)
    if value is False:
        return _violation(policy, expression.source, explained, Reason.FALSE, "it is false")
    if is_missing(value):
        why = "a value it needs is missing"
        return _violation(policy, expression.source, explained, Reason.UNKNOWN, why)
    why = value.reason if isinstance(value, Failure) else "it is neither true nor false"
    return _violation(policy, expression.source, explained, Reason.ERROR, why)


def _violation(
    policy: Policy, source: str, explained: tuple[Explained, ...], reason: Reason, why: str
) -> Violation:
    message = policy.message or f"{source}: {why}"
    return Violation(
        policy.id, policy.action, policy.enforcement, message, source, explained, reason
    )
