"""What telemetry says of going back a version, and of a fallback that goes first."""

from random import Random

from meta_agent import (
    History,
    Imagined,
    ProposerSettings,
    detect,
    imagine_structure,
    propose,
)
from telemetry import Attempt, ErrorClass, Run
from tests.meta_agent.builders import MakeAttempt, attempt, fail_at_times, make_runs, make_workflow
from tests.meta_agent.fallbacks import make_fallback_runs, make_fallback_workflow
from workflow import Workflow, compile_program, patch_workflow


def _ask(fails: float, usd: float) -> MakeAttempt:
    def ask_once(random: Random, number: int) -> Attempt:
        kind = ErrorClass.INVALID_OUTPUT if random.random() < fails else ErrorClass.NONE
        return attempt(number, error_class=kind, cost_usd=usd)

    return ask_once


def _imagine(
    base: Workflow, head: Workflow, runs: list[Run], history: History | None = None
) -> Imagined | None:
    programs = compile_program(base), compile_program(head)
    return imagine_structure(*programs, runs, history or History(), random=Random(1))


def _swap(workflow: Workflow, runs: list[Run]) -> Workflow:
    [found] = [one for one in detect(runs, workflow) if one.kind == "busy_fallback"]
    first, *_ = propose(found, workflow, runs, ProposerSettings())
    return patch_workflow(workflow, first.patch)


def test_a_fallback_that_goes_first_spares_the_failures() -> None:
    workflow = make_fallback_workflow()
    runs = make_fallback_runs(workflow, 200, ask=_ask(0.8, 0.02), backup=_ask(0.05, 0.01))
    imagined = _imagine(workflow, _swap(workflow, runs), runs)
    assert imagined is not None
    assert [pair.head.succeeded for pair in imagined.pairs] == [run.succeeded for run in runs]
    saved_usd = sum(pair.base.cost_usd - pair.head.cost_usd for pair in imagined.pairs) / 200
    # From 0.02 + 0.8 × 0.01 to 0.01 + 0.05 × 0.02.
    assert 0.014 < saved_usd < 0.02


def test_the_way_back_is_what_the_version_before_did() -> None:
    before, after = make_workflow(), make_workflow(lookup_config="{backoff_s: 1}")
    earlier = make_runs(before, 100)
    now = make_runs(after, 80, lookup=fail_at_times(0.3))
    imagined = _imagine(after, before, now, History(previous=before, runs=(*earlier, *now)))
    assert imagined is not None
    assert len(imagined.pairs) == 80
    assert all(pair.head.succeeded for pair in imagined.pairs)
    assert imagined.source == "runs beside 100 of that version"


def test_of_any_other_patch_nothing_is_said() -> None:
    before, after = make_workflow(), make_workflow(lookup_config="{max_retries: 1}")
    runs = make_runs(before, 60)
    assert _imagine(before, after, runs) is None
    assert _imagine(before, before, runs) is None
    other = make_fallback_workflow(retries=1)
    assert _imagine(make_fallback_workflow(), other, []) is None


def test_without_any_run_of_the_fallback_nothing_is_said() -> None:
    workflow = make_fallback_workflow()
    runs = make_fallback_runs(workflow, 100, ask=_ask(0.9, 0.02), backup=_ask(0.0, 0.01))
    head = _swap(workflow, runs)
    unneeded = make_fallback_runs(workflow, 40, ask=_ask(0.0, 0.02), backup=_ask(0.0, 0.01))
    assert _imagine(workflow, head, unneeded) is None
