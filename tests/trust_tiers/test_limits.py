"""The settings that narrow or widen the surface, and the ceilings none of them passes."""

import pytest
from pydantic import ValidationError

from trust_tiers import TierLimits


@pytest.mark.parametrize(
    "settings",
    [
        {"max_retries": 10},
        {"max_timeout_s": 3600},
        {"min_timeout_s": 0.5},
        {"max_timeout_cut": 10, "max_timeout_raise": 4},
        {"max_backoff_s": 300},
        {"max_token_cut": 4},
        {"allowed_models": ["openai:gpt-4o-mini"]},
        {"registered_validators": ["flujo.check.length"]},
    ],
)
def test_settings_up_to_the_ceilings_are_accepted(settings: dict[str, object]) -> None:
    TierLimits.model_validate(settings)


@pytest.mark.parametrize(
    "settings",
    [
        {"max_retries": 11},
        {"max_retries": -1},
        {"max_retries": True},
        {"max_retries": "5"},
        {"max_timeout_s": 3601},
        {"max_timeout_s": float("inf")},
        {"max_timeout_s": float("nan")},
        {"min_timeout_s": 0.4},
        {"min_timeout_s": 20, "max_timeout_s": 10},
        {"max_timeout_cut": 11},
        {"max_timeout_raise": 4.5},
        {"max_backoff_s": 301},
        {"max_token_cut": 5},
        {"registered_validators": ["skills:accept_everything"]},
        {"allow_prompts": True},
    ],
)
def test_settings_past_the_ceilings_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        TierLimits.model_validate(settings)


def test_limits_do_not_change_after_they_were_read() -> None:
    with pytest.raises(ValidationError):
        setattr(TierLimits(), "max_retries", 9)  # noqa: B010 -- the type checker refuses the plain way
