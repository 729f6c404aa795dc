"""A change applies on the next run: a run in flight keeps the spec and the prompts it began with."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from app.adapters.spec_files import open_spec
from tests.builders import STARTED_AT
from tests.fakes.skills import FakeSkills
from workflow import (
    AgentCall,
    AgentReply,
    Recorder,
    Recording,
    SpanCollector,
    VirtualTimeLoop,
    compile_program,
    perform_live,
    run_program,
)

SPEC = """\
agents:
  writer: {model: "sim:old", system_prompt: {from_file: prompt.md}}
steps:
  - {name: first, uses: agents.writer}
  - {name: second, uses: agents.writer, input: "old input"}
tests: []
"""
CHANGED = SPEC.replace("sim:old", "sim:new").replace("old input", "new input") + "name: changed\n"


class Author:
    """An agent that tells what it was asked with, and lets the files change while it thinks."""

    def __init__(self, change: Callable[[], None]) -> None:
        self.asked: list[tuple[str, str, object]] = []
        self._change = change

    async def __call__(self, call: AgentCall) -> AgentReply:
        await call.sleep(1)
        self._change()
        self.asked.append((call.model, call.system_prompt, call.prompt))
        return AgentReply("answer", call.model)


def run_once(spec: Path, author: Author) -> Recording:
    recorder, spans = Recorder(), SpanCollector()
    program = compile_program(open_spec(spec))
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(
            run_program(
                program,
                "begin",
                perform=perform_live(author, FakeSkills({})),
                run_id="run",
                started_at=STARTED_AT,
                listeners=[recorder, spans],
            )
        )
    (recording,) = recorder.take()
    hashes = {span.attributes.get("flujo.spec_sha256") for span in spans.take()}
    assert hashes == {recording.spec_sha256}
    return recording


def rewrite(spec: Path) -> None:
    spec.write_text(CHANGED)
    spec.with_name("prompt.md").write_text("New prompt.")


def break_everything(spec: Path) -> None:
    spec.write_text("steps: [")
    spec.with_name("prompt.md").unlink(missing_ok=True)


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    (tmp_path / "prompt.md").write_text("Old prompt.")
    path = tmp_path / "flow.yaml"
    path.write_text(SPEC)
    return path


@pytest.mark.parametrize("change", [rewrite, break_everything, Path.unlink])
def test_a_run_in_flight_keeps_what_it_began_with(
    spec: Path, change: Callable[[Path], None]
) -> None:
    began_with = open_spec(spec).spec_sha256
    left = [change]
    author = Author(lambda: left.pop()(spec) if left else None)
    recording = run_once(spec, author)
    assert author.asked == [
        ("sim:old", "Old prompt.", "begin"),
        ("sim:old", "Old prompt.", "old input"),
    ]
    assert recording.spec_sha256 == began_with


def test_the_next_run_takes_what_is_there_then(spec: Path) -> None:
    first = run_once(spec, Author(lambda: rewrite(spec)))
    author = Author(lambda: None)
    second = run_once(spec, author)
    assert author.asked == [
        ("sim:new", "New prompt.", "begin"),
        ("sim:new", "New prompt.", "new input"),
    ]
    assert second.spec_sha256 == open_spec(spec).spec_sha256 != first.spec_sha256


def test_a_new_prompt_alone_is_a_new_version(spec: Path) -> None:
    prompt = spec.with_name("prompt.md")
    first = run_once(spec, Author(lambda: None))
    prompt.write_text("New prompt.")
    author = Author(lambda: None)
    second = run_once(spec, author)
    assert {asked[1] for asked in author.asked} == {"New prompt."}
    assert second.spec_sha256 != first.spec_sha256
