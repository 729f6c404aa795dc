"""The repositories the pipeline is attacked in: a workflow in real git, its runs, and telemetry full of lies."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import yaml

from app.adapters.agents import open_agents
from app.store import open_store
from app.use_cases.run_workflow import Batch, run_batch
from benchmarks.adversarial.pipeline_telemetry import send_with_lies
from benchmarks.adversarial.specs import SKILLS
from telemetry import Run, Span, assemble_runs
from workflow import (
    Recording,
    SideEffects,
    Skill,
    VirtualTimeLoop,
    Workflow,
    compile_program,
    parse_workflow,
    perform_live,
)

SPEC = "desk.flow.yaml"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SETTINGS = """\
mode: auto-medium
models: {allow: ["sim:small", "sim:medium"]}
roi: {value_per_success_usd: 0.25, runs_per_month: 3000, review_usd_per_hour: 6}
"""
ENVIRON = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": "/nonexistent",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    **{
        f"GIT_{role}_{what}": value
        for role in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "Ada"), ("EMAIL", "ada@example.com"))
    },
}
_RUNS = 90
_QUESTIONS = ("Why?", "Where is my parcel?", "What does it cost?", "Who are you?")


@dataclass(frozen=True, slots=True)
class World:
    """A workflow with its past; `template` is its repository, which is copied for every attempt."""

    workflow: Workflow
    runs: tuple[Run, ...]
    recordings: tuple[Recording, ...]
    template: Path

    def copy(self, folder: Path) -> Path:
        """Give a fresh copy of the repository, its store beside its objects."""
        return Path(shutil.copytree(self.template, folder, symlinks=True))


def make_world(random: Random, folder: Path, *, timeout_s: float | None = None) -> World:
    """Make a workflow in a repository of its own; `timeout_s` is that of the step that fails."""
    document = _draw(random)
    if timeout_s is not None:
        document["agents"]["writer"].pop("timeout", None)
        document["steps"][1]["config"] = {"timeout_s": timeout_s}
    text = yaml.safe_dump(document, sort_keys=False)
    _make_repository(folder, text)
    return read_world(random, text, folder)


def read_world(random: Random, text: str, folder: Path) -> World:
    """Run a workflow on simulated models, and let strangers add to its telemetry."""
    workflow = parse_workflow(text, path=SPEC, read=_read_beside)
    spans, recordings = run_often(workflow, seed=random.randrange(10**6))
    runs = assemble_runs(send_with_lies(random, spans)).runs
    return World(workflow, runs, tuple(recordings), folder)


def run_often(workflow: Workflow, *, seed: int) -> tuple[list[Span], list[Recording]]:
    """Run a workflow on its simulated models, an hour apart."""
    spans: list[Span] = []
    recordings: list[Recording] = []
    run_batch(
        compile_program(workflow),
        Batch(
            [{"text": text, "kind": "short"} for text in _QUESTIONS],
            _RUNS,
            seed,
            ends_at=NOW,
            spacing=timedelta(hours=1),
        ),
        perform=perform_live(open_agents(), _find_skill),
        hash_key=b"key",
        loop_factory=lambda: VirtualTimeLoop(count_cpu=False),
        keep_spans=spans.extend,
        keep_recordings=recordings.extend,
    )
    # Replay draws by run id, which a batch makes up anew each time.
    return spans, [
        one.model_copy(update={"run_id": f"{seed}-{number}"})
        for number, one in enumerate(recordings)
    ]


def git(folder: Path, *arguments: str) -> bytes:
    """Ask git itself, not our adapter, about a repository."""
    command = ["git", *arguments]
    return subprocess.run(command, cwd=folder, env=ENVIRON, capture_output=True, check=True).stdout


def _make_repository(folder: Path, text: str) -> None:
    files = {
        SPEC: text,
        "skills.py": SKILLS,
        ".github/flujo.yml": SETTINGS,
        ".github/CODEOWNERS": "* @owners\n",
    }
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, encoding="utf-8")
    git(folder, "init", "--quiet", "--template=", "--initial-branch=main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Start")
    open_store(folder / ".git" / "flujo" / "flujo.db")


def _draw(random: Random) -> dict[str, Any]:
    """Draw a workflow that runs, has weak places worth improving, and things nobody may touch."""
    return {
        "version": "0.1",
        "name": "desk",
        "agents": {
            "writer": _agent(random, "sim:flaky", "Answer the letter."),
            "thinker": _agent(random, "sim:large", "Think about it."),
            "judge": _agent(random, "sim:medium", "Say whether it is polite."),
        },
        "steps": [
            _step(random, "tidy_up", "skills:tidy", "{{ context.text }}"),
            _step(random, "write", "agents.writer", "{{ steps.tidy_up.output }}"),
            _step(random, "look_up", "skills:fetch", "{{ steps.write.output }}"),
            _step(random, "think", "agents.thinker", "{{ steps.look_up.output }}"),
            _step(random, "check_reply", "agents.judge", "{{ steps.think.output }}"),
            _step(random, "send", "skills:pay", "{{ steps.check_reply.output }}"),
        ],
        "policies": [
            {"id": "cap", "assert": "result.total_cost_usd <= 0.50", "action": "FAIL_RUN"}
        ],
        "tests": [
            {
                "name": "it answers",
                "input": {"text": "Why?"},
                "mocks": {name: {"output": "Because."} for name in ("write", "think")},
                "assertions": ["result.success"],
            }
        ],
    }


def _agent(random: Random, model: str, prompt: str) -> dict[str, Any]:
    agent: dict[str, Any] = {"model": model, "system_prompt": prompt}
    if random.random() < 0.5:
        agent["model_settings"] = {"max_tokens": random.randint(400, 2000)}
    if random.random() < 0.3:
        agent["timeout"] = float(random.randint(20, 60))
    return agent


def _step(random: Random, name: str, uses: str, given: str) -> dict[str, Any]:
    step: dict[str, Any] = {"name": name, "uses": uses, "input": given}
    if random.random() < 0.4:
        step["config"] = {"timeout_s": float(random.randint(10, 60))}
    if random.random() < 0.2:
        step["description"] = "What it is for."
    if uses.startswith("agents.") and random.random() < 0.3:
        step["validators"] = ["flujo.check.length"]
    return step


def _read_beside(path: str) -> str:
    if path != "skills.py":
        raise FileNotFoundError(path)
    return SKILLS


def _find_skill(reference: str) -> Skill:
    return _SKILLS.get(reference) or Skill(reference, _echo)


def _echo(data: Any) -> Any:
    return data


_SKILLS: Mapping[str, Skill] = {
    "skills:tidy": Skill("skills:tidy", _echo, SideEffects.PURE),
    "skills:fetch": Skill("skills:fetch", _echo, SideEffects.IDEMPOTENT),
    "skills:pay": Skill("skills:pay", _echo, SideEffects.EFFECT),
}


def list_worlds(random: Random, folder: Path, count: int) -> Sequence[World]:
    """Make several worlds, each with a repository of its own below `folder`."""
    return [make_world(random, folder / f"world-{number}") for number in range(count)]
