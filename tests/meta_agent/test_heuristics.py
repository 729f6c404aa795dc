"""Heuristic candidates: small patches that fit the document, with parameters the data chose."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from meta_agent import Candidate, ProposerSettings, RoiSettings, detect, propose
from telemetry import Attempt, ErrorClass, Run
from tests.meta_agent.builders import (
    MakeAttempt,
    answer_under,
    ask,
    attempt,
    fail_at_times,
    make_runs,
    make_workflow,
)
from workflow import Workflow, apply_patch

_PLAIN = ProposerSettings()


def _propose(
    runs: list[Run], workflow: Workflow, settings: ProposerSettings = _PLAIN
) -> list[Candidate]:
    return [
        candidate
        for found in detect(runs, workflow)
        for candidate in propose(found, workflow, runs, settings)
    ]


def _only_operation(candidate: Candidate) -> dict[str, JsonValue]:
    [operation] = candidate.patch.to_json()
    return operation


def test_retries_are_added_where_the_step_has_no_config() -> None:
    workflow = make_workflow()
    [candidate] = _propose(make_runs(workflow, 200, lookup=fail_at_times(0.12)), workflow)
    operation = _only_operation(candidate)
    assert (operation["op"], operation["path"]) == ("add", "/steps/1/config")
    assert operation["value"] in ({"max_retries": 2}, {"max_retries": 3})
    assert (candidate.patch_class, candidate.source) == ("retries", "heuristic:retries")
    assert candidate.title.startswith("Retry lookup up to ")


def test_retries_are_added_to_a_config_and_replaced_in_one() -> None:
    added = make_workflow(lookup_config="{backoff_s: 0.5}")
    [candidate] = _propose(make_runs(added, 200, lookup=fail_at_times(0.12)), added)
    assert _only_operation(candidate)["op"] == "add"
    assert _only_operation(candidate)["path"] == "/steps/1/config/max_retries"
    replaced = make_workflow(lookup_config="{max_retries: 1}")
    runs = make_runs(replaced, 300, lookup=fail_at_times(0.3), max_retries=1)
    [candidate] = _propose(runs, replaced)
    assert _only_operation(candidate)["op"] == "replace"


def test_the_worse_the_failures_the_more_retries() -> None:
    workflow = make_workflow()
    chosen = []
    for rate in (0.02, 0.12, 0.3):
        [candidate] = _propose(make_runs(workflow, 400, lookup=fail_at_times(rate)), workflow)
        value = _only_operation(candidate)["value"]
        assert isinstance(value, dict)
        chosen.append(value["max_retries"])
    assert chosen == [1, 3, 5]


def test_no_retry_is_proposed_that_costs_more_than_a_success_is_worth() -> None:
    def dear(random: Random, number: int) -> Attempt:
        failed = random.random() < 0.2
        kind = ErrorClass.RATE_LIMITED if failed else ErrorClass.NONE
        return attempt(number, error_class=kind, cost_usd=0.2, model="sim:large")

    workflow = make_workflow()
    runs = make_runs(workflow, 200, draft=dear)
    candidates = _propose(runs, workflow)
    assert [one for one in candidates if one.patch_class == "retries"] == []
    valued = ProposerSettings(roi=RoiSettings(value_per_success_usd=5))
    assert any(one.patch_class == "retries" for one in _propose(runs, workflow, valued))


def test_retries_that_keep_failing_are_trusted_less_than_first_attempts() -> None:
    def burst(random: Random, number: int) -> Attempt:
        failed = random.random() < (0.1 if number == 1 else 0.6)
        return attempt(number, error_class=ErrorClass.CONNECTION if failed else ErrorClass.NONE)

    workflow = make_workflow(lookup_config="{max_retries: 1}")
    [candidate] = _propose(make_runs(workflow, 400, lookup=burst, max_retries=1), workflow)
    assert _only_operation(candidate)["value"] == 5


def test_a_step_that_may_not_be_repeated_gets_no_retries() -> None:
    workflow = make_workflow(lookup="skills.orders:charge")
    assert _propose(make_runs(workflow, 200, lookup=fail_at_times(0.2)), workflow) == []


def test_a_timeout_that_waits_for_hangs_is_lowered_to_a_human_number_above_the_tail() -> None:
    workflow = make_workflow(draft_config="{timeout_s: 120, max_retries: 1}")
    runs = make_runs(workflow, 300, draft=answer_under(120, hang_rate=0.03), max_retries=1)
    candidate, *_ = [one for one in _propose(runs, workflow) if one.patch_class == "timeout_down"]
    operation = _only_operation(candidate)
    assert (operation["op"], operation["path"]) == ("replace", "/steps/2/config/timeout_s")
    assert operation["value"] in (3, 5, 8, 10)
    assert candidate.title.startswith("Lower timeout of draft from 120 s to ")


def test_a_timeout_that_stops_healthy_attempts_is_raised() -> None:
    workflow = make_workflow(draft_config="{timeout_s: 2}")
    runs = make_runs(workflow, 300, draft=answer_under(2))
    [candidate] = [one for one in _propose(runs, workflow) if one.patch_class == "timeout_up"]
    value = _only_operation(candidate)["value"]
    assert isinstance(value, int)
    assert 3 <= value <= 15


def test_a_missing_timeout_is_added() -> None:
    workflow = make_workflow()
    runs = make_runs(workflow, 300, draft=answer_under(None, hang_rate=0.03))
    [candidate] = _propose(runs, workflow)
    # Without a retry a stopped attempt loses a success that waiting would have brought: value decides.
    patient = ProposerSettings(roi=RoiSettings(value_per_success_usd=100))
    assert candidate.patch_class == "timeout_add"
    assert _only_operation(candidate)["path"] == "/steps/2/config"
    assert _propose(runs, workflow, patient) == []


def test_the_dearer_a_second_the_shorter_the_timeout() -> None:
    workflow = make_workflow(draft_config="{timeout_s: 300}")
    runs = make_runs(workflow, 300, draft=answer_under(300, hang_rate=0.03, median_s=5))
    cheap, dear = (
        _timeout(_propose(runs, workflow, ProposerSettings(roi=RoiSettings(latency_usd_per_s=usd))))
        for usd in (0.0001, 0.01)
    )
    assert dear < cheap


def test_beside_a_bold_cut_the_boldest_modest_one_is_proposed() -> None:
    workflow = make_workflow(draft_config="{timeout_s: 300}")
    runs = make_runs(workflow, 300, draft=answer_under(300, hang_rate=0.03))
    modest = ProposerSettings(max_timeout_cut=4, roi=RoiSettings(latency_usd_per_s=0.01))
    bold_s, modest_s = (_only_operation(one)["value"] for one in _propose(runs, workflow, modest))
    assert isinstance(bold_s, int)
    assert bold_s < 75
    assert modest_s == 90
    bold = ProposerSettings(max_timeout_cut=1000, roi=RoiSettings(latency_usd_per_s=0.01))
    assert len(_propose(runs, workflow, bold)) == 1


def _timeout(candidates: list[Candidate]) -> float:
    bold, *_ = [one for one in candidates if one.patch_class == "timeout_down"]
    value = _only_operation(bold)["value"]
    assert isinstance(value, (int, float))
    return value


def _costly_runs(
    workflow: Workflow, count: int, seed: int = 0, lookup: MakeAttempt | None = None
) -> list[Run]:
    return make_runs(
        workflow,
        count,
        classify=ask("sim:small", usd_per_token=1e-6),
        lookup=lookup,
        draft=ask("sim:large", usd_per_token=1e-5),
        seed=seed,
    )


def test_a_costly_step_is_offered_each_cheaper_allowed_model_cheapest_first() -> None:
    workflow = make_workflow()
    runs = _costly_runs(workflow, 60, lookup=ask("sim:medium", usd_per_token=4e-6))
    allowed = ("sim:large", "gpt-4o", "sim:medium", "sim:small", "sim:unheard-of")
    candidates = _propose(runs, workflow, ProposerSettings(allowed_models=allowed))
    assert [_only_operation(one) for one in candidates] == [
        {"op": "replace", "path": "/agents/writer/model", "value": "sim:small"},
        {"op": "replace", "path": "/agents/writer/model", "value": "gpt-4o"},
        {"op": "replace", "path": "/agents/writer/model", "value": "sim:medium"},
    ]
    assert {one.patch_class for one in candidates} == {"model_swap"}


def test_no_model_is_proposed_that_nobody_allowed() -> None:
    workflow = make_workflow()
    assert _propose(_costly_runs(workflow, 60), workflow) == []


def _runaway(random: Random, number: int) -> Attempt:
    runs_away = random.random() < 0.02
    output = 4_000 if runs_away else random.randint(80, 120)
    return attempt(
        number,
        error_class=ErrorClass.INVALID_OUTPUT if runs_away else ErrorClass.NONE,
        cost_usd=output * 1e-5,
        model="sim:large",
        tokens=(50, output),
    )


def test_runaway_answers_are_capped_just_above_what_others_need() -> None:
    workflow = make_workflow()
    [candidate] = _propose(make_runs(workflow, 400, draft=_runaway), workflow)
    assert _only_operation(candidate)["value"] in ({"max_tokens": 200}, {"max_tokens": 250})
    assert candidate.patch_class == "token_cap"


def test_a_cap_that_fits_is_left_alone() -> None:
    workflow = make_workflow(draft_config="{max_tokens: 300}")
    assert _propose(make_runs(workflow, 400, draft=_runaway), workflow) == []


def test_an_opportunity_without_enough_runs_or_of_another_version_gets_no_candidate() -> None:
    workflow = make_workflow()
    runs = make_runs(workflow, 200, lookup=fail_at_times(0.12))
    [found] = detect(runs, workflow)
    assert propose(replace(found, enough=False), workflow, runs, _PLAIN) == []
    assert propose(replace(found, spec_sha256="0" * 64), workflow, runs, _PLAIN) == []
    assert propose(replace(found, kind="unheard_of"), workflow, runs, _PLAIN) == []
    assert propose(found, workflow, [], _PLAIN) == []


_WINDOWS: dict[str, tuple[str, Callable[[Workflow, int, int], list[Run]]]] = {
    "flaky": (
        "",
        lambda workflow, count, seed: make_runs(
            workflow, count, lookup=fail_at_times(0.2), seed=seed
        ),
    ),
    "hanging": (
        "{timeout_s: 120}",
        lambda workflow, count, seed: make_runs(
            workflow, count, draft=answer_under(120, hang_rate=0.05), seed=seed
        ),
    ),
    "strict": (
        "{timeout_s: 1.5}",
        lambda workflow, count, seed: make_runs(
            workflow, count, draft=answer_under(1.5), seed=seed
        ),
    ),
    "costly": ("", _costly_runs),
}


@given(st.sampled_from(sorted(_WINDOWS)), st.integers(0, 1_000), st.integers(30, 120))
@settings(deadline=None, max_examples=40)
def test_every_candidate_fits_its_document_and_says_what_it_does(
    window: str, seed: int, count: int
) -> None:
    config, make = _WINDOWS[window]
    workflow = make_workflow(draft_config=config)
    runs = make(workflow, count, seed)
    allowed = ProposerSettings(allowed_models=("sim:small",))
    for candidate in _propose(runs, workflow, allowed):
        assert apply_patch(workflow.document, candidate.patch) != workflow.document
        assert len(candidate.title) <= 70
        assert candidate.rationale.endswith(".")
        assert candidate.opportunity.spec_sha256 == workflow.spec_sha256


def test_no_lesser_model_is_proposed_where_the_present_one_has_its_troubles() -> None:
    def stumble(random: Random, number: int) -> Attempt:
        kind = ErrorClass.REJECTED if random.random() < 0.03 else ErrorClass.NONE
        return attempt(
            number, error_class=kind, cost_usd=0.01, model="sim:large", tokens=(400, 100)
        )

    workflow = make_workflow()
    runs = make_runs(workflow, 200, classify=ask("sim:small", usd_per_token=1e-6), draft=stumble)
    allowed = ProposerSettings(allowed_models=("sim:small",))
    assert [
        one for one in _propose(runs, workflow, allowed) if one.patch_class == "model_swap"
    ] == []


def test_no_lesser_model_is_proposed_for_long_texts() -> None:
    workflow = make_workflow()
    runs = make_runs(
        workflow,
        200,
        classify=ask("sim:small", usd_per_token=1e-6),
        draft=ask("sim:large", usd_per_token=1e-5, tokens=(400, 900)),
    )
    allowed = ProposerSettings(allowed_models=("sim:small",))
    assert _propose(runs, workflow, allowed) == []
