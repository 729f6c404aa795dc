"""Hands a repository's settings to the packages that go by them."""

from app.settings import Settings
from app.use_cases.grounds import SuggestSettings
from meta_agent import EvidenceSettings, ProposerSettings, RoiSettings
from policy_dsl import Policy


def choose_suggesting(
    settings: Settings, *, seed: int = 0, organisation: tuple[Policy, ...] = ()
) -> SuggestSettings:
    """Hand a repository's settings, and its organisation's policies, to the packages that go by them."""
    prices = settings.roi
    roi = RoiSettings(
        value_per_success_usd=prices.value_per_success_usd,
        latency_usd_per_s=prices.latency_usd_per_s,
        review_usd_per_hour=prices.review_usd_per_hour,
        rollback_usd=prices.rollback_usd,
        runs_per_month=prices.runs_per_month,
    )
    return SuggestSettings(
        proposers=ProposerSettings(
            allowed_models=settings.models.allow,
            max_retries=settings.tiers.max_retries,
            max_timeout_cut=settings.tiers.max_timeout_cut,
            max_token_cut=settings.tiers.max_token_cut,
            roi=roi,
        ),
        evidence=EvidenceSettings(min_pairs=settings.evidence.min_pairs),
        limits=settings.tier_limits,
        seed=seed,
        organisation=organisation,
        max_share=settings.telemetry.max_share,
    )
