"""A skill that waits for the world takes the time it takes, whatever the clock of simulated models skips."""

import asyncio
import inspect
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.adapters.real_time import in_real_time
from app.adapters.user_skills import SkillFolder
from workflow import Skill, VirtualTimeLoop

PATIENCE_S = 60.0
"""Far longer than the test takes, and skipped at once by a clock that skips waits."""


async def wait_for_the_world(_: object) -> str:
    """Wait for what another thread does; it begins only now, so on a clock that skips waits it is late."""
    loop, done = asyncio.get_running_loop(), asyncio.Event()
    world = threading.Timer(0.05, lambda: loop.call_soon_threadsafe(done.set))
    world.start()
    try:
        async with asyncio.timeout(PATIENCE_S):
            await done.wait()
    finally:
        world.cancel()
    return "answered"


async def hear_the_world(data: object) -> AsyncIterator[str]:
    yield await wait_for_the_world(data)


def answer_of(skill: Skill) -> str:
    async def call() -> str:
        answer = skill.function(None)
        if isinstance(answer, AsyncIterator):
            return "".join([str(chunk) async for chunk in answer])
        assert asyncio.iscoroutine(answer)
        return str(await answer)

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(call())


@pytest.mark.parametrize("function", [wait_for_the_world, hear_the_world])
def test_the_timeouts_of_an_async_skill_are_real(function: object) -> None:
    assert callable(function)
    skill = Skill("s:a", function)
    with pytest.raises(TimeoutError):
        answer_of(skill)
    assert answer_of(in_real_time(skill)) == "answered"


def test_on_any_other_loop_nothing_is_different() -> None:
    answer = in_real_time(Skill("s:a", wait_for_the_world)).function(None)
    assert asyncio.iscoroutine(answer)
    assert asyncio.run(answer) == "answered"


def test_a_user_s_skills_take_real_time(tmp_path: Path) -> None:
    source = inspect.getsource(wait_for_the_world)
    head = f"import asyncio, threading\n\nPATIENCE_S = {PATIENCE_S}\n\n\n"
    (tmp_path / "skills.py").write_text(head + source)
    assert answer_of(SkillFolder(tmp_path).find("skills:wait_for_the_world")) == "answered"
