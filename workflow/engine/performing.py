"""Who makes a run's attempts: what is known already comes before what is remembered, and that before asking anew."""

from typing import Protocol

from workflow.calls import AgentReply
from workflow.engine.cache import Cache, MemoryCache, key_of, recall, remember
from workflow.engine.program import Program
from workflow.engine.question import Question
from workflow.engine.state import Call, Perform
from workflow.engine.unwinding import RunPausedError


class Past(Protocol):
    """The part of a run that has happened already."""

    def knows(self, call: Call) -> bool:
        """Whether this attempt was made, or this question answered."""

    async def perform(self, call: Call) -> AgentReply:
        """Make an attempt it knows happen again; raises `AttemptError` as `Perform` does."""


def arrange_performing(
    program: Program,
    perform: Perform,
    *,
    questions: list[Question],
    cache: Cache | None = None,
    past: Past | None = None,
) -> Perform:
    """Return what makes the attempts of one run; `questions` gets what nobody has answered."""
    if program.may_pause:
        perform = _noting(perform, questions)
    if not program.remembers:
        return perform if past is None else _after(past, perform)
    spec_sha256 = program.workflow.spec_sha256
    cache = MemoryCache() if cache is None else cache
    perform = _recalling(perform, cache, spec_sha256)
    return perform if past is None else _after(_Remembered(past, cache, spec_sha256), perform)


def _noting(perform: Perform, questions: list[Question]) -> Perform:
    async def perform_or_note(call: Call) -> AgentReply:
        try:
            return await perform(call)
        except RunPausedError as pause:
            questions.append(pause.question)
            raise

    return perform_or_note


def _recalling(perform: Perform, cache: Cache, spec_sha256: str) -> Perform:
    async def recall_or_perform(call: Call) -> AgentReply:
        if not call.plan.remembers:
            return await perform(call)
        key = key_of(call, spec_sha256)
        known = recall(cache, key)
        if known is not None:
            return known
        reply = await perform(call)
        remember(cache, key, reply)
        return reply

    return recall_or_perform


class _Remembered:
    """A past whose answers are remembered as if they had just been given."""

    def __init__(self, past: Past, cache: Cache, spec_sha256: str) -> None:
        self._past, self._cache, self._spec_sha256 = past, cache, spec_sha256
        self.knows = past.knows

    async def perform(self, call: Call) -> AgentReply:
        reply = await self._past.perform(call)
        if call.plan.remembers and not reply.cached:
            remember(self._cache, key_of(call, self._spec_sha256), reply)
        return reply


def _after(past: Past, perform: Perform) -> Perform:
    async def repeat_or_perform(call: Call) -> AgentReply:
        return await (past.perform(call) if past.knows(call) else perform(call))

    return repeat_or_perform
