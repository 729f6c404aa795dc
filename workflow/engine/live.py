"""Attempts for real: a model is asked, a skill is called, and the answer is checked before it counts."""

import asyncio
import inspect
from collections.abc import Mapping
from functools import lru_cache

import jsonschema
import orjson
from pydantic import JsonValue

from telemetry import ErrorClass
from workflow.calls import AgentCall, AgentReply, AskAgent, AttemptError, FindSkill, Skill
from workflow.engine.program import SkillRef, StepPlan
from workflow.engine.state import Call, Perform
from workflow.nodes import SideEffects
from workflow.skills import find_built_in
from workflow.spec import Mock

_MAX_OUTPUT_BYTES = 4 * 1024 * 1024


def perform_live(ask_agent: AskAgent, find_skill: FindSkill) -> Perform:
    """Return what makes attempts by asking models and calling skills."""

    async def perform(call: Call) -> AgentReply:
        plan = call.plan
        reply = (
            await ask_agent(_agent_call(call)) if plan.agent else await _call_step(call, find_skill)
        )
        _check_schema(plan, reply)
        for validator in plan.validators:
            await _validate(validator, reply, call, find_skill)
        return reply

    return perform


def perform_mocked(mocks: Mapping[str, Mock], otherwise: Perform) -> Perform:
    """Return what answers for the steps in `mocks` (by `step_id`) and lets the rest happen."""

    async def perform(call: Call) -> AgentReply:
        mock = mocks.get(call.plan.node.step_id)
        if mock is None:
            return await otherwise(call)
        await asyncio.sleep(mock.latency_s)
        if mock.error is not None:
            raise AttemptError(ErrorClass(mock.error), "mocked failure")
        return AgentReply(mock.output, "mock", simulated=True)

    return perform


def _agent_call(call: Call) -> AgentCall:
    plan = call.plan
    assert plan.agent is not None
    return AgentCall(
        step_id=plan.node.step_id,
        agent=plan.agent_name,
        model=plan.agent.model,
        system_prompt=plan.system_prompt,
        prompt=call.data,
        output_schema=plan.output_schema,
        settings=plan.settings,
        attempt=call.attempt,
        random=call.random,
        sleep=asyncio.sleep,
    )


async def _call_step(call: Call, find_skill: FindSkill) -> AgentReply:
    assert call.plan.skill is not None
    output = await _call_skill(call.plan.skill, call.data, call.context, find_skill)
    return AgentReply(_as_json(output), "")


async def _call_skill(
    ref: SkillRef, data: JsonValue, context: Mapping[str, JsonValue], find_skill: FindSkill
) -> object:
    found = find_built_in(ref.reference) or find_skill(ref.reference)
    arguments: dict[str, object] = dict(ref.params)
    if _wants_context(found):
        arguments.setdefault("context", dict(context))
    if inspect.iscoroutinefunction(found.function):
        return await found.function(data, **arguments)
    if found.side_effects is SideEffects.PURE:
        return found.function(data, **arguments)
    # It may block: in a thread, so that timeouts hold and siblings go on.
    return await asyncio.to_thread(found.function, data, **arguments)


@lru_cache(maxsize=1024)
def _wants_context(found: Skill) -> bool:
    return "context" in inspect.signature(found.function).parameters


def _as_json(output: object) -> JsonValue:
    try:
        text = orjson.dumps(output)
    except TypeError as error:
        raise AttemptError(ErrorClass.INVALID_OUTPUT, f"not plain JSON data: {error}") from error
    if len(text) > _MAX_OUTPUT_BYTES:
        raise AttemptError(ErrorClass.INVALID_OUTPUT, "the output is larger than 4 MiB")
    value: JsonValue = orjson.loads(text)
    return value


def _check_schema(plan: StepPlan, reply: AgentReply) -> None:
    if plan.output_schema is None:
        return
    validator = _schema_validator(orjson.dumps(plan.output_schema))
    problem = jsonschema.exceptions.best_match(validator.iter_errors(reply.output))
    if problem is not None:
        raise _spoiled(ErrorClass.INVALID_OUTPUT, problem.message, reply)


@lru_cache(maxsize=1024)
def _schema_validator(schema: bytes) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(orjson.loads(schema))


async def _validate(
    validator: SkillRef, reply: AgentReply, call: Call, find_skill: FindSkill
) -> None:
    verdict = await _call_skill(validator, reply.output, call.context, find_skill)
    if isinstance(verdict, Mapping):
        valid, feedback = verdict.get("valid"), str(verdict.get("feedback", ""))
    else:
        valid, feedback = verdict, ""
    if valid is not True:
        raise _spoiled(ErrorClass.REJECTED, f"{validator.reference}: {feedback}", reply)


def _spoiled(error_class: ErrorClass, message: str, reply: AgentReply) -> AttemptError:
    return AttemptError(
        error_class,
        message,
        model=reply.model,
        input_tokens=reply.input_tokens,
        output_tokens=reply.output_tokens,
        cost_usd=reply.cost_usd,
        simulated=reply.simulated,
    )
