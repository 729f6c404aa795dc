"""Policies that can't mean what they say: dead, toothless, impossible, contradictory."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from policy_dsl.errors import ExpressionError
from policy_dsl.expression import Expression, compile_condition
from policy_dsl.policies import Policy
from policy_dsl.schema import RecordType
from policy_dsl.worlds import outcomes


class LintKind(StrEnum):
    """What is wrong with a policy."""

    INVALID = "invalid"
    DEAD = "dead"
    CANNOT_FAIL = "cannot-fail"
    NEVER_HOLDS = "never-holds"
    CONTRADICTORY = "contradictory"
    NEVER_EQUAL = "never-equal"


@dataclass(frozen=True, slots=True)
class Lint:
    """A finding about one policy; `expression` is the part it is about, `column` counts its characters from 1."""

    policy_id: str
    kind: LintKind
    message: str
    expression: str
    column: int = 1


@dataclass(frozen=True, slots=True)
class _Compiled:
    policy: Policy
    when: Expression
    required: Expression


def lint_policies(policies: Iterable[Policy], schema: RecordType | None = None) -> tuple[Lint, ...]:
    """Return the findings in the order of the policies, those about pairs last; each is proven, none a guess."""
    compiled: list[_Compiled] = []
    lints: list[Lint] = []
    for policy in policies:
        found = _compile(policy, schema)
        if isinstance(found, Lint):
            lints.append(found)
        else:
            compiled.append(found)
            lints.extend(_lint(found))
    lints.extend(_contradictions(compiled))
    return tuple(lints)


def _compile(policy: Policy, schema: RecordType | None) -> _Compiled | Lint:
    source = policy.when
    try:
        when = compile_condition(source, schema)
        source = policy.assert_
        return _Compiled(policy, when, compile_condition(source, schema))
    except ExpressionError as error:
        hint = f"; {error.suggestion}" if error.suggestion else ""
        return Lint(policy.id, LintKind.INVALID, error.message + hint, source, error.column)


def _lint(compiled: _Compiled) -> Iterator[Lint]:
    policy, when, required = compiled.policy, compiled.when, compiled.required
    for comparison in (*when.never_equal, *required.never_equal):
        message = "compares values of different kinds, which are never equal: nothing is converted"
        yield Lint(policy.id, LintKind.NEVER_EQUAL, message, comparison)
    worlds = outcomes(when, required)
    if worlds is None:
        return
    found = {held for fires, held in worlds if fires is True}
    if not found:
        yield Lint(policy.id, LintKind.DEAD, "`when` is never true", policy.when)
    elif found == {True}:
        yield Lint(policy.id, LintKind.CANNOT_FAIL, "`assert` is always true", policy.assert_)
    elif True not in found:
        yield Lint(policy.id, LintKind.NEVER_HOLDS, "`assert` is never true", policy.assert_)
    elif False not in found:
        message = "`assert` can only fail where a value is missing or of another kind"
        yield Lint(policy.id, LintKind.CANNOT_FAIL, message, policy.assert_)


def _contradictions(compiled: Sequence[_Compiled]) -> Iterator[Lint]:
    for one, other in combinations(compiled, 2):
        if one.required.names & other.required.names and _contradict(one, other):
            message = f"can't hold together with {other.policy.id!r} where both apply"
            yield Lint(one.policy.id, LintKind.CONTRADICTORY, message, one.policy.assert_)


def _contradict(one: _Compiled, other: _Compiled) -> bool:
    worlds = outcomes(one.when, one.required, other.when, other.required) or frozenset()
    both = [
        (first, second)
        for applies, first, also, second in worlds
        if applies is True and also is True
    ]
    satisfiable = any(first is True for first, _ in both) and any(
        second is True for _, second in both
    )
    return satisfiable and (True, True) not in both
