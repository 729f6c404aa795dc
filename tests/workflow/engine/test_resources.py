"""Resources: set up before a run, handed to the skills that ask for them, torn down whatever happens."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import TracebackType

import pytest
from pydantic import JsonValue

from telemetry import ErrorClass, Outcome
from tests.builders import make_program, run
from tests.fakes.agents import Answer, ScriptedAgents
from workflow import Resource, RunFinished

ONE = "- {name: a, uses: s:read}"


class Log:
    """Resources that write down when they are opened and closed."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def resource(self, name: str, closing: Callable[[], None] = lambda: None) -> Resource:
        @asynccontextmanager
        async def opened() -> AsyncIterator[str]:
            self.lines.append(f"open {name}")
            try:
                yield f"the {name}"
            finally:
                self.lines.append(f"close {name}")
                closing()

        return opened


def read(data: JsonValue, *, db: str) -> JsonValue:
    return [data, db]


def fail(*_: object, **__: object) -> None:
    raise ConnectionError("gone")


def test_a_skill_gets_the_resource_it_names() -> None:
    log = Log()
    result = run(
        make_program(ONE), 1, skills={"s:read": read}, resources={"db": log.resource("db")}
    )
    assert result.output == [1, "the db"]
    assert log.lines == ["open db", "close db"]


def test_all_are_opened_first_and_closed_last_in_reverse_order_once_a_run() -> None:
    log = Log()

    def note(data: JsonValue) -> JsonValue:
        log.lines.append("step")
        return data

    steps = "- {name: a, uses: s:note}\n- {name: b, uses: s:note}"
    resources = {name: log.resource(name) for name in ("db", "cache")}
    run(make_program(steps), skills={"s:note": note}, resources=resources)
    assert log.lines == ["open db", "open cache", "step", "step", "close cache", "close db"]


@pytest.mark.parametrize("ask", [lambda data, db=0: db, lambda data, **other: list(other)])
def test_only_a_keyword_only_parameter_asks(ask: Callable[..., object]) -> None:
    given = run(
        make_program(ONE), skills={"s:read": ask}, resources={"db": Log().resource("db")}
    ).output
    assert given in (0, [])


def test_a_parameter_from_the_spec_is_not_overridden() -> None:
    program = make_program("- {name: a, agent: {id: 's:read', params: {db: mine}}}")
    result = run(program, 1, skills={"s:read": read}, resources={"db": Log().resource("db")})
    assert result.output == [1, "mine"]


def test_validators_ask_too() -> None:
    def check(output: JsonValue, *, db: str) -> bool:
        return db == "the db"

    program = make_program("- {name: a, uses: flujo.value.pass, validators: [s:check]}")
    resources = {"db": Log().resource("db")}
    assert run(program, skills={"s:check": check}, resources=resources).succeeded


def test_a_resource_that_can_not_be_opened_fails_the_run_before_its_first_step() -> None:
    log = Log()
    result = run(
        make_program(ONE),
        skills={"s:read": read},
        resources={"cache": log.resource("cache"), "db": fail},  # type: ignore[dict-item]
    )
    assert result.error_class is ErrorClass.CONNECTION
    assert result.error == "resource 'db' can't be set up: ConnectionError: gone"
    assert result.steps == ()
    assert log.lines == ["open cache", "close cache"]


def test_one_that_can_not_be_closed_is_told_and_hides_neither_the_result_nor_the_others() -> None:
    log = Log()
    told: list[RunFinished] = []
    result = run(
        make_program(ONE),
        1,
        skills={"s:read": read},
        resources={"db": log.resource("db"), "cache": log.resource("cache", fail)},
        listeners=[lambda event: told.append(event) if isinstance(event, RunFinished) else None],
    )
    assert result.succeeded
    assert result.problems == ("resource 'cache' can't be torn down: ConnectionError: gone",)
    assert log.lines[-1] == "close db"
    assert told == [RunFinished(result)]


class Ledger:
    """A transaction: it looks at how the run ended."""

    def __init__(self) -> None:
        self.reason: BaseException | None = None
        self.left = False

    def __call__(self) -> AbstractAsyncContextManager[object]:
        return self

    async def __aenter__(self) -> object:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        reason: BaseException | None,
        at: TracebackType | None,
    ) -> bool:
        self.reason, self.left = reason, True
        return True


def test_each_is_told_what_ended_the_run_early_and_can_not_make_it_good() -> None:
    ledger = Ledger()
    result = run(make_program(ONE), skills={"s:read": fail}, resources={"db": ledger})
    assert "gone" in str(ledger.reason)
    assert not result.succeeded
    good = Ledger()
    run(make_program("- {name: a, uses: flujo.value.pass}"), resources={"db": good})
    assert (good.left, good.reason) == (True, None)


def test_cancelling_closes_all_even_when_it_comes_again_while_closing() -> None:
    log = Log()

    @asynccontextmanager
    async def slow() -> AsyncIterator[None]:
        try:
            yield
        finally:
            await asyncio.sleep(100)

    async def cancel_twice() -> None:
        task = asyncio.current_task()
        assert task is not None
        asyncio.get_running_loop().call_later(1, task.cancel)
        asyncio.get_running_loop().call_later(2, task.cancel)

    async def hook(_: object) -> None:
        await cancel_twice()

    agents = ScriptedAgents({"writer": [Answer(latency_s=50)]})
    ended: list[Outcome] = []
    with pytest.raises(asyncio.CancelledError):
        run(
            make_program(),
            agents=agents,
            resources={"db": log.resource("db"), "slow": slow},
            hooks=[hook],
            listeners=[
                lambda event: (
                    ended.append(event.result.outcome) if isinstance(event, RunFinished) else None
                )
            ],
        )
    assert log.lines == ["open db", "close db"]
    assert ended == [Outcome.CANCELLED]
