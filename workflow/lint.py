"""Checks of a spec beyond its shape: names on a level, references, templates, expressions."""

import difflib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from policy_dsl import ExpressionError, RecordType, compile_expression
from workflow.diagnostics import Severity
from workflow.identity import Read
from workflow.names import CONDITION_NAMES, MOCK_ERRORS, POLICY_NAMES, RESULT_NAMES
from workflow.nodes import StepNode
from workflow.policies import speaks_of_both
from workflow.references import look_up_skill
from workflow.skills import find_built_in
from workflow.skills.catalogue import DECLARED_ADAPTERS
from workflow.spec import WorkflowSpec
from workflow.templates import TemplateError, slots_of


@dataclass(frozen=True, slots=True)
class Finding:
    """A diagnostic before its line is known."""

    id: str
    pointer: str
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR


Check = Callable[[WorkflowSpec, Sequence[StepNode], Read | None], Iterable[Finding]]


def find_problems(
    spec: WorkflowSpec, nodes: Sequence[StepNode], read: Read | None
) -> list[Finding]:
    """Return every finding of every check, in the order of `CHECKS`."""
    return [finding for check in CHECKS for finding in check(spec, nodes, read)]


def _check_names(_: WorkflowSpec, nodes: Sequence[StepNode], __: Read | None) -> Iterator[Finding]:
    seen: dict[str, StepNode] = {}
    for node in nodes:
        first = seen.setdefault(node.step_id, node)
        if first is not node:
            yield Finding(
                "duplicate-name",
                f"{node.pointer}/name",
                f"a second step named {node.name!r} on this level (the first is on line {first.line})",
                "names are identities: rename one",
            )


def _check_uses(
    spec: WorkflowSpec, nodes: Sequence[StepNode], read: Read | None
) -> Iterator[Finding]:
    for node in nodes:
        if node.kind != "step":
            continue
        pointer = node.pointer + ("/uses" if node.raw.get("uses") is not None else "/agent")
        if not node.uses:
            yield Finding(
                "nothing-to-run",
                node.pointer,
                f"step {node.name!r} says neither `uses:` nor `agent:`",
                "name an agent (agents.NAME) or a skill (package.module:function)",
            )
        else:
            yield from _check_reference(node.uses, pointer, spec, read)


def _check_reference(
    reference: str, pointer: str, spec: WorkflowSpec, read: Read | None
) -> Iterator[Finding]:
    for prefix, known in (("agents.", spec.agents), ("imports.", spec.imports)):
        if reference.startswith(prefix):
            name = reference.removeprefix(prefix)
            if name not in known:
                yield _dangling(
                    reference, pointer, [prefix + other for other in known], prefix[:-1]
                )
            return
    yield from _check_skill(reference, pointer, read)


def _check_skill(reference: str, pointer: str, read: Read | None) -> Iterator[Finding]:
    if find_built_in(reference) or reference in DECLARED_ADAPTERS:
        return
    found, reason = look_up_skill(reference, read)
    if found is None:
        yield Finding("dangling-skill", pointer, f"no skill {reference!r}: {reason}")


def _check_helpers(
    spec: WorkflowSpec, nodes: Sequence[StepNode], read: Read | None
) -> Iterator[Finding]:
    """Validators, conditions and the scorer are skills too."""
    for node in nodes:
        validators = node.raw.get("validators")
        for index, validator in enumerate(validators if isinstance(validators, list) else []):
            reference = validator.get("id") if isinstance(validator, dict) else validator
            if isinstance(reference, str):
                yield from _check_skill(reference, f"{node.pointer}/validators/{index}", read)
        condition = node.raw.get("condition")
        if isinstance(condition, str):
            yield from _check_skill(condition, f"{node.pointer}/condition", read)
    score = spec.score
    if score and ":" not in score and all(score != node.step_id for node in nodes):
        yield _dangling(score, "/score", [node.step_id for node in nodes], "step")
    elif score and ":" in score:
        yield from _check_skill(score, "/score", read)


def _check_branches(
    _: WorkflowSpec, nodes: Sequence[StepNode], __: Read | None
) -> Iterator[Finding]:
    for node in nodes:
        if node.kind != "conditional":
            continue
        branches = node.raw.get("branches")
        default = node.raw.get("default_branch")
        if isinstance(branches, dict) and isinstance(default, str) and default not in branches:
            yield _dangling(default, f"{node.pointer}/default_branch", list(branches), "branch")
        given = [key for key in ("condition", "condition_expression") if node.raw.get(key)]
        if len(given) != 1:
            yield Finding(
                "no-condition",
                node.pointer,
                f"conditional {node.name!r} needs exactly one of `condition_expression` and `condition`",
            )


