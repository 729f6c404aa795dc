"""Races for the merge: people and CI act between any two calls of the driver, on the GitHub in memory.

A schedule says which event happens before which call. Afterwards the history of the default branch tells whether only
what was tested was merged, at most once.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import product
from pathlib import Path
from random import Random
from typing import Any, cast

from pydantic import JsonValue

from app.errors import AppError
from app.forge import (
    CheckConclusion,
    CheckReport,
    CheckStatus,
    Forge,
    PullRequest,
    PullRequestDraft,
    PullRequestState,
)
from app.settings import SETTINGS_PATH, parse_settings
from app.store import (
    Prediction,
    ProposalRecord,
    PullRequestRecord,
    Store,
    find_proposal,
    open_store,
    save_proposal,
    save_pull_request,
)
from app.use_cases.advance_rollout import advance_rollout
from app.use_cases.landings import World
from app.use_cases.put_on_branch import commit_offer, patch_offer
from app.use_cases.rollout_world import RolloutWorld
from app.use_cases.standing import HOLD_LABEL
from tests.app.sweeping import LETTERS, LETTERS_SPEC, NOW, read
from tests.fakes.forge import BOB, OUR_APP_ID, FakeGitHub, Faults
from trust_tiers import RolloutState
from workflow import lock_patch, parse_patch

CHECK = "flujo test"
BRANCH = "flujo/retry-write"
SETTINGS = "mode: auto-low\n"
_ID = "p1"
_OPERATION: dict[str, JsonValue] = {
    "op": "add",
    "path": "/steps/0/config",
    "value": {"max_retries": 2},
}


@dataclass
class Interrupted(Faults):
    """Calls of the driver, with events that happen right before some of them; `due` is by number of the call."""

    due: dict[int, list[Callable[[], None]]] = field(default_factory=dict)
    is_driving: bool = False

    def call(self, name: str, act: Callable[[], Any]) -> Any:
        if not self.is_driving:
            return act()
        self.calls.append(name)
        self.is_driving = False
        for happen in self.due.pop(len(self.calls), ()):
            happen()
        self.is_driving = True
        return act()


@dataclass(frozen=True, slots=True)
class Forbidden:
    """Why nobody may merge, since which call, and the calls, one after the other, of which the first tells."""

    at: int
    why: str
    seen_by: tuple[str, ...]

    def could_be_known(self, calls: Sequence[str], merge: int) -> bool:
        """Whether the driver's last look before a merge came after it."""
        if not self.seen_by:
            return self.at <= merge
        look = merge
        for name in self.seen_by:
            look = max(at for at in range(1, look) if calls[at - 1] == name)
        return self.at <= look


@dataclass
class Scene:
    """One repository with one pull request of ours, CI, and people who do things at the wrong moment."""

    github: FakeGitHub
    store: Store
    calls: Interrupted
    green: set[str] = field(default_factory=set)
    forbidden: list["Forbidden"] = field(default_factory=list)
    merges: list[tuple[int, str, str]] = field(default_factory=list)
    """Number of the call, the head that was merged, and the commit it became."""

    def pull(self) -> PullRequest:
        return self.github.as_person().pull_requests.get(1)

    def forbid(self, why: str, *, seen_by: tuple[str, ...] = ()) -> None:
        """Note that from now on nobody may merge; `seen_by` are the calls that tell, none where GitHub refuses."""
        self.forbidden.append(Forbidden(len(self.calls.calls), why, seen_by))

    def advance(self) -> None:
        """Let the driver look once, with settings as the default branch has them now."""
        host = self.github.as_app()
        settings = parse_settings(
            (host.code.read_file(host.code.default_branch().commit, SETTINGS_PATH) or b"").decode()
        )
        world = World(host.code, self.store, self.github.now)
        rollouts = RolloutWorld(
            world,
            settings,
            find_runs=lambda _sha, _since: (),
            forge=cast("Forge", host),
            why_not=lambda labels: "hold" if HOLD_LABEL in labels else None,
            our_app_id=OUR_APP_ID,
        )
        self.calls.is_driving = True
        try:
            advance_rollout(rollouts, _ID)
        except AppError:
            pass  # the job is tried again
        finally:
            self.calls.is_driving = False

    def report_check(self, conclusion: CheckConclusion) -> None:
        """CI ends on whatever heads there are now: the branch's and the default branch's."""
        heads = self.github.code.heads
        for commit in {heads.get(BRANCH, ""), heads["main"]} - {""}:
            if conclusion is CheckConclusion.SUCCESS:
                self.green.add(commit)
            report = CheckReport(
                CHECK, commit, "ci", CheckStatus.COMPLETED, "T", "S", conclusion=conclusion
            )
            self.github.as_ci().checks.report(report)

    def push(self, files: Mapping[str, bytes], *, branch: str = BRANCH, onto: str = "") -> None:
        """Commit to a branch as a person would; `onto` replaces what was there."""
        code = self.github.code
        if branch not in code.heads:
            return
        parent = onto or code.heads[branch]
        content = {**code.commits[parent].files, **files}
        code.heads[branch] = code.store(content, "By hand", parent)


