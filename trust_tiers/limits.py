"""How far a change may go and still count as low or medium risk: `tiers:` of `.github/flujo.yml`.

A setting can narrow the surface, or widen it up to the ceilings below; past a ceiling the settings file is refused.
"""

from typing import Annotated, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictFloat,
    StrictInt,
    StrictStr,
    model_validator,
)

_Seconds = Annotated[StrictFloat, Field(allow_inf_nan=False)]
_Ratio = Annotated[StrictFloat, Field(allow_inf_nan=False)]
_BuiltInCheck = Annotated[StrictStr, Field(pattern=r"^flujo\.check\.[a-z_]+$")]


class TierLimits(BaseModel):
    """Bounds of the surface that may be applied without a person; the defaults are the recommended ones.

    Read from the default branch only: a patch never brings the limits it is judged by.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_retries: StrictInt = Field(default=5, ge=0, le=10)
    min_timeout_s: _Seconds = Field(default=1.0, ge=0.5)
    max_timeout_s: _Seconds = Field(default=600.0, le=3600.0)
    max_timeout_cut: _Ratio = Field(default=4.0, ge=1.0, le=10.0)
    """A new timeout is at least the old one divided by this."""
    max_timeout_raise: _Ratio = Field(default=2.0, ge=1.0, le=4.0)
    """A new timeout is at most the old one times this."""
    max_backoff_s: _Seconds = Field(default=60.0, ge=0.0, le=300.0)
    max_token_cut: _Ratio = Field(default=2.0, ge=1.0, le=4.0)
    """A lowered `max_tokens` is at least the old one divided by this."""
    allowed_models: tuple[StrictStr, ...] = ()
    """Models that an agent may be switched to at medium risk."""
    registered_validators: tuple[_BuiltInCheck, ...] = (
        "flujo.check.contains",
        "flujo.check.length",
        "flujo.check.schema",
    )
    """Built-in validators that may be added to a step at medium risk."""

    @model_validator(mode="after")
    def _timeouts_make_a_range(self) -> Self:
        if self.min_timeout_s > self.max_timeout_s:
            raise ValueError("min_timeout_s is greater than max_timeout_s")
        return self
