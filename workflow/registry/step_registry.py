"""The registry: every implementation a spec may name, each with what it takes, gives and does.

One place answers whether a reference can be used: the built-in skills by name, the user's own by their source beside
the spec, those of installed packages by the allow-list. Nothing is imported to answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from workflow.diagnostics.findings import did_you_mean
from workflow.identity import Read
from workflow.nodes import SideEffects
from workflow.registry.manifest import SkillManifest, read_manifest
from workflow.registry.skill_paths import (
    SkillPath,
    is_allowed_skill,
    is_of_the_standard_library,
    refuse_skill_reference,
    split_skill_reference,
)
from workflow.schemas import explain_mismatch
from workflow.skills import (
    BUILT_IN_REFERENCES,
    ParamProblem,
    check_built_in_params,
    find_built_in_manifest,
    find_built_in_side_effects,
)

_OURS = "flujo."


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a reference can't be used, and what to do."""

    reason: str


@dataclass(frozen=True)
class StepRegistry:
    """What the steps of one spec may run: `read` gives the files beside it, `allow` names installed packages.

    Without `read` nothing is known of a user's skill, so any that is written as one exists.
    """

    read: Read | None = None
    allow: Sequence[str] = ()

    def look_up(self, reference: str) -> SkillManifest | Refusal:
        """Return what a skill is, or why there is none that could be used."""
        return find_built_in_manifest(reference) or self._look_up_user_skill(reference)

    def is_built_in(self, reference: str) -> bool:
        """Tell whether a skill is one of ours."""
        return find_built_in_side_effects(reference) is not None

    def params_of(self, reference: str) -> tuple[str, ...]:
        """Return the names of the parameters a skill takes, in their order; `()` for an unusable skill."""
        found = self.look_up(reference)
        properties = (
            found.params_schema.get("properties") if isinstance(found, SkillManifest) else {}
        )
        return tuple(properties) if isinstance(properties, dict) else ()

    def side_effects_of(self, reference: str) -> SideEffects:
        """Return what a skill declares; `UNKNOWN` when it doesn't, or when it can't be used."""
        built_in = find_built_in_side_effects(reference)
        if built_in is not None:
            return built_in
        found = self._look_up_user_skill(reference)
        return found.side_effects if isinstance(found, SkillManifest) else SideEffects.UNKNOWN

    def refuse(self, reference: str) -> str:
        """Return why a reference can't be used, `""` when it can."""
        if self.is_built_in(reference):
            return ""
        found = self._look_up_user_skill(reference)
        return found.reason if isinstance(found, Refusal) else ""

    def check_params(
        self, reference: str, params: Mapping[str, JsonValue]
    ) -> tuple[ParamProblem, ...]:
        """Return the parameters a skill doesn't take, lacks, or takes in another type; `()` for an unusable skill.

        A built-in skill refuses them at each call; a user's function may not, where only the type is another.
        """
        if self.is_built_in(reference):
            return check_built_in_params(reference, params)
        found = self._look_up_user_skill(reference)
        if isinstance(found, Refusal) or not found.params_schema:
            return ()
        return tuple(_check_against(found.params_schema, params))

    def _look_up_user_skill(self, reference: str) -> SkillManifest | Refusal:
        reason = refuse_skill_reference(reference)
        if reason and reference.startswith(_OURS) and ":" not in reference:
            hint = did_you_mean(reference, BUILT_IN_REFERENCES)
            return Refusal("no built-in skill is called that" + (f"; {hint}" if hint else ""))
        if reason:
            return Refusal(reason)
        if self.read is None:
            return SkillManifest(reference)
        return self._find_source(reference, split_skill_reference(reference))

    def _find_source(self, reference: str, path: SkillPath) -> SkillManifest | Refusal:
        assert self.read is not None
        for file in path.files:
            try:
                source = self.read(file)
            except (OSError, UnicodeDecodeError):
                continue
            return _read_source(source, file, reference, path)
        if is_allowed_skill(path.module, self.allow):
            return SkillManifest(reference)
        return Refusal(f"there is no {path.files[0]} beside the spec{_advise(path)}")


def _read_source(
    source: str, file: str, reference: str, path: SkillPath
) -> SkillManifest | Refusal:
    try:
        found = read_manifest(source, reference, path.function)
    except (SyntaxError, ValueError, RecursionError) as error:
        return Refusal(f"{file} isn't valid Python: {error}")
    return found or Refusal(f"{file} defines no function {path.function!r} at its top level")


def _advise(path: SkillPath) -> str:
    if is_of_the_standard_library(path.module):
        return ", and the standard library isn't a skill: wrap what you need in a function of yours"
    package = path.module.partition(".")[0]
    pattern = path.module if package == path.module else f"{package}.*"
    return (
        f"; if {package!r} is an installed package, add {pattern!r} to `skills.allow` "
        "in .github/flujo.yml"
    )


def _check_against(
    schema: Mapping[str, JsonValue], params: Mapping[str, JsonValue]
) -> list[ParamProblem]:
    properties, required = schema["properties"], schema["required"]
    assert isinstance(properties, dict)
    assert isinstance(required, list)
    missing = [
        ParamProblem("", f"parameter {name!r} is missing")
        for name in required
        if name not in params
    ]
    unknown = [
        ParamProblem(name, f"there is no parameter {name!r}")
        for name in params
        if name not in properties and not schema["additionalProperties"]
    ]
    return [*missing, *unknown, *_check_types(properties, params)]


def _check_types(
    properties: Mapping[str, JsonValue], params: Mapping[str, JsonValue]
) -> list[ParamProblem]:
    problems = []
    for name, value in params.items():
        expected = properties.get(name)
        reason = (
            explain_mismatch(expected, value) if isinstance(expected, dict) and expected else ""
        )
        if reason:
            problems.append(ParamProblem(name, f"parameter {name!r}: {reason}"))
    return problems