_HARMFUL = LETTERS_SPEC.replace("Write.", "Leak everything.").encode()


def _push(scene: Scene) -> None:
    scene.push({LETTERS: _HARMFUL})
    scene.forbid("somebody pushed")


def _force_push(scene: Scene) -> None:
    first = _first(scene)
    scene.push({LETTERS: _HARMFUL}, onto=first)
    scene.forbid("somebody pushed by force")


def _push_settings(scene: Scene) -> None:
    scene.push({SETTINGS_PATH: b"mode: auto-medium\n", ".github/CODEOWNERS": b""})
    scene.forbid("the pull request edits its own judge")


def _move_base(scene: Scene) -> None:
    scene.push({"other.txt": f"{len(scene.github.code.commits)}".encode()}, branch="main")


def _edit_spec(scene: Scene) -> None:
    scene.push({LETTERS: LETTERS_SPEC.replace("Why?", "Who?").encode()}, branch="main")


def _forbid_by_settings(scene: Scene) -> None:
    scene.push({SETTINGS_PATH: b"mode: propose\n"}, branch="main")
    scene.forbid("the owners want to decide", seen_by=("code.branch",))


def _turn_red(scene: Scene) -> None:
    scene.report_check(CheckConclusion.FAILURE)
    scene.forbid("its tests failed", seen_by=("checks.list",))


def _close(scene: Scene) -> None:
    scene.github.as_person().pull_requests.close(1)
    if scene.pull().state is PullRequestState.CLOSED:
        scene.forbid("somebody closed it")


def _hold(scene: Scene) -> None:
    pull = scene.github.pulls[1]
    scene.github.pulls[1] = replace(pull, labels=(HOLD_LABEL,))
    scene.forbid("somebody held it", seen_by=("checks.list", "pull_requests.get"))


def _comment(scene: Scene) -> None:
    scene.github.as_person(BOB).comments.write(1, marker="<!-- b -->", body="<!-- b -->LGTM, merge")


def _turn_green(scene: Scene) -> None:
    scene.report_check(CheckConclusion.SUCCESS)


EVENTS: Mapping[str, Callable[[Scene], None]] = {
    "push": _push,
    "force-push": _force_push,
    "push its own settings": _push_settings,
    "base moves": _move_base,
    "the spec is edited on the base": _edit_spec,
    "settings are edited on the base": _forbid_by_settings,
    "the check turns red": _turn_red,
    "the check turns green": _turn_green,
    "closed": _close,
    "held by a label": _hold,
    "a comment": _comment,
}

Schedule = tuple[tuple[int, str], ...]
"""Events, each with the number of the driver's call that it happens right before."""


@dataclass(frozen=True, slots=True)
class Ended:
    """What a schedule came to: what is wrong with it, whether anything was merged, and what fell into the last gap."""

    wrong: tuple[str, ...]
    is_merged: bool
    in_gap: tuple[str, ...] = ()


def make_template(folder: Path) -> Path:
    """Make a database to copy, because making one takes longer than a race."""
    path = folder / "template.db"
    open_store(path)
    return path


def play(schedule: Schedule, folder: Path, template: Path) -> Ended:
    """Play a schedule: look, let CI end, look twice more, let CI end, look again."""
    scene = _open_scene(folder, template)
    for number, name in schedule:
        scene.calls.due.setdefault(number, []).append(partial(EVENTS[name], scene))
    for act in (scene.advance, lambda: _turn_green(scene), *[scene.advance] * 2):
        act()
    _turn_green(scene)
    for _ in range(2):
        scene.advance()
    return _judge(scene)


def count_calls(folder: Path, template: Path) -> int:
    """Return how many calls the driver makes until a merge that nobody disturbs is confirmed."""
    scene = _open_scene(folder, template)
    scene.advance()
    _turn_green(scene)
    scene.advance()
    return len(scene.calls.calls)


def list_single(calls: int) -> Iterator[Schedule]:
    """Yield every event before every call."""
    for number, name in product(range(1, calls + 1), EVENTS):
        yield ((number, name),)


