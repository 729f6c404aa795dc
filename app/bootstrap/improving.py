"""Builds what improves workflows: the store, the settings, whoever tests, and the model that may be asked."""

import os
from collections.abc import Sequence
from datetime import datetime

from app.adapters.local_git import LocalGitRepository
from app.adapters.models_by_name import open_model
from app.adapters.test_process import open_test_process
from app.bootstrap.running import API_KEY_VARIABLE
from app.settings import Settings
from app.store import open_store
from app.use_cases.act_on_proposal import Actor
from app.use_cases.read_settings import read_settings
from app.use_cases.suggest import AskModel, SuggestSettings
from meta_agent import (
    EvidenceSettings,
    ModelProposals,
    Opportunity,
    ProposerSettings,
    RoiSettings,
    propose_with_model,
)
from policy_dsl import Policy
from prompt_guard import plan_for
from trust_tiers import TierLimits
from workflow import Workflow


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
            max_timeout_cut=settings.tiers.max_timeout_cut,
            roi=roi,
        ),
        evidence=EvidenceSettings(min_pairs=settings.evidence.min_pairs),
        limits=settings.tier_limits,
        seed=seed,
        organisation=organisation,
    )


def open_actor(host: LocalGitRepository, *, now: datetime) -> Actor:
    """Build what acts on a local repository: its store beside its objects, its settings from its default branch."""
    settings = read_settings(host)
    return Actor(
        host=host,
        store=open_store(host.state_folder / "flujo.db"),
        settings=settings,
        open_tests=lambda path: open_test_process(
            path, timeout_s=settings.tests.timeout_s, environment=settings.tests.environment
        ),
        now=now,
    )


def open_ask_model(model: str, base_url: str | None) -> AskModel:
    """Build what asks a model for candidates; the plan is fixed before the model sees anything."""
    opened = open_model(model, base_url=base_url, api_key=os.environ.get(API_KEY_VARIABLE))

    def ask(
        workflow: Workflow, opportunities: Sequence[Opportunity], limits: TierLimits
    ) -> ModelProposals:
        plan = plan_for(
            workflow, [found.step_id for found in opportunities], models=limits.allowed_models
        )
        return propose_with_model(workflow, opportunities, plan=plan, model=opened)

    return ask
