"""Policies on a run that has ended well: what they found is part of the result, and a breach fails it.

`FAIL_RUN` fails the run, unless the policy is advisory, or soft-mandatory and overridden with a reason. Every other
action is recorded in the result and in the run's span; whoever approves or merges reads it there.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache

from policy_dsl import Action, Enforcement, Policy, Violation, compile_condition, judge_policies
from telemetry import ErrorClass, Outcome
from workflow.engine.result import RunResult
from workflow.governance.result_facts import facts_about
from workflow.names import RESULT_NAMES

_compiled = lru_cache(maxsize=1024)(compile_condition)


def judge_result(
    result: RunResult, policies: Iterable[Policy], overrides: Mapping[str, str]
) -> RunResult:
    """Return the result with the violations found; `overrides` maps ids of soft-mandatory policies to reasons."""
    policies = tuple(policies)
    if not policies or not result.succeeded:
        return result
    facts = facts_about(result, _mentioned(policies))
    violations = judge_policies(policies, {"result": facts}, schema=RESULT_NAMES)
    fatal = [found for found in violations if _is_fatal(found)]
    binding = [found for found in fatal if not _is_overridden(found, overrides)]
    overridden = {
        found.policy_id: overrides[found.policy_id] for found in fatal if found not in binding
    }
    result = replace(result, violations=violations, overridden=overridden)
    if not binding:
        return result
    return replace(
        result,
        outcome=Outcome.ERROR,
        error_class=ErrorClass.POLICY,
        error=f"policy {binding[0].policy_id!r}: {binding[0].message}",
    )


def _mentioned(policies: Iterable[Policy]) -> frozenset[str]:
    sources = [source for policy in policies for source in (policy.when, policy.assert_)]
    return frozenset[str]().union(*(_compiled(source).names for source in sources))


def _is_fatal(violation: Violation) -> bool:
    advisory = violation.enforcement is Enforcement.ADVISORY
    return violation.action is Action.FAIL_RUN and not advisory


def _is_overridden(violation: Violation, overrides: Mapping[str, str]) -> bool:
    soft = violation.enforcement is Enforcement.SOFT_MANDATORY
    return soft and violation.policy_id in overrides