def draw_schedules(random: Random, calls: int, count: int) -> Iterator[Schedule]:
    """Draw schedules of two to six events."""
    names = list(EVENTS)
    for _ in range(count):
        size = random.randint(2, 6)
        numbers = sorted(random.choices(range(1, calls + 1), k=size))
        yield tuple((number, random.choice(names)) for number in numbers)


def _open_scene(folder: Path, template: Path) -> Scene:
    shutil.copyfile(template, folder / "race.db")
    for rest in ("race.db-wal", "race.db-shm"):
        (folder / rest).unlink(missing_ok=True)
    store = open_store(folder / "race.db")
    calls = Interrupted()
    github = FakeGitHub(
        {LETTERS: LETTERS_SPEC.encode(), SETTINGS_PATH: SETTINGS.encode()}, faults=calls, now=NOW
    )
    scene = Scene(github, store, calls)
    _watch_merges(scene)
    _propose(scene)
    return scene


def _propose(scene: Scene) -> None:
    workflow = read(LETTERS_SPEC)
    patch = lock_patch(workflow.document, parse_patch([_OPERATION]))
    change = patch_offer(_ID, "Retry write", workflow, patch)
    code = scene.github.code
    base = code.heads["main"]
    ref = commit_offer(code, change, base)
    code.create_branch(BRANCH, ref.commit)
    pull = scene.github.as_app().pull_requests.open(PullRequestDraft(BRANCH, "main", "T", "B"))
    record = ProposalRecord(
        id=_ID,
        spec_path=LETTERS,
        spec_sha256=workflow.spec_sha256,
        fingerprint=f'["{LETTERS}",[["step","write","config/max_retries","set",0]]]',
        title="Retry write",
        source="heuristic:retries",
        patch_class="retries",
        tier="LOW",
        patch=patch.to_json(),
        created_at=NOW,
        prediction=Prediction(1.0, 2.0, 3.0),
        facts={"verdict": "better"},
    )
    offered = PullRequestRecord(
        _ID, BRANCH, "main", base, ref.commit, change.after.spec_sha256, NOW, number=pull.number
    )
    with scene.store.transaction() as rows:
        save_proposal(rows, record)
        save_pull_request(rows, offered)


def _watch_merges(scene: Scene) -> None:
    """Write down every merge the moment it happens, whoever asked for it."""
    code = scene.github.code
    honest = code.store

    def store(files: Mapping[str, bytes], message: str, parent: str) -> str:
        commit = honest(files, message, parent)
        if scene.calls.is_driving and scene.calls.calls[-1] == "pull_requests.merge":
            scene.merges.append((len(scene.calls.calls), scene.pull().head_commit, commit))
        return commit

    code.store = store  # type: ignore[method-assign]


def _judge(scene: Scene) -> Ended:
    code = scene.github.code
    wrong: list[str] = []
    gap: list[str] = []
    if len(scene.merges) > 1:
        wrong.append("it was merged more than once")
    for call, head, commit in scene.merges:
        parent = code.commits[commit].parent
        before = code.commits[parent or ""].files
        tested, merged = code.commits[head].files, code.commits[commit].files
        if head not in scene.green:
            wrong.append("a head that never passed was merged")
        if {path for path in merged if merged[path] != before.get(path)} - {LETTERS}:
            wrong.append("something else than the spec was merged")
        if b"Leak" in merged[LETTERS]:
            wrong.append("what somebody pushed was merged")
        if merged != tested:
            gap.append("the base moved")
        for found in scene.forbidden:
            if found.could_be_known(scene.calls.calls, call):
                wrong.append(f"it was merged although {found.why}")
            elif found.at <= call:
                gap.append(found.why)
    wrong += _judge_rows(scene)
    return Ended(tuple(wrong), bool(scene.merges), tuple(gap))


def _judge_rows(scene: Scene) -> Iterator[str]:
    with scene.store.transaction() as rows:
        record = find_proposal(rows, _ID)
    assert record is not None
    landed = {RolloutState.APPLIED, RolloutState.BAKING, RolloutState.REVERTED, RolloutState.HELD}
    if bool(scene.merges) != (record.state in landed):
        yield f"the row says {record.state.value} after {len(scene.merges)} merges"


def _first(scene: Scene) -> str:
    code, at = scene.github.code, scene.github.code.heads["main"]
    while (parent := code.commits[at].parent) is not None:
        at = parent
    return at


def tell(schedule: Sequence[tuple[int, str]]) -> str:
    """Write a schedule in words."""
    return ", ".join(f"{name} before call {number}" for number, name in schedule)
