"""Runs and recordings of small workflows, played by the engine on a virtual clock: nothing in them is made up."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from random import Random

from pydantic import JsonValue

from meta_agent import (
    Candidate,
    Opportunity,
    ProposerSettings,
    RoiSettings,
    Window,
    detect_in,
    open_window,
    propose_in,
)
from telemetry import Run, assemble_runs
from tests.builders import STARTED_AT, make_reader
from tests.fakes.skills import FakeSkills
from workflow import (
    AgentCall,
    AgentReply,
    Recorder,
    Recording,
    SpanCollector,
    VirtualTimeLoop,
    Workflow,
    compile_program,
    hash_with,
    parse_workflow,
    perform_live,
    run_program,
)

_HEAD = """\
version: "0.1"
name: played
agents:
  writer: {model: "sim:large", system_prompt: "Write."}
  reader: {model: "sim:small", system_prompt: "Read."}
"""
_SKILLS = """\
from flujo import skill
"""

Answer = Callable[[AgentCall, Random], JsonValue]
"""What an agent answers; it may draw from the run's own luck."""
Function = Callable[..., object]
Input = Callable[[Random], JsonValue]


@dataclass(frozen=True)
class Played:
    """What came of some runs of one version."""

    workflow: Workflow
    runs: tuple[Run, ...]
    recordings: tuple[Recording, ...] = ()

    def find(self, kind: str) -> list[Opportunity]:
        """Return what the detectors find of a kind."""
        return [one for one in detect_in(self._window) if one.kind == kind]

    def propose(self, kind: str, *, roi: RoiSettings | None = None) -> list[Candidate]:
        """Return what is proposed for the opportunities of a kind."""
        settings = ProposerSettings(roi=roi or RoiSettings())
        return [
            candidate
            for found in self.find(kind)
            for candidate in propose_in(self._window, found, settings)
        ]

    def without_recordings(self) -> "Played":
        """Return the same, nothing recorded."""
        return Played(self.workflow, self.runs)

    @property
    def _window(self) -> Window:
        return open_window(self.runs, self.workflow, recordings=self.recordings)


def make_played_workflow(steps: str, *, skills: Mapping[str, str] | None = None) -> Workflow:
    """Parse steps over two agents; `skills` maps names of functions in `skills.py` to their side effects."""
    source = _SKILLS + "".join(
        f'\n@skill(side_effects="{effects}")\ndef {name}(data):\n    return data\n'
        for name, effects in (skills or {}).items()
    )
    return parse_workflow(
        f"{_HEAD}steps:\n{steps.rstrip()}\n",
        path="played.flow.yaml",
        read=make_reader({"skills.py": source}),
    )


def play(
    workflow: Workflow,
    count: int,
    *,
    answer: Answer = lambda call, _: "answer",
    skills: Mapping[str, Function] | None = None,
    data: Input = lambda _: {"id": 1},
    latency_s: Mapping[str, float] | None = None,
    seed: int = 0,
) -> Played:
    """Run the workflow so often; agents answer after a second or `latency_s` of their step, and cost a cent."""
    spans, recorder = SpanCollector(), Recorder()
    times_s = latency_s or {}

    async def ask(call: AgentCall) -> AgentReply:
        await asyncio.sleep(times_s.get(call.step_id, 1.0) * call.random.uniform(0.8, 1.2))
        return AgentReply(answer(call, call.random), call.model, 100, 20, Decimal("0.01"))

    program, perform = compile_program(workflow), perform_live(ask, FakeSkills(skills or {}))

    async def run_all() -> None:
        for number in range(count):
            await run_program(
                program,
                data(Random(f"{seed}/{number}")),
                perform=perform,
                run_id=f"run-{number}",
                started_at=STARTED_AT + number * timedelta(hours=1),
                seed=seed * 100_000 + number,
                listeners=[spans, recorder],
                hash_input=hash_with(b"tests"),
            )

    with asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(count_cpu=False)) as runner:
        runner.run(run_all())
    runs = assemble_runs(spans.take()).runs
    return Played(workflow, runs, tuple(recorder.take()))
