"""Asks a model for patches; whatever it answers, only what the guard accepts becomes a candidate.

The model has no tools, sees no text of the spec or of telemetry, and is asked within limits of requests, tokens, time
and money. A provider that fails, stalls or talks nonsense yields no candidates and a note, never an exception.
"""

import asyncio
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from meta_agent.candidate import Candidate
from meta_agent.opportunity import Opportunity
from meta_agent.proposers.model_answer import ModelAnswer, Sieve
from meta_agent.proposers.model_budget import ModelLimits, affordable_requests
from prompt_guard import Plan, Prompt, RefusedEffect, Rejection, build_prompt, explain_to_model
from telemetry import price_usd
from workflow import Workflow

if TYPE_CHECKING:
    from pydantic_ai import Agent
    from pydantic_ai.models import Model
    from pydantic_ai.usage import RunUsage, UsageLimits

_MAX_RETRIES = 2


@dataclass(frozen=True, slots=True)
class ModelProposals:
    """What came of asking: candidates, what the guard refused, what it cost, and one line about how it went.

    A candidate's `rationale` is the model's own words: bounded, but untrusted, so it must be escaped where it is shown.
    """

    candidates: tuple[Candidate, ...]
    rejections: tuple[Rejection, ...]
    spent_usd: Decimal
    note: str


def propose_with_model(
    workflow: Workflow,
    opportunities: Sequence[Opportunity],
    *,
    plan: Plan,
    model: "Model | str",
    limits: ModelLimits | None = None,
    refused: Sequence[RefusedEffect] = (),
) -> ModelProposals:
    """Ask `model` for patches to the planned opportunities, at most one each; not from inside a running event loop.

    It is told what was `refused` before, in references and members of closed sets.

    A name such as `openai:gpt-4o-mini` is opened with the key its provider expects; a `Model` is used as it is.
    """
    limits = limits or ModelLimits()
    planned = [found for found in opportunities if found.step_id in plan.step_ids]
    planned = planned[: limits.max_opportunities]
    if not planned:
        return ModelProposals((), (), Decimal(0), "not asked: no opportunity lies inside the plan")
    prompt = build_prompt(plan, planned, workflow, refused=refused)
    source = f"model:{name_of(model)}"
    sieve = Sieve(workflow, planned, plan, source, prompt.template_sha256)
    return ask_through_guard(sieve, prompt, model, limits)


def ask_through_guard(
    sieve: Sieve, prompt: Prompt, model: "Model | str", limits: ModelLimits
) -> ModelProposals:
    """Ask within limits, again with the guard's reasons while a patch is refused; never raises."""
    return _report(sieve, *_ask_within_limits(sieve, prompt, model, limits), name_of(model))


def _ask_within_limits(
    sieve: Sieve, prompt: Prompt, model: "Model | str", limits: ModelLimits
) -> tuple["RunUsage | None", str]:
    """Return what was used, and what went wrong if something did; what passed the guard stays in the sieve."""
    requests = affordable_requests(prompt, name_of(model), limits)
    if requests == 0:
        return None, f"not asked: one request could cost more than ${limits.max_usd}"
    from pydantic_ai import UsageLimitUnavailableWarning
    from pydantic_ai.usage import RunUsage

    usage = RunUsage()
    try:
        with warnings.catch_warnings():
            # Said in the note: a server that reports no usage is bounded by the number of requests alone.
            warnings.simplefilter("ignore", UsageLimitUnavailableWarning)
            asyncio.run(_ask(sieve, prompt, model, limits, requests, usage))
    except Exception as error:
        # A provider's client may raise anything, and none of it may stop a sweep.
        return usage, _explain(error)
    return usage, ""


async def _ask(
    sieve: Sieve,
    prompt: Prompt,
    model: "Model | str",
    limits: ModelLimits,
    requests: int,
    usage: "RunUsage",
) -> None:
    from pydantic_ai.models import infer_model
    from pydantic_ai.settings import ModelSettings

    settings = ModelSettings(
        max_tokens=limits.max_output_tokens, timeout=limits.timeout_s, max_retries=0
    )
    async with infer_model(model) as opened:
        agent = _build_agent(opened, prompt, sieve, requests)
        await agent.run(
            prompt.user,
            model_settings=settings,
            usage_limits=_limit_usage(name_of(model), limits, requests),
            timeout=limits.timeout_s,
            usage=usage,
        )


def _build_agent(
    model: "Model", prompt: Prompt, sieve: Sieve, requests: int
) -> "Agent[None, ModelAnswer]":
    """Build an agent without tools that is asked again, with the guard's reasons, while a patch of it is refused."""
    from pydantic_ai import Agent, ModelRetry, RunContext

    retries = min(_MAX_RETRIES, requests - 1)
    agent: Agent[None, ModelAnswer] = Agent(
        model, output_type=ModelAnswer, instructions=prompt.system, retries={"output": retries}
    )

    @agent.output_validator
    def pass_through_the_guard(context: RunContext[None], answer: ModelAnswer) -> ModelAnswer:
        refused = sieve.sift(answer)
        if refused and context.retry < retries:
            raise ModelRetry("\n".join(explain_to_model(rejection) for rejection in refused))
        return answer

    return agent


def _limit_usage(model_name: str, limits: ModelLimits, requests: int) -> "UsageLimits":
    from pydantic_ai.usage import UsageLimits

    is_priced = price_usd(model_name, 1, 1) is not None
    return UsageLimits(
        request_limit=requests,
        total_tokens_limit=limits.max_total_tokens,
        cost_limit=limits.max_usd if is_priced else None,
    )


def _report(
    sieve: Sieve, usage: "RunUsage | None", trouble: str, model_name: str
) -> ModelProposals:
    spent_usd, doubt = _price(usage, model_name)
    counted = f"{len(sieve.candidates)} accepted, {len(sieve.rejections)} refused"
    return ModelProposals(
        candidates=tuple(sieve.candidates.values()),
        rejections=tuple(sieve.rejections),
        spent_usd=spent_usd,
        note="; ".join(part for part in (f"{model_name}: {counted}", trouble, doubt) if part),
    )


def _price(usage: "RunUsage | None", model_name: str) -> tuple[Decimal, str]:
    """Return the list price of what was used, and what makes it doubtful."""
    if usage is None or usage.requests == 0:
        return Decimal(0), ""
    if not usage.total_tokens:
        return Decimal(0), "no usage was reported, so no cost is counted"
    price = price_usd(model_name, usage.input_tokens, usage.output_tokens)
    return price or Decimal(0), "" if price is not None else "its price is unknown"


def name_of(model: "Model | str") -> str:
    """Return a model's name with its provider's."""
    return model if isinstance(model, str) else f"{model.system}:{model.model_name}"


def _explain(error: Exception) -> str:
    """Name the failure by its kind and status only: a provider's text may repeat the prompt or a key."""
    status = getattr(error, "status_code", None)
    kind = type(error).__name__.lstrip("_")
    return f"{kind} (HTTP {status})" if isinstance(status, int) else kind
