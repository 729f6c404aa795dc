"""The catalogue of built-in skills: one line each."""

from collections.abc import Callable, Mapping
from functools import lru_cache

from pydantic import JsonValue

from workflow.calls import Skill
from workflow.nodes import SideEffects
from workflow.registry.manifest import SkillManifest
from workflow.skills import check, extract, json_values, lists, numbers, text, values
from workflow.skills.http_request import (
    HTTP_GET,
    HTTP_GET_SIDE_EFFECTS,
    check_request_params,
    describe_http_get,
)
from workflow.skills.signature import ParamProblem, Signature, checked

_FUNCTIONS: Mapping[str, Callable[..., object]] = {
    "flujo.check.contains": check.check_contains,
    "flujo.check.length": check.check_length,
    "flujo.check.pii": check.check_pii,
    "flujo.check.schema": check.check_schema,
    "flujo.json.merge": json_values.merge,
    "flujo.json.parse": json_values.parse,
    "flujo.json.select": json_values.select,
    "flujo.json.validate": json_values.validate,
    "flujo.list.chunk": lists.chunk,
    "flujo.list.dedupe": lists.dedupe,
    "flujo.list.filter": lists.keep,
    "flujo.list.sort": lists.sort,
    "flujo.math.score": numbers.score,
    "flujo.math.stats": numbers.stats,
    "flujo.text.count": text.count,
    "flujo.text.extract_regex": extract.extract_regex,
    "flujo.text.normalise": text.normalise,
    "flujo.text.split": text.split,
    "flujo.text.template": text.fill_template,
    "flujo.text.truncate": text.truncate,
    "flujo.value.pass": values.pass_through,
    "flujo.value.select": values.select,
}
_SIGNATURES = {reference: Signature(function) for reference, function in _FUNCTIONS.items()}


def _pure(reference: str, function: Callable[..., object]) -> Skill:
    call = checked(function, _SIGNATURES[reference])
    return Skill(reference, call, SideEffects.PURE, _summary(function))


def _summary(function: Callable[..., object]) -> str:
    return (function.__doc__ or "").splitlines()[0]


BUILT_IN_SKILLS: dict[str, Skill] = {
    reference: _pure(reference, function) for reference, function in _FUNCTIONS.items()
}
"""Pure functions; the application hands `flujo.http.get` to the engine besides."""

BUILT_IN_REFERENCES: tuple[str, ...] = tuple(sorted((*_FUNCTIONS, HTTP_GET)))
"""Every built-in skill, that of the application too, in alphabetical order."""


def find_built_in(reference: str) -> Skill | None:
    """Return a built-in skill; None when there is none of that name."""
    return BUILT_IN_SKILLS.get(reference)


@lru_cache(maxsize=256)
def find_built_in_manifest(reference: str) -> SkillManifest | None:
    """Return what a built-in skill takes, gives and does; None when there is none of that name."""
    if reference == HTTP_GET:
        return describe_http_get()
    signature = _SIGNATURES.get(reference)
    if signature is None:
        return None
    return SkillManifest(
        reference,
        BUILT_IN_SKILLS[reference].description,
        SideEffects.PURE,
        signature.input_schema,
        signature.output_schema,
        signature.params_schema,
    )


def find_built_in_side_effects(reference: str) -> SideEffects | None:
    """Return what a built-in skill does, without building its schemas; None when there is none of that name."""
    if reference == HTTP_GET:
        return HTTP_GET_SIDE_EFFECTS
    return SideEffects.PURE if reference in _SIGNATURES else None


def check_built_in_params(
    reference: str, params: Mapping[str, JsonValue]
) -> tuple[ParamProblem, ...]:
    """Return the parameters that a built-in skill would refuse; `()` for one that doesn't exist."""
    if reference == HTTP_GET:
        return check_request_params(params)
    signature = _SIGNATURES.get(reference)
    return () if signature is None else signature.check_params(params)
