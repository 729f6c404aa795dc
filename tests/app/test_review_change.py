"""What is said of a change that people make to a spec: a pure function of both versions, settings and runs."""

import pytest

from app.settings import Settings
from app.use_cases.predict_change import Predicted, Unpredicted, predict_change
from app.use_cases.review_change import Grounding, Review, review_change
from tests.meta_agent.builders import fail_at_times, make_runs, make_workflow
from trust_tiers import RiskTier
from workflow import SpecError, Workflow, parse_workflow

BASE = make_workflow()
RETRIED = make_workflow(lookup_config="{max_retries: 2}")
REWORDED = make_workflow(agent=", description: Writes.")
GROUNDING = Grounding(Settings())


def review(before: Workflow | SpecError | str | None, after: object = RETRIED) -> Review:
    return review_change("triage.flow.yaml", before, after, GROUNDING)  # type: ignore[arg-type]


def fault() -> SpecError:
    with pytest.raises(SpecError) as found:
        parse_workflow("steps: [", path="triage.flow.yaml")
    return found.value


class TestPrediction:
    def test_retries_recover_runs_and_take_time(self) -> None:
        runs = make_runs(BASE, 200, lookup=fail_at_times(0.3))
        found = predict_change(BASE, RETRIED, runs)
        assert isinstance(found, Predicted)
        assert found.runs == 200
        assert found.recovered > 20
        assert found.lost == 0
        assert found.latency_s.low <= found.latency_s.mid <= found.latency_s.high

    def test_it_is_the_same_every_time(self) -> None:
        runs = make_runs(BASE, 60, lookup=fail_at_times(0.3))
        assert predict_change(BASE, RETRIED, runs) == predict_change(BASE, RETRIED, runs)

    def test_too_few_runs_say_how_many_more(self) -> None:
        found = predict_change(BASE, RETRIED, make_runs(BASE, 12))
        assert found == Unpredicted("no estimate yet: about 18 more runs are needed", 18)

    def test_runs_of_other_versions_do_not_count(self) -> None:
        found = predict_change(BASE, RETRIED, make_runs(RETRIED, 100))
        assert isinstance(found, Unpredicted)
        assert found.runs_needed == 30

    def test_what_past_runs_cannot_tell_is_not_guessed(self) -> None:
        reworded = parse_workflow(
            BASE.text.replace("system_prompt: ", "system_prompt: Anew. ", 1), path=BASE.path
        )
        found = predict_change(BASE, reworded, make_runs(BASE, 100))
        assert isinstance(found, Unpredicted)
        assert found.runs_needed == 0


class TestReview:
    def test_a_change_is_told_and_judged(self) -> None:
        found = review(BASE)
        assert found.is_valid
        assert found.is_clear
        assert found.decision is not None
        assert found.decision.tier is RiskTier.LOW
        assert len(found.changes) == 1

    def test_other_words_alone_change_nothing(self) -> None:
        again = parse_workflow("# A remark.\n" + BASE.text, path=BASE.path)
        found = review(BASE, again)
        assert not found.changes
        assert found.decision is None
        assert found.predicted is None

    def test_an_invalid_version_has_faults(self) -> None:
        found = review(BASE, fault())
        assert not found.is_valid
        assert found.faults[0].line == 1

    def test_an_invalid_version_before_leaves_it_open(self) -> None:
        found = review(fault())
        assert found.is_valid
        assert not found.is_clear

    def test_a_removed_and_a_new_spec_are_clear(self) -> None:
        assert review(BASE, None).is_removed
        assert review(BASE, None).is_clear
        assert review(None).is_clear

    def test_what_cannot_be_read_leaves_it_open(self) -> None:
        assert not review(BASE, "is larger than it may be").is_clear
        assert not review("is larger than it may be").is_clear

    def test_a_very_long_spec_is_validated_and_not_compared(self) -> None:
        steps = "".join(f"  - {{name: s{n}, uses: agents.writer}}\n" for n in range(2_001))
        text = BASE.text.partition("steps:")[0] + "steps:\n" + steps
        found = review(BASE, parse_workflow(text, path=BASE.path))
        assert found.is_valid
        assert not found.is_clear
        assert not found.is_compared
        assert not found.changes
