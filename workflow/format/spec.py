"""The format of a spec: a superset of the public Flujo blueprint 0.1; `policies`, `tests` and `score` are ours."""

from typing import Annotated, Literal

from pydantic import Field, JsonValue, Tag

from policy_dsl import Policy
from workflow.format.spec_model import FORM, JsonObject, Name, Reference, SpecModel
from workflow.format.step_spec import ModelSettings, StepSpec, UsageLimits


class PromptFile(SpecModel):
    """A prompt kept in a file beside the spec; it enters the spec's hash by content."""

    from_file: str
    variables: JsonObject = Field(default_factory=dict)


Prompt = Annotated[Annotated[str, Tag("as=text")] | Annotated[PromptFile, Tag("as=mapping")], FORM]


class AgentSpec(SpecModel):
    """A model with its instructions; `timeout` in seconds and `max_retries` are defaults for the steps that use it."""

    model: Annotated[str, Field(min_length=1, max_length=200)]
    system_prompt: Prompt = ""
    output_schema: JsonObject | None = None
    model_settings: ModelSettings = ModelSettings()
    timeout: Annotated[float, Field(gt=0, le=86_400)] | None = None
    max_retries: Annotated[int, Field(ge=0, le=100)] | None = None
    description: str = ""
    meta: JsonObject = Field(default_factory=dict)


class Mock(SpecModel):
    """What a step answers in a test: an output, or an error of this class."""

    output: JsonValue = None
    error: str | None = None
    latency_s: Annotated[float, Field(ge=0)] = 0.0
    cost_usd: Annotated[float, Field(ge=0)] = 0.0


class EmbeddedTest(SpecModel):
    """An entry of `tests:`; passes when every assertion holds in at least `pass_rate` of `repeat` runs."""

    name: Name
    input: JsonValue = None
    assertions: Annotated[tuple[str, ...], Field(min_length=1)]
    mocks: dict[str, Mock] = Field(default_factory=dict)
    repeat: Annotated[int, Field(ge=1, le=1_000)] = 1
    pass_rate: Annotated[float, Field(gt=0, le=1)] = 1.0
    tags: tuple[str, ...] = ()
    timeout_s: Annotated[float, Field(gt=0, le=3_600)] = 60.0
    description: str = ""


class WorkflowSpec(SpecModel):
    """A whole spec; `score` names the step or skill whose output is `result.score`, `usage_limits` hold for one run."""

    version: str = "0.1"
    name: Name | None = None
    description: str = ""
    steps: Annotated[tuple[StepSpec, ...], Field(min_length=1)]
    agents: dict[Name, AgentSpec] = Field(default_factory=dict)
    imports: dict[Name, str] = Field(default_factory=dict)
    policies: tuple[Policy, ...] = ()
    policy_packs: tuple[Literal["cost-ceilings", "pii"], ...] = ()
    tests: tuple[EmbeddedTest, ...] = ()
    score: Reference | None = None
    usage_limits: UsageLimits | None = None
