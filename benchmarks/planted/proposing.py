"""The ways to propose that are compared: the product as it is, and three baselines that anybody could write."""

from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace

from pydantic import JsonValue

from app.adapters.price_list import reprice
from app.proposal import Proposal
from app.settings import parse_settings
from app.use_cases.choose_suggesting import choose_suggesting
from app.use_cases.suggest import Suggestions, suggest
from benchmarks.planted.models import LARGE, MIDDLE, SMALL
from benchmarks.planted.planting import (
    Cure,
    Document,
    set_config,
    set_model,
    settings_of,
    walk_steps,
)
from benchmarks.planted.simulate import Shown
from benchmarks.planted.world import World
from meta_agent import RoiSettings
from trust_tiers import RiskTier

_SMALLER = {LARGE.name: MIDDLE.name, MIDDLE.name: SMALL.name}
_P_ROLLBACK = 0.05


@dataclass(frozen=True)
class Proposed:
    """A change that is recommended, as the whole patched document; best first in its list.

    `fixed_usd` is what it costs once; `waits` behind another that touches the same place; the figures are net USD a
    month, None where the way of proposing gives none.
    """

    title: str
    kind: str
    patch_class: str
    document: Document
    fixed_usd: float
    review_minutes: float
    predicted: float | None = None
    low: float | None = None
    high: float | None = None
    waits: bool = False


def ask_product(world: World, shown: Shown) -> Suggestions:
    """Return what the product makes of the same runs and recordings, with the settings of the world's owner."""
    return suggest(
        world.workflow,
        shown.runs,
        shown.recordings,
        settings=choose_suggesting(parse_settings(write_settings(world))),
        reprice=reprice,
    )


def write_settings(world: World) -> str:
    """Return what the world's owner has written into the repository's settings."""
    return "\n".join(
        [
            "roi:",
            f"  value_per_success_usd: {world.roi.value_per_success_usd}",
            f"  latency_usd_per_s: {world.roi.latency_usd_per_s}",
            f"  runs_per_month: {world.roi.runs_per_month}",
            "models:",
            f"  allow: [{', '.join(world.allowed_models)}]",
        ]
    )


def recommend(world: World, suggestions: Suggestions) -> list[Proposed]:
    """Return what the product recommends: what it expects to bring more than it costs, in its order."""
    return [
        _present(world, proposal, proposal.roi.mid, waits=bool(proposal.behind))
        for proposal in suggestions.proposals
        if proposal.roi is not None and proposal.roi.mid > 0
    ]


def recommend_by_point_estimates(world: World, suggestions: Suggestions) -> list[Proposed]:
    """Return the product's proposals as their raw means rank them: no prior, no shrinkage."""
    valued = [
        (_raw_net_usd(proposal), proposal)
        for proposal in suggestions.proposals
        if proposal.roi is not None and not proposal.behind
    ]
    ranked = sorted(valued, key=lambda one: -one[0] / _minutes(world.roi, one[1]))
    return [
        replace(_present(world, proposal, value), low=None, high=None)
        for value, proposal in ranked
        if value > 0
    ]


def recommend_by_lint(world: World) -> list[Proposed]:
    """Return what the text of the spec alone suggests: four rules, in their order."""
    found: list[Proposed] = []
    for step in walk_steps(world.document):
        found += [_change(world, name, changes) for name, changes in _lint(step, world.document)]
    return sorted(found, key=lambda one: one.kind)


def recommend_costliest_first(world: World, shown: Shown) -> list[Proposed]:
    """Return a smaller model for each step that asks a larger one, the one that costs most first."""
    spent_usd: dict[str, float] = {}
    for run in shown.runs:
        for execution in run.steps:
            name = execution.step_id.rpartition("/")[2]
            spent_usd[name] = spent_usd.get(name, 0.0) + float(execution.cost_usd)
    agents = settings_of(world.document, "agents")
    dearest = sorted((name for name in spent_usd if name in agents), key=lambda n: -spent_usd[n])
    return [
        _change(world, "smaller model", document)
        for document in (_with_smaller_model(world.document, name) for name in dearest)
        if document is not None
    ]


def _present(
    world: World, proposal: Proposal, predicted: float, *, waits: bool = False
) -> Proposed:
    roi = proposal.roi
    assert roi is not None
    return Proposed(
        title=proposal.candidate.title,
        kind=proposal.candidate.opportunity.kind,
        patch_class=proposal.candidate.patch_class,
        document=_plain(proposal.guarded.after.document),
        fixed_usd=roi.costs.total_usd,
        review_minutes=_minutes(world.roi, proposal),
        predicted=predicted,
        low=roi.low,
        high=roi.high,
        waits=waits,
    )


def _raw_net_usd(proposal: Proposal) -> float:
    assert proposal.roi is not None
    if not proposal.evidence.pairs:
        return proposal.roi.mid
    mean_usd = proposal.evidence.value_usd_per_run[1]
    return mean_usd * proposal.runs_per_month - proposal.roi.costs.total_usd


def _minutes(roi: RoiSettings, proposal: Proposal) -> float:
    return max(1e-9, roi.review_minutes(proposal.decision.tier.name))


def _lint(step: dict[str, JsonValue], document: Document) -> Iterable[tuple[str, Document]]:
    name, config = str(step["name"]), settings_of(step, "config")
    uses = str(step.get("uses", ""))
    if uses and not config.get("max_retries"):
        yield "1 no retries", _changed(document, set_config(name, max_retries=2))
    if uses.startswith("agents."):
        smaller = _with_smaller_model(document, uses.removeprefix("agents."))
        if smaller is not None:
            yield "2 large model", smaller
        if "timeout_s" not in config:
            yield "3 no timeout", _changed(document, set_config(name, timeout_s=30))
    limit = config.get("max_tokens")
    if isinstance(limit, int) and limit > 4_000:
        yield "4 high token limit", _changed(document, set_config(name, max_tokens=1_000))


def _change(world: World, kind: str, document: Document) -> Proposed:
    """Return a change that nobody has estimated; reviewing it takes as long as anything of medium risk."""
    minutes = world.roi.review_minutes(RiskTier.MEDIUM.name)
    fixed_usd = minutes / 60 * world.roi.review_usd_per_hour + _P_ROLLBACK * world.roi.rollback_usd
    return Proposed(kind, kind, kind, document, fixed_usd, minutes)


def _with_smaller_model(document: Document, agent: str) -> Document | None:
    present = settings_of(settings_of(document, "agents"), agent).get("model")
    smaller = _SMALLER.get(str(present))
    return None if smaller is None else _changed(document, set_model(agent, smaller))


def _changed(document: Document, change: Cure) -> Document:
    copied = deepcopy(document)
    change(copied)
    return copied


def _plain(document: object) -> Document:
    copied = deepcopy(document)
    assert isinstance(copied, dict)
    return copied


def list_free(proposed: Sequence[Proposed]) -> list[Proposed]:
    """Return those that don't wait for another."""
    return [one for one in proposed if not one.waits]
