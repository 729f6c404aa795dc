"""The catalogue of built-in skills: one line each."""

from collections.abc import Callable

from workflow.calls import Skill
from workflow.nodes import SideEffects
from workflow.skills import check, text, values


def _pure(reference: str, function: Callable[..., object]) -> Skill:
    summary = (function.__doc__ or "").splitlines()[0]
    return Skill(reference, function, SideEffects.PURE, summary)


BUILT_IN_SKILLS: dict[str, Skill] = {
    skill.reference: skill
    for skill in (
        _pure("flujo.check.contains", check.check_contains),
        _pure("flujo.check.length", check.check_length),
        _pure("flujo.check.schema", check.check_schema),
        _pure("flujo.text.normalise", text.normalise),
        _pure("flujo.text.template", text.fill_template),
        _pure("flujo.text.truncate", text.truncate),
        _pure("flujo.value.pass", values.pass_through),
        _pure("flujo.value.select", values.select),
    )
}

DECLARED_ADAPTERS: dict[str, SideEffects] = {"flujo.http.get": SideEffects.IDEMPOTENT}
"""Skills with effects that the application hands to the engine, known here by name only."""


def find_built_in(reference: str) -> Skill | None:
    """Return a built-in skill; None when there is none of that name."""
    return BUILT_IN_SKILLS.get(reference)
