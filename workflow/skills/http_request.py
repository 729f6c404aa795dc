"""What `flujo.http.get` takes and gives: known here, so that a spec can be checked; the application performs it."""

from collections.abc import Mapping
from typing import Annotated, NotRequired

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, ValidationError
from typing_extensions import TypedDict

from workflow.nodes import SideEffects
from workflow.registry.manifest import SkillManifest
from workflow.skills.signature import ParamProblem, schema_of

HTTP_GET = "flujo.http.get"
HTTP_GET_SIDE_EFFECTS = SideEffects.IDEMPOTENT

_WRITTEN_BY_THE_CLIENT = frozenset(
    {"accept-encoding", "connection", "content-length", "host", "transfer-encoding"}
)


def _check_header(name: str) -> str:
    if name.lower() in _WRITTEN_BY_THE_CLIENT:
        raise ValueError(f"the header {name!r} is written by Flujo")
    return name


_HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,100}$"), AfterValidator(_check_header)]
_HeaderValue = Annotated[str, Field(pattern=r"^[\t\x20-\x7e]{0,8000}$")]


class HttpRequest(BaseModel):
    """One GET; `timeout_s` is for all of it, from the first redirect to the last byte."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)

    url: Annotated[str, Field(min_length=1, max_length=2000)]
    params: dict[str, str | int | float | bool] = {}
    headers: dict[_HeaderName, _HeaderValue] = {}
    timeout_s: Annotated[float, Field(gt=0, le=300)] = 30.0


class HttpAnswer(TypedDict):
    """What came back: `json` when the answer says it is JSON, else `text`."""

    status: int
    json: NotRequired[JsonValue]
    text: NotRequired[str]


def describe_http_get() -> SkillManifest:
    """Return the manifest; a request is given whole, as the parameters or as the step's input."""
    return SkillManifest(
        HTTP_GET,
        "Get a URL: its JSON, or its text.",
        HTTP_GET_SIDE_EFFECTS,
        output_schema=schema_of(HttpAnswer),
        params_schema={**schema_of(HttpRequest), "required": []},
    )


def check_request_params(params: Mapping[str, JsonValue]) -> tuple[ParamProblem, ...]:
    """Return why parameters aren't a whole request; none at all are fine, the step's input is the request then."""
    if not params:
        return ()
    try:
        HttpRequest.model_validate(dict(params))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        name = str(first["loc"][0]) if first["loc"] else ""
        return (ParamProblem(name, f"parameter {name!r}: {first['msg']}"),)
    return ()