def _check_templates(
    _: WorkflowSpec, nodes: Sequence[StepNode], __: Read | None
) -> Iterator[Finding]:
    names = {node.name for node in nodes}
    for node in nodes:
        places = [("input", node.raw.get("input"))]
        inner = node.raw.get("map")
        if isinstance(inner, dict):
            places.append(("map/iterable_input", inner.get("iterable_input")))
        for place, value in places:
            pointer = f"{node.pointer}/{place}"
            try:
                slots = slots_of(value)
            except TemplateError as error:
                yield Finding("bad-template", pointer, str(error))
                continue
            for slot in slots:
                if slot.root == "steps" and (not slot.path or str(slot.path[0]) not in names):
                    missing = str(slot.path[0]) if slot.path else "steps"
                    yield _dangling(missing, pointer, sorted(names), "step")


def _check_expressions(
    spec: WorkflowSpec, nodes: Sequence[StepNode], __: Read | None
) -> Iterator[Finding]:
    for node in nodes:
        for place in ("condition_expression", "loop/exit_expression"):
            source = _dig(node.raw, place)
            if source:
                yield from _check_expression(source, f"{node.pointer}/{place}", CONDITION_NAMES)
    for number, test in enumerate(spec.tests):
        for index, source in enumerate(test.assertions):
            pointer = f"/tests/{number}/assertions/{index}"
            yield from _check_expression(source, pointer, RESULT_NAMES)
            yield from _check_can_fail(source, pointer)
    for number, policy in enumerate(spec.policies):
        for key, source in (("when", policy.when), ("assert", policy.assert_)):
            yield from _check_expression(source, f"/policies/{number}/{key}", POLICY_NAMES)
        if speaks_of_both(policy):
            yield Finding(
                "two-moments",
                f"/policies/{number}",
                f"policy {policy.id!r} mentions a run's `result` and a patch together",
                "make two policies of it: the one is judged after a run, the other before a merge",
            )


def _check_expression(source: str, pointer: str, schema: RecordType) -> Iterator[Finding]:
    try:
        compile_expression(source, schema)
    except ExpressionError as error:
        hint = f"did you mean {error.suggestion!r}?" if error.suggestion else ""
        yield Finding("bad-expression", pointer, f"{source!r}: {error}", hint)


def _check_can_fail(source: str, pointer: str) -> Iterator[Finding]:
    try:
        constant = compile_expression(source).constant
    except ExpressionError:
        return
    if constant:
        yield Finding("constant-assertion", pointer, f"{source!r} mentions nothing of the result")


def _check_mocks(
    spec: WorkflowSpec, nodes: Sequence[StepNode], __: Read | None
) -> Iterator[Finding]:
    known = [node.step_id for node in nodes]
    for number, test in enumerate(spec.tests):
        for step_id, mock in test.mocks.items():
            pointer = f"/tests/{number}/mocks/{step_id.replace('~', '~0').replace('/', '~1')}"
            if step_id not in known:
                yield _dangling(step_id, pointer, known, "step")
            if mock.error is not None and mock.error not in MOCK_ERRORS:
                yield _dangling(mock.error, f"{pointer}/error", list(MOCK_ERRORS), "error class")


def _dig(raw: object, place: str) -> str:
    for key in place.split("/"):
        raw = raw.get(key) if isinstance(raw, dict) else None
    return raw if isinstance(raw, str) else ""


def _dangling(name: str, pointer: str, known: Sequence[str], noun: str) -> Finding:
    close = difflib.get_close_matches(name, known, n=1)
    if close:
        hint = f"did you mean {close[0]!r}?"
    else:
        hint = f"known: {', '.join(sorted(known)[:8])}" if known else "none is declared"
    return Finding(f"dangling-{noun.split()[0]}", pointer, f"no {noun} {name!r}", hint)


CHECKS: tuple[Check, ...] = (
    _check_names,
    _check_uses,
    _check_helpers,
    _check_branches,
    _check_templates,
    _check_expressions,
    _check_mocks,
)
