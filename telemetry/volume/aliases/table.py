"""What a table of an emitter's names says, and in which words: the shape, no names yet."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Meaning(StrEnum):
    """What an attribute tells; the values are the words of the reference page."""

    OPERATION = "what kind of work the span is"
    STEP_ID = "the step, a path of names"
    SPEC_PATH = "path of the spec"
    SPEC_SHA256 = "version of the spec"
    YAML_PATH = "where the step stands in the spec"
    REPOSITORY = "the repository the spec is in"
    RUN_ID = "the run"
    OUTCOME = "how it ended"
    ERROR_CLASS = "why it failed"
    PROVIDER = "who was asked"
    REQUEST_MODEL = "the model that was asked for"
    RESPONSE_MODEL = "the model that answered"
    INPUT_TOKENS = "tokens that went in"
    OUTPUT_TOKENS = "tokens that came out"
    CACHE_READ_TOKENS = "input tokens read from the provider's cache"
    CACHE_WRITE_TOKENS = "input tokens written to the provider's cache"
    RAW_CACHE_READ_TOKENS = "input tokens read from the cache, as the provider counts them"
    RAW_CACHE_WRITE_TOKENS = "input tokens written to the cache, as the provider counts them"
    COST_USD = "what the call cost, as the emitter says"


class Work(StrEnum):
    """What kinds of spans of other emitters are told apart."""

    CALL = "call"
    """One request to a model: an attempt, with tokens and a cost, unless another call lies inside it."""

    AGENT = "agent"
    """A loop around calls: an execution of the step. Its totals repeat its calls' and are never read."""

    PART = "part"
    """Anything else of the step, as a tool that an agent used: counted as a span, adding nothing."""


@dataclass(frozen=True, slots=True)
class Alias:
    """A name of an emitter; `since` and `until` are the first and last versions that have it, "" where open."""

    name: str
    meaning: Meaning
    since: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True)
class AliasTable:
    """The names of one emitter, the current one before the ones it replaced.

    `works` says what the values of its `OPERATION` mean; `implied_by` is the name that makes a span without one a call.
    """

    emitter: str
    version: str
    source: str
    aliases: tuple[Alias, ...]
    works: Mapping[str, Work] = field(default_factory=dict)
    implied_by: str = ""
