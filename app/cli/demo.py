"""`flujo demo`: the whole loop on a repository of its own, in about a minute."""

import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import orjson
import typer
from pydantic import JsonValue

from app.adapters.demo_world import SPEC, git, make_repository, order_service, slow_down
from app.adapters.local_git import LocalGitRepository
from app.adapters.price_list import reprice
from app.adapters.spec_files import open_spec, read_text
from app.adapters.telemetry_files import (
    TelemetryWriter,
    read_recordings,
    read_telemetry,
    write_recordings,
)
from app.bootstrap.improving import open_actor
from app.bootstrap.running import choose_loop, load_hash_key, open_performer
from app.cli.output import Format, FormatOption, notes, print_json, print_text, progress_bar
from app.cli.sweep import (
    DEFAULT_RECORDINGS,
    DEFAULT_TELEMETRY,
    applied_to_json,
    ledger_to_json,
    print_sweep,
    reverted_to_json,
)
from app.ports import RunTests, TestVerdict
from app.proposal import Proposal
from app.store import list_ledger
from app.use_cases.act_on_proposal import Actor, Fate, Handled
from app.use_cases.choose_suggesting import choose_suggesting
from app.use_cases.compose_proposal import propose_alone
from app.use_cases.grounds import prepare_grounds
from app.use_cases.read_spec import read_spec
from app.use_cases.run_workflow import Batch, run_batch
from app.use_cases.sweep import Grist, SweepReport, sweep
from meta_agent import Candidate, Opportunity
from workflow import compile_program, parse_patch

_DAYS_A_BATCH = 5
_UPSTREAM_SLOWS_TO_S = 3.0


def demo(
    directory: Annotated[
        Path | None, typer.Option(help="where to make the repository [default: a new folder]")
    ] = None,
    runs: Annotated[
        int, typer.Option(min=60, max=100_000, help="runs in each of two batches")
    ] = 500,
    seed: Annotated[int, typer.Option(help="chance of the simulation")] = 7,
    output: FormatOption = Format.TEXT,
) -> None:
    """Run, learn, patch, prove, apply and take back, on a bundled example with simulated models."""
    folder = directory or Path(tempfile.mkdtemp(prefix="flujo-demo-"))
    make_repository(folder)
    with order_service(seed) as url:
        played = _Demo(folder.resolve(), runs, seed, url, quiet=output is Format.JSON).play()
    if output is Format.JSON:
        print_json(played)


