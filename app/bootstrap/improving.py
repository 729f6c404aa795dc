"""Builds what improves workflows: the store, the settings, whoever tests, and the model that may be asked."""

import os
import secrets
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from app.adapters.local_git import LocalGitRepository
from app.adapters.models_by_name import open_model
from app.adapters.test_process import open_test_process
from app.bootstrap.running import API_KEY_VARIABLE
from app.store import Store, open_store
from app.use_cases.act_on_proposal import Actor
from app.use_cases.find_candidates import AskModel
from app.use_cases.heal import AskRepair
from app.use_cases.read_settings import read_settings
from meta_agent import (
    ModelLimits,
    ModelProposals,
    Opportunity,
    propose_with_model,
    repair_with_model,
)
from prompt_guard import FailingTest, Plan, RefusedEffect, plan_for
from trust_tiers import TierLimits
from workflow import Workflow


def open_repository_store(host: LocalGitRepository) -> Store:
    """Open the store of a local repository, which lies beside its objects."""
    return open_store(host.state_folder / "flujo.db")


def open_actor(host: LocalGitRepository, *, now: datetime) -> Actor:
    """Build what acts on a local repository: its store beside its objects, its settings from its default branch."""
    settings = read_settings(host)
    return Actor(
        host=host,
        store=open_repository_store(host),
        settings=settings,
        open_tests=lambda path: open_test_process(
            path, timeout_s=settings.tests.timeout_s, environment=settings.tests.environment
        ),
        now=now,
    )


def open_ask_model(model: str, base_url: str | None, *, max_usd: float = 1.0) -> AskModel:
    """Build what asks a model for candidates; the plan is fixed before the model sees anything.

    All that is asked through it may cost `max_usd` together, and one spec no more than `ModelLimits` allow.
    """
    opened = open_model(model, base_url=base_url, api_key=os.environ.get(API_KEY_VARIABLE))
    left_usd = Decimal(str(max_usd))

    def ask(
        workflow: Workflow,
        opportunities: Sequence[Opportunity],
        limits: TierLimits,
        refused: Sequence[RefusedEffect],
    ) -> ModelProposals:
        nonlocal left_usd
        plan = plan_for(
            workflow, [found.step_id for found in opportunities], models=limits.allowed_models
        )
        ceiling = ModelLimits(max_usd=min(left_usd, ModelLimits().max_usd))
        asked = propose_with_model(
            workflow, opportunities, plan=plan, model=opened, limits=ceiling, refused=refused
        )
        left_usd = max(Decimal(0), left_usd - asked.spent_usd)
        return asked

    return ask


def open_ask_repair(model: str, base_url: str | None, *, max_usd: float = 1.0) -> AskRepair:
    """Build what asks a model to mend failing tests; the mark of its slots is new every time."""
    opened = open_model(model, base_url=base_url, api_key=os.environ.get(API_KEY_VARIABLE))

    def ask(workflow: Workflow, failing: Sequence[FailingTest], plan: Plan) -> ModelProposals:
        ceiling = ModelLimits(max_usd=min(Decimal(str(max_usd)), ModelLimits().max_usd))
        return repair_with_model(
            workflow,
            failing,
            plan=plan,
            model=opened,
            canary=secrets.token_hex(12),
            limits=ceiling,
        )

    return ask
