"""Testing a commit: before it lands, and again where it landed, taking it back at once when it fails."""

from app.errors import HeldError
from app.ports import CodeHost, RunTests, TestVerdict
from app.store import Application, Closing, close
from app.use_cases.landings import World, move_proposal
from app.use_cases.outcome import Outcome, OutcomeKind
from app.use_cases.reverts import revert
from trust_tiers import RolloutEvent


def judge(host: CodeHost, commit: str, run_tests: RunTests) -> TestVerdict:
    """Run the tests in a fresh checkout of exactly `commit`; tests that can't run have failed."""
    try:
        with host.checkout(commit) as folder:
            return run_tests(folder)
    except Exception as error:  # whatever went wrong, it isn't a pass
        return TestVerdict(passed=False, reasons=(f"the tests could not run: {error}",))


def verify(world: World, application: Application, entry: int, run_tests: RunTests) -> Outcome:
    """Test an application where it landed; keep it, or take it back byte for byte.

    Until its end is recorded the entry stays open, so that a process that dies in between leaves nothing untested.
    """
    verdict = judge(world.host, application.commit, run_tests)
    if verdict.passed:
        with world.store.transaction() as rows:
            move_proposal(rows, application.proposal_id, RolloutEvent.TESTS_PASSED)
            close(rows, entry, Closing.DONE)
        return _end(application, OutcomeKind.APPLIED)
    outcome = _take_back(world, application, verdict)
    with world.store.transaction() as rows:
        close(rows, entry, Closing.DONE)
    return outcome


def _take_back(world: World, application: Application, verdict: TestVerdict) -> Outcome:
    reasons = verdict.reasons or ("an embedded test failed on the merged commit",)
    why = f"The embedded tests failed on the merged commit: {'; '.join(reasons)}."
    try:
        commit = revert(world, application, RolloutEvent.TESTS_FAILED, why)
    except HeldError as error:
        return _end(application, OutcomeKind.HELD, reasons=(*reasons, str(error)))
    return _end(application, OutcomeKind.REVERTED, reverted_by=commit, reasons=reasons)


def _end(
    application: Application,
    kind: OutcomeKind,
    *,
    reverted_by: str = "",
    reasons: tuple[str, ...] = (),
) -> Outcome:
    return Outcome(application.proposal_id, kind, application.commit, reverted_by, reasons)
