"""Proposes fewer and otherwise ordered validators, where their time is worth more than what they may catch."""

from pydantic import JsonValue

from meta_agent.candidate import Candidate
from meta_agent.detectors.window import Window
from meta_agent.opportunity import Opportunity
from meta_agent.proposers.heuristic.knobs import word_title
from meta_agent.proposers.heuristic.settings import ProposerSettings
from meta_agent.validator_use import list_validators
from workflow import JsonPatch, StepNode, parse_patch


def propose_without_idle_validator(
    opportunity: Opportunity, window: Window, settings: ProposerSettings
) -> list[Candidate]:
    """Return the patch that removes the validator, only where its time costs more than all it may ever catch.

    It may catch as much as the upper bound of its rejections, and each may be worth a success.
    """
    node, numbers = window.workflow.node(opportunity.step_id), opportunity.numbers
    if node is None:
        return []
    saved_usd = numbers["mean_ms"] / 1000 * settings.roi.latency_usd_per_s
    at_risk_usd = numbers["rejection_rate_high"] * settings.roi.value_per_success_usd
    if saved_usd <= at_risk_usd:
        return []
    place = int(numbers["place"])
    only = len(list_validators(node)) == 1
    path = f"{node.pointer}/validators" + ("" if only else f"/{place}")
    return [
        Candidate(
            opportunity=opportunity,
            patch=parse_patch([{"op": "remove", "path": path}]),
            title=word_title("Spare", node.step_id, "a validator that never says no"),
            rationale=(
                f"{list_validators(node)[place]} accepted all of {numbers['asked']:.0f} answers and takes"
                f" {numbers['mean_ms'] / 1000:.1f} s each time. At most {numbers['rejection_rate_high']:.2%} of answers"
                " are such that it would refuse them (95 %); if each cost a whole run, its time would still cost more."
                " It is a guard, so whether it may go is for a person to say."
            ),
            source="heuristic:idle_validator",
            patch_class="validator_removal",
        )
    ]


def propose_validator_order(
    opportunity: Opportunity, window: Window, _settings: ProposerSettings
) -> list[Candidate]:
    """Return the patch that makes two validators change places."""
    node, numbers = window.workflow.node(opportunity.step_id), opportunity.numbers
    if node is None:
        return []
    place = int(numbers["place"])
    first, second = list_validators(node)[place : place + 2]
    return [
        Candidate(
            opportunity=opportunity,
            patch=_swap(node, place),
            title=word_title("Let the cheap validator of", node.step_id, "look first"),
            rationale=(
                f"{first} takes {numbers['first_ms']:.0f} ms and refuses {numbers['first_rejection_rate']:.1%},"
                f" {second} takes {numbers['second_ms']:.0f} ms and refuses"
                f" {numbers['second_rejection_rate']:.1%} of what is left. An answer must please both, so which are"
                " accepted stays the same. If they never refuse the same answer the other order spares"
                f" {numbers['saved_ms_per_answer']:.0f} ms each; the more of them both refuse, the more it spares."
            ),
            source="heuristic:validator_order",
            patch_class="validator_order",
        )
    ]


def _swap(node: StepNode, place: int) -> JsonPatch:
    validators = f"{node.pointer}/validators"
    operation: dict[str, JsonValue] = {
        "op": "move",
        "from": f"{validators}/{place + 1}",
        "path": f"{validators}/{place}",
    }
    return parse_patch([operation])
