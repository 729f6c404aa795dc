"""Builds what a sweep needs without network or disk: a spec on simulated models, its runs, and somebody who acts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import JsonValue

from app.adapters.agents import open_agents
from app.adapters.price_list import reprice
from app.ports import CodeHost, RunTests, TestVerdict
from app.proposal import Proposal
from app.settings import Mode, Settings, parse_settings
from app.store import Store
from app.use_cases.act_on_proposal import Actor
from app.use_cases.choose_suggesting import choose_suggesting
from app.use_cases.compose_proposal import propose_alone
from app.use_cases.grounds import prepare_grounds
from app.use_cases.run_workflow import Batch, run_batch
from app.use_cases.sweep import Grist
from meta_agent import Candidate, Opportunity
from telemetry import Run, Span, assemble_runs
from tests.fakes.code_host import FakeCodeHost
from workflow import (
    Recording,
    Skill,
    VirtualTimeLoop,
    Workflow,
    compile_program,
    parse_patch,
    parse_workflow,
    perform_live,
)

LETTERS = "letters.flow.yaml"
SETTINGS = ".github/flujo.yml"
LETTERS_SPEC = """\
version: "0.1"
name: letters
agents:
  writer: {model: "sim:flaky", system_prompt: Write.}
steps:
  # Nobody retries this, as yet.
  - name: write
    uses: agents.writer
    input: "{{ context.question }}"
tests:
  - name: it writes
    input: {question: Why?}
    mocks: {write: {output: Because.}}
    assertions: [result.success]
"""
"""One step that fails one time in seven, and could be retried."""

COSTLY = "costly.flow.yaml"
COSTLY_SPEC = f"""\
version: "0.1"
name: costly
agents:
  thinker: {{model: "sim:large", system_prompt: Think. {"Think again. " * 400}, max_retries: 3}}
  titler: {{model: "sim:small", system_prompt: Find a title., max_retries: 3}}
steps:
  - name: title
    uses: agents.titler
    input: "{{{{ context.question }}}}"
  - name: think
    uses: agents.thinker
    input: "{{{{ steps.title.output }}}}: {{{{ context.question }}}}"
"""
"""One step on a large model that reads far more than it writes, which nobody may swap without a person."""

AUTO_LOW = """\
mode: auto-low
models: {allow: ["sim:small", "sim:large"]}
roi: {value_per_success_usd: 0.25, runs_per_month: 3000, review_usd_per_hour: 6}
"""
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Ran:
    """What some runs left."""

    runs: tuple[Run, ...] = ()
    recordings: tuple[Recording, ...] = ()

    def __add__(self, other: "Ran") -> "Ran":
        return Ran(self.runs + other.runs, self.recordings + other.recordings)


def read(text: str, path: str = LETTERS) -> Workflow:
    return parse_workflow(text, path=path)


def run_often(
    workflow: Workflow,
    runs: int = 120,
    *,
    seed: int = 0,
    inputs: Sequence[JsonValue] = ({"question": "Why?"},),
    find_skill: Callable[[str], Skill] | None = None,
) -> Ran:
    """Run a workflow on its simulated models; its runs come an hour apart."""
    spans: list[Span] = []
    recordings: list[Recording] = []
    run_batch(
        compile_program(workflow),
        Batch(inputs, runs, seed, ends_at=NOW, spacing=timedelta(hours=1)),
        perform=perform_live(open_agents(), find_skill or _find_nothing),
        hash_key=b"key",
        loop_factory=lambda: VirtualTimeLoop(count_cpu=False),
        keep_spans=spans.extend,
        keep_recordings=recordings.extend,
    )
    # Replay draws by run id, which a batch makes up anew each time.
    named = [
        recording.model_copy(update={"run_id": f"{seed}-{number}"})
        for number, recording in enumerate(recordings)
    ]
    return Ran(assemble_runs(spans).runs, tuple(named))


def grist_of(ran: Ran, settings: str = AUTO_LOW) -> Grist:
    suggesting = choose_suggesting(parse_settings(settings))
    return Grist(ran.runs, ran.recordings, suggesting, reprice)


def compose(
    workflow: Workflow,
    ran: Ran,
    *operations: dict[str, JsonValue],
    title: str = "Retry write",
    patch_class: str = "retries",
    settings: str = AUTO_LOW,
) -> Proposal | str:
    """Compose the proposal of a patch by hand, the way a sweep composes those it finds."""
    grist = grist_of(ran, settings)
    grounds = prepare_grounds(workflow, ran.runs, ran.recordings, grist.suggesting, reprice)
    node = workflow.nodes[0]
    opportunity = Opportunity(
        "by_hand", node.step_id, node.yaml_path, workflow.spec_sha256, "by hand", len(ran.runs)
    )
    patch = parse_patch([*operations])
    candidate = Candidate(opportunity, patch, title, "Because.", "heuristic:hand", patch_class)
    return propose_alone(grounds, candidate)


def compose_retries(retries: int, ran: Ran, *, settings: str = AUTO_LOW) -> Proposal:
    """Compose a proposal to retry the one step of the letters so many times."""
    path, value = "/steps/0/config", {"max_retries": retries}
    operation: dict[str, JsonValue] = {"op": "add", "path": path, "value": {**value}}
    composed = compose(read(LETTERS_SPEC), ran, operation, settings=settings)
    assert isinstance(composed, Proposal), composed
    return composed


@dataclass
class OpenedTests:
    """Tests that say `verdicts` in turn, the last one for ever, whichever spec is asked about."""

    verdicts: Sequence[TestVerdict | BaseException] = (TestVerdict(passed=True, total=1),)
    asked: list[str] = field(default_factory=list)

    def __call__(self, spec_path: str) -> RunTests:
        def run_tests(folder: Path) -> TestVerdict:
            assert (folder / spec_path).is_file()
            self.asked.append(spec_path)
            verdict = self.verdicts[min(len(self.asked), len(self.verdicts)) - 1]
            if isinstance(verdict, BaseException):
                raise verdict
            return verdict

        return run_tests


def make_host(files: Mapping[str, str] | None = None) -> FakeCodeHost:
    texts = {LETTERS: LETTERS_SPEC} if files is None else files
    return FakeCodeHost({path: text.encode() for path, text in texts.items()})


def make_actor(
    host: CodeHost,
    store: Store,
    *,
    settings: str = AUTO_LOW,
    tests: OpenedTests | None = None,
    now: datetime = NOW,
) -> Actor:
    return Actor(host, store, parse_settings(settings), tests or OpenedTests(), now)


def with_mode(actor: Actor, mode: Mode) -> Actor:
    settings: Settings = actor.settings.model_copy(update={"mode": mode})
    return replace(actor, settings=settings)


def text_of(host: CodeHost, path: str = LETTERS, branch: str = "") -> str:
    at = host.branch(branch) if branch else host.default_branch()
    assert at is not None
    content = host.read_file(at.commit, path)
    assert content is not None
    return content.decode()


def _find_nothing(reference: str) -> Skill:
    raise AssertionError(f"no skill is called here, but {reference}")
