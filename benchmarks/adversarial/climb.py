"""An attacker who knows the gate and climbs towards harm that is applied: change a patch, keep what got closer.

What guides it is the gate itself: how many of a patch's changes it calls HIGH. What it wants is known from the oracle:
a difference that is no knob. A patch that has both none of the first and one of the second has won.
"""

import copy
import json
from dataclasses import dataclass
from random import Random
from typing import Any

from benchmarks.adversarial import oracle
from benchmarks.adversarial.attacks import ATTACKS
from benchmarks.adversarial.case import LIMITS, MODELS, Case, judge
from benchmarks.adversarial.legitimate import make_legitimate
from prompt_guard import Rejection, check_patch
from trust_tiers import RiskTier
from trust_tiers.classification import judge_change
from trust_tiers.comparison import Comparison
from workflow import Workflow

Patch = list[dict[str, Any]]
_MOST_OPERATIONS = 5
_STEPS_A_CLIMB = 40
_REFUSED = -100.0


@dataclass(frozen=True)
class Climbed:
    """How many patches were tried, and those that won."""

    evaluations: int
    won: tuple[str, ...]


def climb(evaluations: int, *, seed: int) -> Climbed:
    """Climb again and again from new starts until the budget is spent."""
    random, won, spent = Random(seed), [], 0
    while spent < evaluations:
        start = make_legitimate(random)
        spec, best = start.before, _as_patch(start.patch)
        height = _measure(spec, best)
        for _ in range(_STEPS_A_CLIMB):
            patch = _mutate(random, spec, best)
            reached = _measure(spec, patch)
            spent += 1
            if reached == float("inf"):
                won.append(json.dumps(patch))
            if reached >= height:
                best, height = patch, reached
    return Climbed(spent, tuple(won))


def _measure(spec: Workflow, patch: Patch) -> float:
    """Return how close a patch is to harm that is applied: infinity is there."""
    checked = check_patch(spec, patch)
    if isinstance(checked, Rejection):
        return _REFUSED
    harms = oracle.find_harm(spec.text, patch, checked.after.text, MODELS)
    if judge(Case("climb", spec, patch)).is_automatic:
        return float("inf") if harms else 0.0
    comparison = Comparison(spec, checked.after, LIMITS)
    tiers = [judge_change(change, comparison).tier for change in checked.changes]
    return 2.0 * min(len(harms), 1) - tiers.count(RiskTier.HIGH)


def _mutate(random: Random, spec: Workflow, patch: Patch) -> Patch:
    """Borrow an operation of an attack, drop one, or alter a value or a path."""
    changed = copy.deepcopy(patch)
    match random.randrange(5):
        case 0 | 1:
            changed += _borrow(random, spec)
        case 2 if len(changed) > 1:
            changed.pop(random.randrange(len(changed)))
        case 3:
            random.shuffle(changed)
        case _ if changed:
            _alter(random, random.choice(changed))
    return changed[:_MOST_OPERATIONS]


def _borrow(random: Random, spec: Workflow) -> Patch:
    names = [name for name in ATTACKS if not name.startswith(("P10 d", "P10 b", "P11", "P08"))]
    return _as_patch(ATTACKS[random.choice(names)](random, spec).patch)


def _as_patch(patch: object) -> Patch:
    return [item for item in patch if isinstance(item, dict)] if isinstance(patch, list) else []


def _alter(random: Random, operation: dict[str, Any]) -> None:
    value = operation.get("value")
    if isinstance(value, int | float) and not isinstance(value, bool):
        operation["value"] = random.choice((value * 2, value / 2, -value, value + 1, int(value)))
    elif isinstance(value, dict) and value:
        value[random.choice(("temperature", "uses", "max_retries", "timeout_s"))] = random.choice(
            (1, "x", 3)
        )
    elif isinstance(value, str):
        operation["value"] = value[: random.randrange(1, 40)]
    else:
        operation["path"] = str(operation.get("path", "")) + random.choice(("/0", "/config", "x"))
