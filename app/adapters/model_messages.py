"""What goes to a process that asks a model, and what comes back: plain data, read strictly on both sides."""

from decimal import Decimal
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from meta_agent import Opportunity
from prompt_guard import RefusedEffect
from trust_tiers import TierLimits

MOST_BYTES: Final = 4 * 1024 * 1024
"""Of an answer; it holds at most a handful of patches."""


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelQuestion(_Message):
    """A version of a spec, with the files beside it, and where it may be improved; the model, and what it may cost."""

    model: str
    base_url: str | None
    max_usd: Decimal
    text: str
    path: str
    files: dict[str, str]
    allow: tuple[str, ...]
    opportunities: tuple[Opportunity, ...]
    limits: TierLimits
    refused: tuple[RefusedEffect, ...]


class AnsweredPatch(_Message):
    """A patch for the opportunity of that place, counted from 0."""

    opportunity: int = Field(ge=0)
    patch: list[JsonValue] = Field(max_length=200)
    why: str = Field(max_length=2_000)
    template_sha256: str = Field(pattern=r"^[0-9a-f]{0,64}$")


class ModelReply(_Message):
    """What came of asking; nothing in it is believed but what it cost."""

    patches: tuple[AnsweredPatch, ...] = Field(max_length=32)
    spent_usd: Decimal = Field(ge=0, allow_inf_nan=False)
    note: str = Field(max_length=500)
