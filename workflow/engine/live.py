"""Attempts for real: a model is asked, a skill is called, and the answer is checked before it counts."""

import asyncio
from collections.abc import Mapping
from decimal import Decimal

from telemetry import ErrorClass
from workflow.calls import (
    AgentCall,
    AgentReply,
    AskAgent,
    AttemptError,
    FindSkill,
    classify_exception,
)
from workflow.engine.program import SkillRef
from workflow.engine.question import Question
from workflow.engine.skill_calls import as_json, call_skill
from workflow.engine.state import Call, Perform
from workflow.engine.unwinding import RunPausedError
from workflow.format.spec import Mock
from workflow.schemas import explain_mismatch
from workflow.templates import to_text


def perform_live(ask_agent: AskAgent, find_skill: FindSkill) -> Perform:
    """Return what makes attempts by asking models and calling skills."""

    async def perform(call: Call) -> AgentReply:
        plan = call.plan
        if plan.asks_person:
            raise RunPausedError(question_of(call))
        if plan.skill is not None:
            output = await call_skill(plan.skill, call.data, call, find_skill)
            reply = AgentReply(output, "")
        else:
            reply = await ask_agent(_agent_call(call))
        if plan.skill is not None and plan.output_schema is None and not plan.validators:
            return reply
        validators_ms: list[float] = []
        try:
            reply = await _check(reply, call, find_skill, validators_ms)
        except Exception as error:
            # A spoiled answer is paid for all the same.
            raise _spoil(error, reply, validators_ms) from error
        return reply._replace(validators_ms=tuple(validators_ms)) if validators_ms else reply

    return perform


def perform_mocked(mocks: Mapping[str, Mock], otherwise: Perform) -> Perform:
    """Return what answers for the steps in `mocks` (by `step_id`) and lets the rest happen."""

    async def perform(call: Call) -> AgentReply:
        mock = mocks.get(call.plan.node.step_id)
        if mock is None:
            return await otherwise(call)
        await asyncio.sleep(mock.latency_s)
        cost_usd = Decimal(str(mock.cost_usd))
        if mock.error is not None:
            raise AttemptError(
                ErrorClass(mock.error),
                "mocked failure",
                model="mock",
                cost_usd=cost_usd,
                simulated=True,
            )
        return AgentReply(mock.output, "mock", cost_usd=cost_usd, simulated=True)

    return perform


def question_of(call: Call) -> Question:
    """Return what a step asks a person."""
    asked = call.data
    assert isinstance(asked, dict)
    step_id, schema = call.plan.node.step_id, call.plan.answer_schema
    return Question(step_id, call.visit, to_text(asked["message"]), asked["input"], schema)


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
        feedback=call.feedback,
        send_chunk=call.send_chunk,
    )


async def _check(
    reply: AgentReply, call: Call, find_skill: FindSkill, validators_ms: list[float]
) -> AgentReply:
    """Return the reply as plain JSON data that fits the schema and pleases every validator, and note their times."""
    reply = reply._replace(output=as_json(reply.output))
    schema = call.plan.output_schema
    problem = explain_mismatch(schema, reply.output) if schema is not None else ""
    if problem:
        raise AttemptError(ErrorClass.INVALID_OUTPUT, problem)
    if call.plan.validators:
        clock = asyncio.get_running_loop()
        for validator in call.plan.validators:
            began_s = clock.time()
            try:
                await _validate(validator, reply, call, find_skill)
            finally:
                validators_ms.append((clock.time() - began_s) * 1000)
    return reply


async def _validate(
    validator: SkillRef, reply: AgentReply, call: Call, find_skill: FindSkill
) -> None:
    verdict = await call_skill(validator, reply.output, call, find_skill)
    feedback = ""
    if isinstance(verdict, dict):
        feedback, verdict = str(verdict.get("feedback", "")), verdict.get("valid")
    if verdict is not True:
        raise AttemptError(ErrorClass.REJECTED, f"{validator.reference}: {feedback}")


def _spoil(error: Exception, reply: AgentReply, validators_ms: list[float]) -> AttemptError:
    known = isinstance(error, AttemptError)
    return AttemptError(
        classify_exception(error),
        str(error) if known else f"{type(error).__name__}: {error}",
        model=reply.model,
        input_tokens=reply.input_tokens,
        output_tokens=reply.output_tokens,
        cost_usd=reply.cost_usd,
        simulated=reply.simulated,
        validators_ms=tuple(validators_ms),
    )
