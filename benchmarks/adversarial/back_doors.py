"""Back doors that somebody might plant, each a small change of one module, and the tests that must notice it.

A door is opened for one run of pytest only, by `back_door_plugin`: no file is touched.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOOR_VARIABLE = "FLUJO_BACK_DOOR"
_PLUGIN = "benchmarks.adversarial.back_door_plugin"
_FAILED = 1


@dataclass(frozen=True, slots=True)
class BackDoor:
    """What is changed in which module, and the tests that guard it."""

    name: str
    path: str
    old: str
    new: str
    tests: tuple[str, ...]

    @property
    def module(self) -> str:
        """The module's dotted name."""
        return self.path.removesuffix(".py").replace("/", ".")

    def change(self, source: str) -> str:
        """Return the module's source with the door in it; raises `ValueError` when its place is gone."""
        if source.count(self.old) != 1:
            raise ValueError(f"{self.path} holds {self.old!r} {source.count(self.old)} times")
        return source.replace(self.old, self.new)


_DOORS_TESTS = "tests/benchmarks/test_guarded_places.py"
_APPLY = "tests/app/test_apply.py"
_COMMANDS = "tests/app/behaviours/test_answer_command.py"

BACK_DOORS: tuple[BackDoor, ...] = (
    BackDoor(
        "merge without the sha of the tested head",
        "app/github/merging.py",
        '"sha": request.head_commit,',
        "",
        (_DOORS_TESTS,),
    ),
    BackDoor(
        "compare signatures with ==",
        "app/webhooks/signatures.py",
        "hmac.compare_digest(sign(body, secret), signature)",
        "sign(body, secret) == signature",
        (_DOORS_TESTS,),
    ),
    BackDoor(
        "take a delivery without checking its signature",
        "app/webhooks/signatures.py",
        "if not any(tried):",
        "if not tried:",
        ("tests/app/webhooks/test_receiver.py",),
    ),
    BackDoor(
        "no checks at all count as green",
        "app/use_cases/repository_check.py",
        "return CheckVerdict.ABSENT",
        "return CheckVerdict.GREEN",
        (_DOORS_TESTS,),
    ),
    BackDoor(
        "believe a check that is ours, or nobody's App's",
        "app/use_cases/repository_check.py",
        "and run.app_id is not None\n        and run.app_id != our_app_id\n",
        "",
        (_DOORS_TESTS,),
    ),
    BackDoor(
        "believe the tests of another commit",
        "app/use_cases/repository_check.py",
        "        and run.commit == commit\n",
        "",
        (_DOORS_TESTS,),
    ),
    BackDoor(
        "merge whatever tier it has",
        "app/use_cases/merge.py",
        "if tier is RiskTier.HIGH or automatic is None or tier > automatic:",
        "if automatic is None:",
        (_DOORS_TESTS,),
    ),
    BackDoor(
        "merge what nobody tested",
        "app/use_cases/merge.py",
        "if not approval.tested.is_green:",
        "if approval.tested.verdict is CheckVerdict.RED:",
        (_DOORS_TESTS,),
    ),
    BackDoor(
        "settings and tiers from the head of a pull request",
        "app/use_cases/settings_in_force.py",
        "if last_good and kept and kept.commit == default.commit:",
        "if last_good:",
        ("tests/app/test_settings.py", _DOORS_TESTS),
    ),
    BackDoor(
        "trust the login instead of the id",
        "app/github/people.py",
        "if found.user is None or found.user.id != account.id:",
        "if found.user is None:",
        (_DOORS_TESTS,),
    ),
    BackDoor(
        "obey whoever may read",
        "app/behaviours/answer_command.py",
        ">= Permission.WRITE",
        ">= Permission.READ",
        (_COMMANDS,),
    ),
    BackDoor(
        "obey comments that somebody edited",
        "app/behaviours/answer_command.py",
        "comment.is_edited or ",
        "",
        (_COMMANDS,),
    ),
    BackDoor(
        "land a commit that failed its tests",
        "app/use_cases/apply_proposal.py",
        "if not verdict.passed:",
        "if not verdict.reasons and not verdict.passed:",
        (_APPLY,),
    ),
    BackDoor(
        "tests that can't run have passed",
        "app/use_cases/verification.py",
        'return TestVerdict(passed=False, reasons=(f"the tests could not run: {error}",))',
        "return TestVerdict(passed=True)",
        (_APPLY,),
    ),
    BackDoor(
        "no tests at all have passed",
        "app/adapters/test_process.py",
        "    if not tests:\n",
        "    if tests is None:\n",
        ("tests/app/test_test_process.py",),
    ),
    BackDoor(
        "apply over an edit made since",
        "app/use_cases/apply_proposal.py",
        "if world.host.blob_sha(branch.commit, path) != self.edit.blob_before:",
        "if world.host.blob_sha(branch.commit, path) is None:",
        (_APPLY,),
    ),
    BackDoor(
        "take back the commits of others",
        "app/use_cases/reverts.py",
        "if trailers.get(PROPOSAL_TRAILER) != proposal_id or REVERTS_TRAILER in trailers:",
        "if REVERTS_TRAILER in trailers:",
        (_APPLY,),
    ),
    BackDoor(
        "move a branch without compare-and-swap",
        "app/adapters/git/landing.py",
        "commit.commit, commit.parent\n    )  # fmt: skip",
        "commit.commit\n    )  # fmt: skip",
        ("tests/app/test_code_host.py", "tests/app/test_local_git.py"),
    ),
    BackDoor(
        "a change that no rule knows is LOW",
        "trust_tiers/classification.py",
        "high(explain_unknown(change))",
        "Decision(RiskTier.LOW, ('fine',))",
        ("tests/trust_tiers/test_rules.py",),
    ),
    BackDoor(
        "the lowest tier of a set of changes decides",
        "trust_tiers/classification.py",
        "tier=max(decision.tier for decision in decisions),",
        "tier=min(decision.tier for decision in decisions),",
        ("tests/trust_tiers/test_rules.py", "tests/trust_tiers/test_laws.py"),
    ),
    BackDoor(
        "forget what a week of patches adds up to",
        "trust_tiers/window.py",
        "    if window:\n",
        "    if not window and window:\n",
        ("tests/trust_tiers/test_window.py",),
    ),
    BackDoor(
        "let patches point outside the plan",
        "prompt_guard/inside_plan.py",
        "        if not _is_planned(change, plan):",
        "        if not _is_planned(change, plan) and not plan.step_ids:",
        ("tests/prompt_guard/test_check.py", "tests/app/test_hostile_model.py"),
    ),
    BackDoor(
        "show a repository the rows of another",
        "app/store/tenancy.py",
        "with_loader_criteria(kind, col(kind.repository) == self.repository)",
        "with_loader_criteria(kind, col(kind.repository) != '')",
        ("tests/app/test_tenancy.py",),
    ),
)


def is_noticed(door: BackDoor) -> bool:
    """Whether a test fails with the door open; raises `RuntimeError` when the tests didn't run as they should."""
    return run_tests(door.tests, {DOOR_VARIABLE: door.name}) == _FAILED


def run_tests(tests: Sequence[str], more: dict[str, str]) -> int:
    """Run tests in a process of their own; return 0 or 1. Any other end of pytest raises `RuntimeError`."""
    quiet = ("cacheprovider", "xdist", "flujo")
    options = [word for name in quiet for word in ("-p", f"no:{name}")]
    command = [sys.executable, "-m", "pytest", "-p", _PLUGIN, *options, "-x", "-q"]
    environ = {key: value for key, value in os.environ.items() if not key.startswith("FLUJO_")}
    done = subprocess.run(
        [*command, "--hypothesis-seed=0", *tests],
        cwd=ROOT,
        env={**environ, **more},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in (0, _FAILED):
        raise RuntimeError(f"pytest ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.returncode


def find_door(name: str) -> BackDoor:
    """Return the door of that name."""
    return next(door for door in BACK_DOORS if door.name == name)
