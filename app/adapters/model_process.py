"""Asks a model from a process of its own, whose environment holds the model's key and nothing else of ours.

What comes back is data like any other: here, where the rights are, every patch passes the guard again, and titles and
classes are made from what it changes.
"""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from pydantic import ValidationError

from app.adapters.model_messages import MOST_BYTES, ModelQuestion, ModelReply
from app.use_cases.find_candidates import AskModel
from meta_agent import Candidate, ModelLimits, ModelProposals, Opportunity, accept_patch
from prompt_guard import RefusedEffect, Rejection, plan_for
from trust_tiers import TierLimits
from workflow import Workflow

KEY_VARIABLE: Final = "FLUJO_MODEL_API_KEY"
_PASSED_ON: Final = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "SYSTEMROOT", "SSL_CERT_FILE")
_KEYS: Final = {
    "openai": ("OPENAI_API_KEY",),
    "anthropic": ("ANTHROPIC_API_KEY",),
    "google": ("GOOGLE_API_KEY", "GEMINI_API_KEY"),
    "google-gla": ("GOOGLE_API_KEY", "GEMINI_API_KEY"),
}
"""The keys that providers' clients look for; any other provider's comes as ours."""

_TIMEOUT_S: Final = 180.0
# -P: whatever the folder holds, `app` is ours.
_CHILD: Final = (sys.executable, "-P", "-m", "app.bootstrap.model_child")


def open_model_process(
    model: str,
    base_url: str | None,
    *,
    max_usd: float,
    environ: Mapping[str, str] = os.environ,
    timeout_s: float = _TIMEOUT_S,
    command: Sequence[str] = _CHILD,
) -> AskModel:
    """Return what asks `model` in a process of its own; all that is asked through it may cost `max_usd` together."""
    left_usd = Decimal(str(max_usd))

    def ask(
        workflow: Workflow,
        opportunities: Sequence[Opportunity],
        limits: TierLimits,
        refused: Sequence[RefusedEffect],
    ) -> ModelProposals:
        nonlocal left_usd
        ceiling = min(left_usd, ModelLimits().max_usd)
        question = ModelQuestion(
            model=model,
            base_url=base_url,
            max_usd=ceiling,
            text=workflow.text,
            path=workflow.path,
            files=dict(workflow.files),
            allow=tuple(workflow.registry.allow),
            opportunities=tuple(opportunities),
            limits=limits,
            refused=tuple(refused),
        )
        environment = choose_environment(model, base_url, environ)
        reply = _run(command, question, environment, timeout_s)
        # What it has cost is unknown when it doesn't say: then it was everything.
        left_usd -= min(left_usd, ceiling if reply is None else reply.spent_usd)
        if reply is None:
            return ModelProposals((), (), ceiling, f"{model}: its process gave no answer")
        return _accept(reply, workflow, opportunities, limits, f"model:{model}")

    return ask


def choose_environment(
    model: str, base_url: str | None, environ: Mapping[str, str]
) -> dict[str, str]:
    """Return what of an environment the process may see: the usual, and the key of this model."""
    provider = model.partition(":")[0] if ":" in model else "openai"
    keys = () if base_url is not None else _KEYS.get(provider, ())
    wanted = (*_PASSED_ON, KEY_VARIABLE, *keys)
    return {name: environ[name] for name in wanted if name in environ}


def _run(
    command: Sequence[str],
    question: ModelQuestion,
    environment: Mapping[str, str],
    timeout_s: float,
) -> ModelReply | None:
    """Return the process's reply; None when it died, took too long, or said something else."""
    try:
        done = subprocess.run(  # noqa: S603 -- our own interpreter, a module of ours
            [*command],
            input=question.model_dump_json().encode(),
            env={**environment},
            capture_output=True,
            timeout=timeout_s,
            check=False,
        )
        if done.returncode != 0 or len(done.stdout) > MOST_BYTES:
            return None
        return ModelReply.model_validate_json(done.stdout)
    except (subprocess.TimeoutExpired, OSError, ValidationError):
        return None


def _accept(
    reply: ModelReply,
    workflow: Workflow,
    opportunities: Sequence[Opportunity],
    limits: TierLimits,
    source: str,
) -> ModelProposals:
    """Pass every patch through the guard; one for each opportunity that was asked about."""
    plan = plan_for(
        workflow, [found.step_id for found in opportunities], models=limits.allowed_models
    )
    accepted: dict[int, Candidate] = {}
    refused: list[Rejection] = []
    for answer in reply.patches:
        if answer.opportunity >= len(opportunities) or answer.opportunity in accepted:
            continue
        found = accept_patch(
            workflow,
            opportunities[answer.opportunity],
            answer.patch,
            answer.why,
            plan=plan,
            source=source,
            template_sha256=answer.template_sha256,
        )
        if isinstance(found, Rejection):
            refused.append(found)
        else:
            accepted[answer.opportunity] = found
    note = f"{source.removeprefix('model:')}: {len(accepted)} accepted, {len(refused)} refused here"
    return ModelProposals(tuple(accepted.values()), tuple(refused), reply.spent_usd, note)
