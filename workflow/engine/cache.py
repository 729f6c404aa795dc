"""Answers remembered: what an agent or a skill gave is given again for the same input, at no cost.

Only steps that a `cache` wraps remember, and only what succeeded. The key is all that the answer may depend on: who
answers with which settings, prompt and checks, the input, and the version of the spec. A skill of the user's may ask
for the context, so the context counts as its input.
"""

import hashlib
from typing import Protocol

import orjson
from pydantic import JsonValue

from workflow.calls import AgentReply
from workflow.engine.program import SkillRef
from workflow.engine.state import Call
from workflow.skills import find_built_in


class Cache(Protocol):
    """Keeps answers by their keys, for as long as it likes; `get` returns None for what it doesn't have."""

    def get(self, key: str) -> bytes | None:
        """Return what was put there."""

    def put(self, key: str, value: bytes) -> None:
        """Keep an answer."""


class MemoryCache:
    """Keeps every answer as long as it lives."""

    def __init__(self) -> None:
        self._answers: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        """Return what was put there."""
        return self._answers.get(key)

    def put(self, key: str, value: bytes) -> None:
        """Keep an answer."""
        self._answers[key] = value


class NoCache:
    """Keeps nothing: every step is asked."""

    def get(self, _: str) -> bytes | None:
        """Return nothing."""
        return None

    def put(self, key: str, value: bytes) -> None:
        """Keep nothing."""


def recall(cache: Cache, key: str) -> AgentReply | None:
    """Return a remembered answer: it costs nothing and says that it is `cached`."""
    kept = cache.get(key)
    if kept is None:
        return None
    output, model, simulated = orjson.loads(kept)
    return AgentReply(output, model, simulated=simulated, cached=True)


def remember(cache: Cache, key: str, reply: AgentReply) -> None:
    """Keep a successful answer."""
    cache.put(key, orjson.dumps([reply.output, reply.model, reply.simulated]))


def key_of(call: Call, spec_sha256: str) -> str:
    """Return the key of what a call would answer."""
    plan = call.plan
    who: JsonValue
    if plan.agent is not None:
        who = [plan.agent_name, plan.agent.model, plan.system_prompt, dict(plan.settings)]
    else:
        assert plan.skill is not None
        who = _write(plan.skill)
    takes_context = plan.skill is not None and find_built_in(plan.skill.reference) is None
    identity: list[JsonValue] = [
        spec_sha256,
        who,
        None if plan.output_schema is None else dict(plan.output_schema),
        [_write(validator) for validator in plan.validators],
        call.data,
        dict(call.context) if takes_context else None,
    ]
    return hashlib.sha256(orjson.dumps(identity, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _write(skill: SkillRef) -> JsonValue:
    return [skill.reference, dict(skill.params)]
