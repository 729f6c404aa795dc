"""What a built-in skill takes and gives, from its annotations: checked at each call, told as JSON Schema when asked."""

import inspect
from collections.abc import Callable, Mapping
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any, NamedTuple, NotRequired, get_origin, get_type_hints

from pydantic import JsonValue, ValidationError

from workflow.registry.manifest import GIVEN_BY_THE_ENGINE
from workflow.skills.bounds import check_size, check_text, refuse

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_KINDS: Mapping[object, str] = {str: "a text", list: "a list", dict: "an object"}
_Json = dict[str, JsonValue]
_NOT_KEPT = frozenset({"$defs", "$ref", "description", "title"})
_OF_PARTS = frozenset({"items", "additionalProperties"})


class ParamProblem(NamedTuple):
    """Why a parameter doesn't fit; `name` is "" when it is none of those given."""

    name: str
    message: str


class Signature:
    """Reads a function `f(data, *, …)`; pydantic's part is built when it is needed, because most of it never is."""

    def __init__(self, function: Callable[..., object]) -> None:
        self._function = function
        data, *params = inspect.signature(function).parameters.values()
        self._params = [param for param in params if param.name not in GIVEN_BY_THE_ENGINE]
        self._kind = get_origin(data.annotation) or data.annotation
        self.takes_anything = self._kind not in _KINDS
        self.needs_params = any(param.default is param.empty for param in self._params)

    def check_input(self, data: JsonValue) -> None:
        """Raise `AttemptError` for data of another kind than the function takes, or more than 4 MiB of it."""
        if not isinstance(data, self._kind):
            raise refuse(f"{_KINDS[self._kind]} is wanted, not {describe(data)}")
        if isinstance(data, str):
            check_text(data)
        else:
            check_size(data)

    def check_params(self, params: Mapping[str, JsonValue]) -> tuple[ParamProblem, ...]:
        """Return every parameter that doesn't fit, `()` when all do."""
        if not params and not self.needs_params:
            return ()
        try:
            self._adapter.validate_python(dict(params))
        except ValidationError as error:
            found = error.errors(include_url=False, include_input=False, include_context=False)
            told = (_explain(one["type"], one["loc"], one["msg"]) for one in found)
            # Of a parameter that may be one thing or another each part complains: once is enough.
            return tuple({problem.name or problem.message: problem for problem in told}.values())
        return ()

    @cached_property
    def input_schema(self) -> _Json:
        """The JSON Schema of the input."""
        return schema_of(self._hints["data"])

    @cached_property
    def output_schema(self) -> _Json:
        """The JSON Schema of the output."""
        return schema_of(self._hints["return"])

    @cached_property
    def params_schema(self) -> _Json:
        """The JSON Schema of the parameters, as an object, each with its default."""
        properties = {param.name: self._describe(param) for param in self._params}
        return {
            "type": "object",
            "properties": {**properties},
            "required": [param.name for param in self._params if param.default is param.empty],
            "additionalProperties": False,
        }

    def _describe(self, param: inspect.Parameter) -> _Json:
        schema = schema_of(self._hints[param.name])
        return schema if param.default is param.empty else {**schema, "default": param.default}

    @cached_property
    def _hints(self) -> dict[str, Any]:
        return get_type_hints(self._function, include_extras=True)

    @cached_property
    def _adapter(self) -> "TypeAdapter[Any]":
        from pydantic import ConfigDict, TypeAdapter
        from typing_extensions import TypedDict

        fields = {
            param.name: self._hints[param.name]
            if param.default is param.empty
            else NotRequired[self._hints[param.name]]
            for param in self._params
        }
        # A TypedDict made at run time: a model's own attributes would forbid a parameter named `schema`.
        params = TypedDict("params", fields)  # type: ignore[misc]
        params.__pydantic_config__ = ConfigDict(extra="forbid", strict=True)  # type: ignore[attr-defined]
        return TypeAdapter(params)


def checked(function: Callable[..., object], signature: Signature) -> Callable[..., object]:
    """Return the function behind its signature: what doesn't fit raises `AttemptError` and never reaches it."""

    @wraps(function)
    def call(data: JsonValue, **params: JsonValue) -> object:
        if not signature.takes_anything:
            signature.check_input(data)
        own = {key: params[key] for key in params if key not in GIVEN_BY_THE_ENGINE}
        for problem in signature.check_params(own):
            raise refuse(problem.message)
        return function(data, **params)

    return call


def describe(data: JsonValue) -> str:
    """Name the kind of a value, with its article."""
    match data:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
    return _KINDS[type(data)]


def _explain(kind: str, place: tuple[int | str, ...], message: str) -> ParamProblem:
    name = str(place[0]) if place else ""
    match kind:
        case "missing":
            return ParamProblem("", f"parameter {name!r} is missing")
        case "extra_forbidden":
            return ParamProblem(name, f"there is no parameter {name!r}")
    return ParamProblem(name, f"parameter {name!r}: {message.removeprefix('Value error, ')}")


def schema_of(hint: Any) -> _Json:
    """Return the JSON Schema of a type, without what is only for readers of its source."""
    from pydantic import TypeAdapter

    return _plain(TypeAdapter(hint).json_schema())


def _plain(schema: _Json) -> _Json:
    """Keep what constrains; `JsonValue`, the only type behind a reference here, is anything."""
    kept: _Json = {}
    for key, inner in schema.items():
        if key in _NOT_KEPT:
            continue
        if key == "properties" and isinstance(inner, dict):
            kept[key] = {name: _plain(one) for name, one in inner.items() if isinstance(one, dict)}
        elif key in _OF_PARTS and isinstance(inner, dict):
            kept |= {key: _plain(inner)} if _plain(inner) else {}
        else:
            kept[key] = inner
    return kept
