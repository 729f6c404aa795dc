"""Parameters of skills: a built-in one refuses what it doesn't take at each call, a user's function may."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from pydantic import JsonValue

from workflow.diagnostics.diagnostic import Severity
from workflow.diagnostics.findings import Finding, did_you_mean
from workflow.lint.draft import Draft
from workflow.nodes import StepNode
from workflow.patches.pointer import format_pointer
from workflow.registry.manifest import GIVEN_BY_THE_ENGINE
from workflow.registry.step_registry import StepRegistry

_NOT_SKILLS = ("agents.", "imports.")
# Their skills are called without parameters.
_BARE = (("condition",), ("loop", "exit_condition"), ("router", "router_agent"))


class _Use(NamedTuple):
    """A skill as a step names it: where, and with what."""

    pointer: str
    reference: str
    params: Mapping[str, JsonValue]
    is_mapping: bool = False

    @property
    def where_named(self) -> str:
        """Where its reference stands."""
        return f"{self.pointer}/id" if self.is_mapping else self.pointer


def check_params(draft: Draft) -> Iterator[Finding]:
    """Find parameters that a skill lacks, doesn't take, or takes in another type."""
    for node in draft.nodes:
        for use in _uses_in(node):
            if not use.reference.startswith(_NOT_SKILLS):
                yield from _check_use(use, draft.registry)
            elif use.params:
                where, what = (
                    f"{use.pointer}/params",
                    f"`params` of {use.reference!r} have no effect",
                )
                hint = "only skills take parameters; say what goes in with `input:`"
                yield Finding("no-effect", where, what, hint, Severity.WARNING)
    score = draft.spec.score
    if score and ":" in score:
        yield from _check_use(_Use("/score", score, {}), draft.registry)


def _check_use(use: _Use, registry: StepRegistry) -> Iterator[Finding]:
    given = {name: use.params[name] for name in use.params if name not in GIVEN_BY_THE_ENGINE}
    for name, message in registry.check_params(use.reference, given):
        what = f"{use.reference}: {message}"
        place = f"{use.pointer}/params{format_pointer([name])}" if name else use.where_named
        hint = _advise(name, registry.params_of(use.reference), given)
        if registry.is_built_in(use.reference):
            yield Finding("bad-param", place, what, hint)
        else:
            yield Finding("doubtful-param", place, what, hint, Severity.WARNING)


def _advise(name: str, known: tuple[str, ...], given: Mapping[str, JsonValue]) -> str:
    if name in known:
        return ""
    takes = f"it takes {', '.join(known)}" if known else "it takes none"
    return did_you_mean(name, [one for one in known if one not in given]) or takes


def _uses_in(node: StepNode) -> Iterator[_Use]:
    """Return every skill, or agent, that a step names."""
    if node.kind == "step":
        for key in ("uses", "agent"):
            yield from _read(node.raw.get(key), f"{node.pointer}/{key}")
        validators = node.raw.get("validators")
        for index, validator in enumerate(validators if isinstance(validators, list) else ()):
            yield from _read(validator, f"{node.pointer}/validators/{index}")
    else:
        for path in _BARE:
            value: JsonValue = dict(node.raw)
            for key in path:
                value = value.get(key) if isinstance(value, dict) else None
            yield from _read(value, f"{node.pointer}/{'/'.join(path)}")


def _read(value: JsonValue, pointer: str) -> Iterator[_Use]:
    if isinstance(value, str):
        yield _Use(pointer, value, {})
    elif isinstance(value, dict):
        reference, params = value.get("id"), value.get("params", {})
        if isinstance(reference, str) and isinstance(params, dict):
            yield _Use(pointer, reference, params, is_mapping=True)
