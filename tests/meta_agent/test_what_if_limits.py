"""Limits whose effect no recording holds: a longer timeout, and a cap on answers."""

from random import Random

from meta_agent import Imagined, imagine_cap, imagine_longer
from telemetry import Attempt, ErrorClass, Run
from tests.meta_agent.builders import MakeAttempt, attempt, make_runs, make_workflow
from workflow import Workflow, compile_program

_STRICT = make_workflow(lookup_config="{timeout_s: 4}")
_PATIENT = make_workflow(lookup_config="{timeout_s: 60}")


def _take(median_s: float, limit_s: float, hangs: float = 0.0) -> MakeAttempt:
    def try_once(random: Random, number: int) -> Attempt:
        took_s = random.lognormvariate(0, 0.7) * median_s
        if random.random() < hangs:
            took_s = 600.0
        if took_s > limit_s:
            return attempt(number, error_class=ErrorClass.TIMEOUT, latency_s=limit_s)
        return attempt(number, latency_s=took_s)

    return try_once


def _longer(base: Workflow, head: Workflow, runs: list[Run]) -> Imagined | None:
    return imagine_longer(compile_program(base), compile_program(head), runs, random=Random(1))


class TestLongerTimeouts:
    def test_attempts_that_were_merely_slow_come_to_their_end(self) -> None:
        runs = make_runs(_STRICT, 400, lookup=_take(2, 4))
        found = _longer(_STRICT, _PATIENT, runs)
        assert found is not None
        lost = [pair for pair in found.pairs if not pair.base.succeeded]
        assert len(lost) > 20
        assert sum(pair.head.succeeded for pair in lost) > 0.9 * len(lost)

    def test_attempts_that_hang_go_on_hanging_until_the_new_limit(self) -> None:
        runs = make_runs(_STRICT, 400, lookup=_take(0.2, 4, hangs=0.08))
        found = _longer(_STRICT, _PATIENT, runs)
        assert found is not None
        lost = [pair for pair in found.pairs if not pair.base.succeeded]
        assert sum(pair.head.succeeded for pair in lost) < 0.2 * len(lost)
        assert sum(pair.head.latency_s > 50 for pair in lost) > 0.8 * len(lost)

    def test_of_a_shorter_timeout_nothing_is_said(self) -> None:
        runs = make_runs(_PATIENT, 50, lookup=_take(2, 60))
        assert _longer(_PATIENT, _STRICT, runs) is None


class TestCaps:
    base = make_workflow(draft_config="{max_tokens: 9000}")
    head = make_workflow(draft_config="{max_tokens: 500}")

    def _imagine(self, tokens: int) -> Imagined:
        def ask_once(_: Random, number: int) -> Attempt:
            usd = (tokens + 100) / 1_000_000
            return attempt(number, model="sim:large", tokens=(100, tokens), cost_usd=usd)

        runs = make_runs(self.base, 40, draft=ask_once)
        found = imagine_cap(compile_program(self.base), compile_program(self.head), runs)
        assert found is not None
        return found

    def test_an_answer_beyond_the_cap_costs_less_and_is_worth_nothing(self) -> None:
        for pair in self._imagine(6_000).pairs:
            assert pair.base.cost_usd > 5 * pair.head.cost_usd
            assert not pair.head.succeeded

    def test_shorter_answers_stay_as_they_are(self) -> None:
        assert all(pair.base == pair.head for pair in self._imagine(300).pairs)

    def test_of_any_other_change_nothing_is_said(self) -> None:
        programs = compile_program(_STRICT), compile_program(_PATIENT)
        assert imagine_cap(*programs, make_runs(_STRICT, 5)) is None
