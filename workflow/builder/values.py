"""What a caller gives as a value of the spec: plain data, or functions that stand for their references."""

from collections.abc import Callable, Mapping, Sequence

from pydantic import JsonValue

from workflow.builder.refusal import refuse
from workflow.errors import SkillError
from workflow.json_data import find_flaw

Function = Callable[..., object]
Value = JsonValue | Function | Sequence["Value"] | Mapping[str, "Value"]
"""JSON data in which a function may stand wherever the format names a skill."""


def write_fields(fields: Mapping[str, Value], where: str) -> dict[str, JsonValue]:
    """Return keyword arguments as keys of the format; `where` names the part of the spec for errors.

    An underscore behind a name is for Python's sake alone: `assert_` is `assert`. Raises `SpecError` for what isn't
    JSON data, `SkillError` for a function that no spec can refer to.
    """
    return {name.removesuffix("_"): _write(value, where, name) for name, value in fields.items()}


def refer_to(function: Function) -> str:
    """Return how a spec refers to a function: `module:function`; raises `SkillError`, which says what to do."""
    module = getattr(function, "__module__", None)
    name = getattr(function, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(name, str):
        hint = "name it as text: package.module:function"
        raise SkillError(f"{function!r} has no name that a spec could refer to; {hint}")
    if name.endswith("<lambda>"):
        hint = "write it as `def` at the top level of a module beside the spec"
        raise SkillError(f"a spec can't refer to a lambda, which has no name; {hint}")
    if "." in name:
        hint = f"move it to the top level of {module}"
        raise SkillError(f"a spec can't refer to {name!r}, which is inside something else; {hint}")
    if module in ("__main__", "builtins"):
        hint = "put it into a module beside the spec"
        raise SkillError(
            f"a spec can't refer to {name!r} of {module!r}, which isn't a file; {hint}"
        )
    return f"{module}:{name}"


def _write(value: Value, where: str, name: str) -> JsonValue:
    written = _plain(value)
    flaw = find_flaw(written)
    if flaw:
        message = f"{where}: {name} can't be written: {flaw}"
        raise refuse("invalid-value", message, "give text, numbers, lists, mappings")
    return written


def _plain(value: Value) -> JsonValue:
    """Copy a value as JSON data; what can't be in JSON stays for the check that follows."""
    if isinstance(value, Mapping):
        return {key: _plain(child) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(child) for child in value]
    return refer_to(value) if callable(value) else value  # type: ignore[return-value]
