"""Which steps guard others: nothing about them is ever tuned automatically.

The list of words is a detector, so it may only lower trust: a step it misses is judged like any other, a step it flags
by mistake goes to a person.
"""

import re

from workflow import StepNode, Workflow

_WORDS = re.compile(r"[a-z]+")
_CAMEL_CASE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_EXACT = frozenset({"auth", "check", "checks", "gate", "judge", "limit", "limits", "policy", "pii"})
_PREFIXES = (
    "approv",
    "audit",
    "authoriz",
    "authoris",
    "complian",
    "fraud",
    "guard",
    "moderat",
    "permission",
    "policies",
    "redact",
    "safe",
    "sanit",
    "score",
    "secur",
    "valid",
    "verif",
)


def is_guard(step: StepNode, workflow: Workflow) -> bool:
    """Whether the step looks after others: it asks a person, scores the run, or is named like a check."""
    return step.kind == "hitl" or _scores(step, workflow) or _is_named_like_a_guard(step)


def _scores(step: StepNode, workflow: Workflow) -> bool:
    scorer = workflow.document.get("score")
    return scorer is not None and scorer in (step.step_id, step.name, step.uses)


def _is_named_like_a_guard(step: StepNode) -> bool:
    text = _CAMEL_CASE.sub(" ", f"{step.name} {step.uses}").lower()
    return any(word in _EXACT or word.startswith(_PREFIXES) for word in _WORDS.findall(text))