@dataclass
class _Demo:
    """The demo as it goes on; all figures rest on simulated models and are printed as such."""

    folder: Path
    runs: int
    seed: int
    url: str
    quiet: bool
    handled: list[Handled] = field(default_factory=list)

    def play(self) -> dict[str, object]:
        self.say(f"A repository of its own: {self.folder}")
        self.say("Its agents are simulated models; its order service is real, and really fails.\n")
        self.say(f"1. {self.runs} runs of the workflow, recorded")
        self.run(self.seed, ends_at=datetime.now(UTC) - timedelta(days=_DAYS_A_BATCH))
        self.say("\n2. A sweep: what do the runs say, and what is worth changing?")
        first = self.sweep()
        if any(done.fate is Fate.APPLIED for done in first.handled):
            self.show_commit()
        self.say("\n3. A patch that is right when it is tested, and wrong once it is merged")
        self.force()
        self.say(f"\n4. {self.runs} more runs, of what is on the branch now")
        self.run(self.seed + 1_000_000, ends_at=datetime.now(UTC))
        self.say("\n5. Another sweep: did the first patch bring what was promised?")
        self.sweep()
        return self.conclude(len(first.handled))

    def say(self, text: str) -> None:
        if self.quiet:
            notes.print(text, markup=False)
        else:
            print_text(text)

    def run(self, seed: int, *, ends_at: datetime) -> None:
        spec = self.folder / SPEC
        program = compile_program(open_spec(spec))
        inputs = [
            orjson.loads(line) for line in read_text(self.folder / "tickets.jsonl").splitlines()
        ]
        spacing = timedelta(days=_DAYS_A_BATCH) / self.runs
        telemetry = self.folder / DEFAULT_TELEMETRY / "runs.jsonl"
        recordings = self.folder / DEFAULT_RECORDINGS
        with ExitStack() as stack:
            writer = stack.enter_context(TelemetryWriter(telemetry, repository="demo"))
            advance = stack.enter_context(progress_bar("running", self.runs))
            results = run_batch(
                program,
                Batch(inputs, self.runs, seed, ends_at, spacing),
                perform=open_performer(spec),
                hash_key=load_hash_key(self.folder / ".flujo"),
                loop_factory=choose_loop(program),
                keep_spans=writer.write,
                keep_recordings=lambda done: write_recordings(recordings, done),
                report=advance,
            )
        succeeded = sum(result.succeeded for result in results)
        cost = sum(result.cost_usd for result in results)
        self.say(f"   {succeeded} of {self.runs} succeeded, ${cost:.2f} (simulated)")

    def actor(self) -> Actor:
        return open_actor(LocalGitRepository(self.folder), now=datetime.now(UTC))

    def grist(self, actor: Actor) -> Grist:
        read = read_telemetry(sorted((self.folder / DEFAULT_TELEMETRY).glob("*.jsonl")))
        return Grist(
            runs=read.assembled.runs,
            recordings=read_recordings([self.folder / DEFAULT_RECORDINGS]),
            suggesting=choose_suggesting(actor.settings, seed=self.seed),
            reprice=reprice,
        )

    def sweep(self) -> SweepReport:
        actor = self.actor()
        with notes.status("sweeping"):
            done = sweep(actor, self.grist(actor))
        self.handled += done.handled
        if not self.quiet:
            print_sweep(done)
        return done

    def show_commit(self) -> None:
        self.say("\n   The commit it made:")
        shown = git(self.folder, "show", "--unified=1", "--format=%h %s", "HEAD").splitlines()
        for line in shown:
            if line and not line.startswith(("diff", "index", "---", "+++")):
                self.say(f"   {line}")

    def force(self) -> None:
        """Land a tighter timeout, and let the order service slow down right after: the tests there must fail."""
        actor = self.actor()
        sabotaged = Actor(
            actor.host, actor.store, actor.settings, self.slow_after_merge(actor), actor.now
        )
        proposal = self.compose_tight_timeout(actor)
        done = sabotaged.apply(proposal)
        slow_down(self.url, 0)
        self.handled.append(done)
        application = done.application
        if done.fate is Fate.REVERTED and application:
            self.say(f"   {proposal.title}: its tests passed, {application.commit[:10]} was merged")
            self.say(
                "   The order service slowed down (for real, by the demo's hand); the tests failed:"
            )
            self.say(f"   {done.reason}")
            blob = git(self.folder, "rev-parse", f"HEAD:{SPEC}")
            same = "the same bytes" if blob == application.blob_before else "NOT the same bytes"
            self.say(
                f"   Taken back by {application.reverted_commit[:10]}: blob {blob[:10]}, {same}"
            )
        again = actor.act(proposal, applied_already=False)
        self.say(f"   Proposed again: {again.fate.value} ({again.reason})")

    def slow_after_merge(self, actor: Actor) -> Callable[[str], RunTests]:
        def open_tests(path: str) -> RunTests:
            really = actor.open_tests(path)
            verdicts: list[TestVerdict] = []

            def run_tests(checkout: Path) -> TestVerdict:
                if verdicts:
                    slow_down(self.url, _UPSTREAM_SLOWS_TO_S)
                verdicts.append(really(checkout))
                return verdicts[-1]

            return run_tests

        return open_tests

    def compose_tight_timeout(self, actor: Actor) -> Proposal:
        """Compose the forced patch the way every other is composed: guard, evidence, tier."""
        commit = actor.host.default_branch().commit
        workflow = read_spec(actor.host, commit, SPEC)
        grist = self.grist(actor)
        grounds = prepare_grounds(workflow, grist.runs, [], grist.suggesting, reprice)
        node = workflow.node("lookup")
        assert node is not None
        has_config = "config" in node.raw
        path = f"{node.pointer}/config"
        operation: dict[str, JsonValue] = (
            {"op": "add", "path": f"{path}/timeout_s", "value": 1}
            if has_config
            else {"op": "add", "path": path, "value": {"timeout_s": 1}}
        )
        opportunity = Opportunity(
            "forced", "lookup", node.yaml_path, workflow.spec_sha256, "forced by the demo", 0
        )
        candidate = Candidate(
            opportunity=opportunity,
            patch=parse_patch([operation]),
            title="Stop lookup after 1 s",
            rationale="Forced by the demo to show a patch that has to be taken back.",
            source="heuristic:demo",
            patch_class="timeout_add",
        )
        proposal = propose_alone(grounds, candidate)
        assert isinstance(proposal, Proposal), proposal
        return proposal

    def conclude(self, proposals: int) -> dict[str, object]:
        actor = self.actor()
        with actor.store.transaction() as rows:
            ledger = list_ledger(rows)
        self.say("\nWhere to look")
        self.say(f"   git -C {self.folder} log --stat")
        self.say(f"   git -C {self.folder} branch --list 'flujo/*'")
        offered = [handled.where for handled in self.handled if handled.fate is Fate.PROPOSED]
        for where in dict.fromkeys(offered):
            self.say(f"   {where}")
        return {
            "repository": str(self.folder),
            "simulated": True,
            "proposals": proposals,
            "applied": _collect(self.handled, Fate.APPLIED),
            "reverted": _collect(self.handled, Fate.REVERTED),
            "ledger": [ledger_to_json(record) for record in ledger],
        }


def _collect(handled: Sequence[Handled], fate: Fate) -> list[dict[str, object]]:
    to_json = applied_to_json if fate is Fate.APPLIED else reverted_to_json
    return [to_json(done.application) for done in handled if done.fate is fate and done.application]
