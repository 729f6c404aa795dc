"""Builders of workflows, runs and recordings, every part with a default."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from pydantic import JsonValue

from telemetry import ErrorClass, Outcome
from tests.fakes.agents import ask_nobody
from tests.fakes.skills import FakeSkills
from workflow import (
    AskAgent,
    Hook,
    Listener,
    Perform,
    Program,
    Recorder,
    Recording,
    Resource,
    RunLimits,
    RunResult,
    VirtualTimeLoop,
    Workflow,
    compile_program,
    parse_workflow,
    perform_live,
    run_program,
)
from workflow.recordings.recording import RecordedAttempt, RecordedStep

STARTED_AT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
AGENTS = """\
agents:
  writer: {model: "sim:large", system_prompt: "Write."}
  reader: {model: "sim:small", system_prompt: "Read."}
"""

Function = Callable[..., object]


def make_reader(files: Mapping[str, str]) -> Callable[[str], str]:
    """Return a reader of files that stand beside a spec."""

    def read(path: str) -> str:
        if path not in files:
            raise FileNotFoundError(f"no file {path!r}")
        return files[path]

    return read


def make_workflow(
    steps: str = "- {name: draft, uses: agents.writer}",
    *,
    agents: str = AGENTS,
    rest: str = "",
    files: Mapping[str, str] | None = None,
    path: str = "flow.yaml",
) -> Workflow:
    """Parse a spec of two agents, the steps given as a YAML list, and further top-level text."""
    text = f"{agents}steps:\n{steps.rstrip()}\n{rest}"
    return parse_workflow(text, path=path, read=None if files is None else make_reader(files))


def make_program(
    steps: str = "- {name: draft, uses: agents.writer}", *, agents: str = AGENTS, rest: str = ""
) -> Program:
    """Compile what `make_workflow` makes."""
    return compile_program(make_workflow(steps, agents=agents, rest=rest))


def run(
    program: Program,
    data: JsonValue = None,
    *,
    agents: AskAgent = ask_nobody,
    skills: Mapping[str, Function] | None = None,
    perform: Perform | None = None,
    listeners: Sequence[Listener] = (),
    run_id: str = "run-1",
    seed: int = 0,
    count_cpu: bool = False,
    hooks: Sequence[Hook] = (),
    limits: RunLimits | None = None,
    resources: Mapping[str, Resource] | None = None,
    streams: bool = False,
) -> RunResult:
    """Run once on a virtual clock; `skills` are functions by reference."""
    with asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(count_cpu=count_cpu)) as runner:
        return runner.run(
            run_program(
                program,
                data,
                perform=perform or perform_live(agents, FakeSkills(skills or {})),
                run_id=run_id,
                started_at=STARTED_AT,
                seed=seed,
                listeners=listeners,
                hooks=hooks,
                limits=limits,
                resources=resources,
                streams=streams,
            )
        )


def record(
    program: Program,
    data: JsonValue = None,
    *,
    agents: AskAgent = ask_nobody,
    skills: Mapping[str, Function] | None = None,
    run_id: str = "run-1",
    seed: int = 0,
) -> Recording:
    """Run once and return the recording."""
    recorder = Recorder()
    run(
        program,
        data,
        agents=agents,
        skills=skills,
        listeners=[recorder],
        run_id=run_id,
        seed=seed,
    )
    (recording,) = recorder.take()
    return recording


def make_attempt(
    number: int = 1,
    *,
    result: JsonValue = "text",
    error_class: ErrorClass = ErrorClass.NONE,
    latency_s: float = 1.0,
    cost_usd: str = "0",
    model: str = "",
    tokens: tuple[int, int] = (0, 0),
    cut_off: bool = False,
    outcome: Outcome | None = None,
) -> RecordedAttempt:
    """Return a recorded attempt, successful unless it has an error class."""
    told = Outcome.TIMEOUT if error_class is ErrorClass.TIMEOUT else Outcome.ERROR
    return RecordedAttempt(
        attempt=number,
        outcome=outcome or (told if error_class else Outcome.OK),
        latency_s=latency_s,
        error_class=error_class,
        error="it failed" if error_class else "",
        cut_off=cut_off,
        result=None if error_class else result,
        model=model,
        input_tokens=tokens[0],
        output_tokens=tokens[1],
        cost_usd=Decimal(cost_usd),
    )


def make_recording(
    steps: Mapping[str, Sequence[RecordedAttempt]] | None = None,
    *,
    run_id: str = "run-1",
    outcome: Outcome = Outcome.OK,
    error_class: ErrorClass = ErrorClass.NONE,
) -> Recording:
    """Return a recording of one execution of each step, by default of one that succeeded."""
    recorded = {"draft": [make_attempt()]} if steps is None else steps
    attempts = [attempt for tried in recorded.values() for attempt in tried]
    return Recording(
        run_id=run_id,
        spec_sha256="9f" * 32,
        spec_path="flow.yaml",
        started_at=STARTED_AT,
        seed=0,
        simulated=False,
        input=None,
        steps=tuple(
            RecordedStep(step_id=step_id, yaml_path=step_id, visit=0, attempts=tuple(tried))
            for step_id, tried in recorded.items()
        ),
        outcome=outcome,
        error_class=error_class,
        output=attempts[-1].result if attempts else None,
        cost_usd=sum((attempt.cost_usd for attempt in attempts), Decimal(0)),
        latency_s=sum(attempt.latency_s for attempt in attempts),
    )
