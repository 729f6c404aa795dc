"""Whatever a spec refers to must be there: agents, imports, skills, the step that scores."""

from collections.abc import Iterator

from workflow.diagnostics.findings import Finding, find_dangling
from workflow.lint.draft import Draft
from workflow.nodes import StepNode
from workflow.skills import BUILT_IN_REFERENCES

_OTHER_REFERENCES = (
    ("condition",),
    ("loop", "exit_condition"),
    ("router", "router_agent"),
    ("planner",),
    ("registry",),
    ("proposer",),
    ("evaluator",),
)


def check_references(draft: Draft) -> Iterator[Finding]:
    """Find references to what doesn't exist, and steps that run nothing or two things."""
    for node in draft.nodes:
        if node.kind == "step":
            yield from _check_uses(node, draft)
            yield from _check_validators(node, draft)
        for place in _OTHER_REFERENCES:
            reference = _dig(node.raw, place)
            if reference:
                pointer = "/".join((node.pointer, *place))
                yield from _check_reference(reference, pointer, draft)
    yield from _check_score(draft)


def _check_uses(node: StepNode, draft: Draft) -> Iterator[Finding]:
    given = [key for key in ("uses", "agent") if node.raw.get(key) is not None]
    if not node.uses:
        yield Finding(
            "nothing-to-run",
            node.pointer,
            f"step {node.name!r} says neither `uses:` nor `agent:`",
            "name an agent (agents.NAME) or a skill (package.module:function)",
        )
    elif len(given) > 1:
        yield Finding(
            "two-things-to-run",
            f"{node.pointer}/agent",
            f"step {node.name!r} says both `uses:` and `agent:`",
            "keep one of the two",
        )
    else:
        key = "agent/id" if isinstance(node.raw.get("agent"), dict) else given[0]
        yield from _check_reference(node.uses, f"{node.pointer}/{key}", draft)


def _check_validators(node: StepNode, draft: Draft) -> Iterator[Finding]:
    validators = node.raw.get("validators")
    for index, validator in enumerate(validators if isinstance(validators, list) else []):
        reference = validator.get("id") if isinstance(validator, dict) else validator
        yield from _check_skill(str(reference), f"{node.pointer}/validators/{index}", draft)


def _check_score(draft: Draft) -> Iterator[Finding]:
    score = draft.spec.score
    steps = [node.step_id for node in draft.nodes]
    if not score or score in steps:
        return
    if ":" in score:
        yield from _check_skill(score, "/score", draft)
    else:
        yield find_dangling(score, "/score", steps, "step")


def _check_reference(reference: str, pointer: str, draft: Draft) -> Iterator[Finding]:
    for noun, known in (("agent", draft.spec.agents), ("import", draft.spec.imports)):
        prefix = f"{noun}s."
        if reference.startswith(prefix):
            name = reference.removeprefix(prefix)
            if name not in known:
                yield find_dangling(reference, pointer, [prefix + one for one in known], noun)
            return
    yield from _check_skill(reference, pointer, draft)


def _check_skill(reference: str, pointer: str, draft: Draft) -> Iterator[Finding]:
    reason = draft.registry.refuse(reference)
    if reason:
        hint = _advise(reference, draft)
        yield Finding("dangling-skill", pointer, f"no skill {reference!r}: {reason}", hint)


def _advise(reference: str, draft: Draft) -> str:
    """Name what has this name behind a prefix."""
    agents = (f"agents.{name}" for name in draft.spec.agents)
    imports = (f"imports.{name}" for name in draft.spec.imports)
    meant = [
        one for one in (*agents, *imports, *BUILT_IN_REFERENCES) if one.endswith(f".{reference}")
    ]
    return f"did you mean {meant[0]!r}?" if meant else ""


def _dig(raw: object, place: tuple[str, ...]) -> str:
    for key in place:
        raw = raw.get(key) if isinstance(raw, dict) else None
    return raw if isinstance(raw, str) else ""
