"""Reviews a change that people make to a spec: is it valid, what does it change, what do policies and past runs say.

A pure function of texts, settings and runs. Nothing of either version is executed; what the author of the change could
have written decides nothing about how it is judged: settings and policies are those of the base.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.settings import Settings
from app.use_cases.judge_before_merge import BrokenPolicy, judge_before_merge
from app.use_cases.predict_change import Predicted, Unpredicted, predict_change
from policy_dsl import Action, Policy
from telemetry import Run
from trust_tiers import Decision, classify
from workflow import (
    Diagnostic,
    GraphChange,
    Reprice,
    Severity,
    SpecError,
    Workflow,
    before_merge,
    diff_documents,
    diff_workflows,
    policies_in_force,
)

MOST_STEPS: Final = 2_000
"""Steps of a version that is compared: that takes seconds, and anybody may ask for it."""


@dataclass(frozen=True, slots=True)
class Grounding:
    """What every spec of a change is judged by; `organisation` and `settings` as the base has them."""

    settings: Settings
    organisation: tuple[Policy, ...] = ()
    runs: Sequence[Run] = ()
    reprice: Reprice | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """What there is to say of one spec; either version is None where there is none, or none that can be read.

    `faults` are errors of the new version, `unclear` says why something couldn't be judged.
    """

    path: str
    before: Workflow | None = None
    after: Workflow | None = None
    faults: tuple[Diagnostic, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()
    changes: tuple[GraphChange, ...] = ()
    decision: Decision | None = None
    broken: tuple[BrokenPolicy, ...] = ()
    predicted: Predicted | Unpredicted | None = None
    unclear: tuple[str, ...] = ()
    previous_path: str = ""
    is_removed: bool = False

    @property
    def is_valid(self) -> bool:
        """Whether the new version, if there is one, can be loaded."""
        return not self.faults

    @property
    def is_compared(self) -> bool:
        """Whether both versions are there and were compared."""
        return self.before is not None and self.after is not None and not self.unclear

    @property
    def forbidden(self) -> tuple[str, ...]:
        """What policies forbid about it."""
        return tuple(
            each.message
            for each in self.broken
            if each.action is Action.BLOCK_MERGE and not each.is_undecided
        )

    @property
    def is_clear(self) -> bool:
        """Whether everything about it could be judged."""
        return not self.unclear and not any(each.is_undecided for each in self.broken)


ReadVersion = Workflow | SpecError | str | None
"""A version of a spec as it was read: parsed, with errors, not readable for that reason, or not there."""


def review_change(
    path: str,
    before: ReadVersion,
    after: ReadVersion,
    grounding: Grounding,
    *,
    previous_path: str = "",
) -> Review:
    """Judge one spec of a change; `before` is the base's version."""
    unclear = _tell_unclear(before, after)
    old = before if isinstance(before, Workflow) else None
    if isinstance(after, SpecError):
        faults = _errors(after)
        return Review(path, old, faults=faults, unclear=unclear[:1], previous_path=previous_path)
    if not isinstance(after, Workflow):
        is_removed = after is None
        return Review(
            path, old, unclear=unclear, is_removed=is_removed, previous_path=previous_path
        )
    if old is None:
        return Review(path, None, after, unclear=unclear, warnings=after.warnings)
    if max(len(old.nodes), len(after.nodes)) > MOST_STEPS:
        unclear = (f"has more than {MOST_STEPS:,} steps, too many to compare here",)
        return Review(path, old, after, unclear=unclear, warnings=after.warnings)
    return _compare(path, old, after, grounding, previous_path)


def _compare(
    path: str, before: Workflow, after: Workflow, grounding: Grounding, previous_path: str
) -> Review:
    changes = tuple(diff_workflows(before, after))
    decision = classify(before, after, grounding.settings.tier_limits) if changes else None
    return Review(
        path,
        before,
        after,
        changes=changes,
        decision=decision,
        broken=tuple(_judge(before, after, decision, grounding)) if decision else (),
        predicted=_predict(before, after, grounding) if changes else None,
        previous_path=previous_path,
        warnings=after.warnings,
    )


def _judge(
    before: Workflow, after: Workflow, decision: Decision, grounding: Grounding
) -> Sequence[BrokenPolicy]:
    policies = before_merge(policies_in_force(before.spec, grounding.organisation))
    if not policies:
        return ()
    operations = len(diff_documents(before.document, after.document).operations)
    return judge_before_merge(policies, operations=operations, decision=decision)


def _predict(before: Workflow, after: Workflow, grounding: Grounding) -> Predicted | Unpredicted:
    return predict_change(before, after, grounding.runs, reprice=grounding.reprice)


def _errors(found: SpecError) -> tuple[Diagnostic, ...]:
    return tuple(each for each in found.diagnostics if each.severity is Severity.ERROR)


def _tell_unclear(before: ReadVersion, after: ReadVersion) -> tuple[str, ...]:
    told = []
    if isinstance(before, SpecError):
        told.append("the version before can't be read, so that there is nothing to compare with")
    elif isinstance(before, str):
        told.append(f"the version before: {before}")
    if isinstance(after, str):
        told.append(after)
    return tuple(told)
