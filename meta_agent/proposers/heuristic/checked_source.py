"""Proposes to check an answer where it is given, instead of failing on it further down."""

from functools import partial

from pydantic import JsonValue

from meta_agent.candidate import Candidate
from meta_agent.detectors.window import StepSample, Window
from meta_agent.late_failures import LateFailure, find_late_failures
from meta_agent.opportunity import Opportunity
from meta_agent.proposers.heuristic.knobs import set_knob, word_title
from meta_agent.proposers.heuristic.retry_value import (
    gain_of_retries,
    price_retry,
    value_success,
)
from meta_agent.proposers.heuristic.settings import ProposerSettings
from workflow import JsonPatch, StepNode, parse_patch


def propose_checked_source(
    opportunity: Opportunity, window: Window, settings: ProposerSettings
) -> list[Candidate]:
    """Return the patch that adds the validator to the source, with as many retries as pay for themselves."""
    sample = window.sample(opportunity.step_id)
    found = _find(opportunity, window)
    if sample is None or found is None:
        return []
    retries = max(sample.max_retries, _choose_retries(found, sample, window, settings))
    operations = [_add_validator(found).operations[0].to_json()]
    if retries > sample.max_retries:
        operations += set_knob(sample.node, "max_retries", retries).to_json()
    return [
        Candidate(
            opportunity=opportunity,
            patch=parse_patch([*operations]),
            title=word_title("Check", found.source.step_id, "where it answers"),
            rationale=_explain(found, retries),
            source="heuristic:checked_source",
            patch_class="validators",
        )
    ]


def _find(opportunity: Opportunity, window: Window) -> LateFailure | None:
    numbers = opportunity.numbers
    wanted = (opportunity.step_id, numbers["failures"], numbers["caught"])
    return next(
        (
            one
            for one in find_late_failures(window)
            if (one.source.step_id, float(one.failed), float(one.caught)) == wanted
        ),
        None,
    )


def _add_validator(found: LateFailure) -> JsonPatch:
    node, check = found.source, found.check.to_json()
    path = f"{node.pointer}/validators"
    if _validators(node):
        return parse_patch([{"op": "add", "path": f"{path}/-", "value": check}])
    op = "replace" if "validators" in node.raw else "add"
    return parse_patch([{"op": op, "path": path, "value": [check]}])


def _validators(node: StepNode) -> JsonValue:
    return node.raw.get("validators")


def _choose_retries(
    found: LateFailure, sample: StepSample, window: Window, settings: ProposerSettings
) -> int:
    """Return the fewest retries of most expected value: each is answered like any other attempt."""
    success_usd = value_success(sample, window, settings.roi)
    gains_usd = [
        gain_of_retries(
            retries,
            lambda _: 1 - found.rejection_rate,
            success_usd=success_usd,
            retry_usd=partial(price_retry, sample, settings.roi),
        )
        for retries in range(settings.max_retries + 1)
    ]
    # More retries than leave one refusal in a thousand are insurance nobody notices.
    enough = next(
        (n for n in range(len(gains_usd)) if found.rejection_rate ** (n + 1) <= 0.001),
        len(gains_usd) - 1,
    )
    return min(enough, gains_usd.index(max(gains_usd)))


def _explain(found: LateFailure, retries: int) -> str:
    again = f"one more attempt, up to {retries}" if retries else "the run too, but earlier"
    return (
        f"{found.reader.step_id} failed on {found.failed} of {found.failed + found.worked} recorded answers."
        f" {found.check.reference} would have refused {found.caught} of them and {found.refused} of the others, counted"
        f" on answers it wasn't learnt from. At the source a refusal costs {again}; further down it costs the run."
    )
