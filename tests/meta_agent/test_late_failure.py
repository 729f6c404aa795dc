"""Answers that fail a step further down, and validators that would have caught them at their source."""

from random import Random

import pytest
from pydantic import JsonValue

from meta_agent import imagine_validators
from meta_agent.answer_checks import learn_length, learn_schema, read_checks
from telemetry import ErrorClass
from tests.meta_agent.played import Played, make_played_workflow, play
from trust_tiers import RiskTier, TierLimits, classify
from workflow import AgentCall, AttemptError, compile_program, patch_workflow

_STEPS = """\
- {name: draft, uses: agents.writer, input: "{{ context.id }}"}
- {name: note, uses: agents.reader, input: "{{ context.id }}"}
- {name: send, uses: "skills:send", input: {letter: "{{ steps.draft.output }}", note: "{{ steps.note.output }}"}}
"""
_GOOD: JsonValue = {"text": "Dear Ann", "tone": "kind"}
_BAD: JsonValue = {"error": "no answer"}


def _refuse_bad(data: dict[str, JsonValue]) -> str:
    if data["letter"] in (_BAD, "n/a"):
        raise AttemptError(ErrorClass.INVALID_INPUT, "what is that?")
    return "sent"


def _answer_badly(bad: JsonValue, good: JsonValue = _GOOD, rate: float = 0.1) -> Played:
    def answer(call: AgentCall, random: Random) -> JsonValue:
        if call.step_id == "note":
            return random.choice(("short", "a longer note"))
        return bad if random.random() < rate else good

    workflow = make_played_workflow(_STEPS, skills={"send": "pure"})
    return play(workflow, 200, answer=answer, skills={"skills:send": _refuse_bad})


def test_a_validator_that_tells_bad_answers_from_good_ones_is_found_at_their_source() -> None:
    [found] = _answer_badly(_BAD).find("late_failure")
    assert (found.step_id, found.enough) == ("draft", True)
    assert found.numbers["caught"] == found.numbers["failures"] > 10
    assert found.numbers["false_alarms"] == 0
    assert found.confidence > 0.999
    assert "flujo.check.schema" in found.summary


def test_it_is_inserted_there_with_retries_that_pay() -> None:
    played = _answer_badly(_BAD)
    [candidate] = played.propose("late_failure")
    after = patch_workflow(played.workflow, candidate.patch)
    draft = after.node("draft")
    assert draft is not None
    assert draft.raw["config"] == {"max_retries": 3}
    [check] = read_checks(draft.raw["validators"])
    assert check.rejects(_BAD)
    assert not check.rejects(_GOOD)
    assert classify(played.workflow, after, TierLimits()).tier is RiskTier.HIGH


def test_texts_that_are_too_short_are_told_by_their_length() -> None:
    played = _answer_badly("n/a", good="Dear Ann, we are very sorry about that.")
    [candidate] = played.propose("late_failure")
    assert candidate.patch.operations[0].value == [
        {"id": "flujo.check.length", "params": {"min_chars": 21}}
    ]
    after = patch_workflow(played.workflow, candidate.patch)
    assert "flujo.check.length" in after.text


def test_what_it_would_do_is_told_from_the_recordings() -> None:
    played = _answer_badly(_BAD)
    [candidate] = played.propose("late_failure")
    after = patch_workflow(played.workflow, candidate.patch)
    imagined = imagine_validators(
        compile_program(played.workflow),
        compile_program(after),
        played.runs,
        played.recordings,
        random=Random(1),
    )
    assert imagined is not None
    failed_before = sum(not pair.base.succeeded for pair in imagined.pairs)
    failed_after = sum(not pair.head.succeeded for pair in imagined.pairs)
    assert failed_before > 10
    assert failed_after <= 1
    cost_before = sum(pair.base.cost_usd for pair in imagined.pairs)
    assert sum(pair.head.cost_usd for pair in imagined.pairs) > cost_before


def test_a_step_that_fails_whatever_it_is_given_is_left_alone() -> None:
    luck = Random(3)

    def fail_by_chance(data: JsonValue) -> str:
        if luck.random() < 0.1:
            raise AttemptError(ErrorClass.INVALID_INPUT, "not today")
        return "sent"

    workflow = make_played_workflow(_STEPS, skills={"send": "pure"})

    def answer(call: AgentCall, random: Random) -> JsonValue:
        return random.choice(("yes", "no", "perhaps")) if call.step_id == "note" else _GOOD

    played = play(workflow, 200, answer=answer, skills={"skills:send": fail_by_chance})
    assert sum(not run.succeeded for run in played.runs) > 10
    assert played.find("late_failure") == []


def test_failures_that_may_pass_are_another_matter() -> None:
    def be_away(data: dict[str, JsonValue]) -> str:
        if data["letter"] == _BAD:
            raise AttemptError(ErrorClass.UNAVAILABLE, "away")
        return "sent"

    def answer(call: AgentCall, random: Random) -> JsonValue:
        return _BAD if call.step_id == "draft" and random.random() < 0.1 else _GOOD

    workflow = make_played_workflow(_STEPS, skills={"send": "pure"})
    played = play(workflow, 200, answer=answer, skills={"skills:send": be_away})
    assert played.find("late_failure") == []


def test_a_source_that_may_not_be_asked_again_is_no_place_for_a_validator() -> None:
    steps = """\
- {name: draft, uses: "skills:order"}
- {name: send, uses: "skills:send", input: {letter: "{{ steps.draft.output }}"}}
"""
    workflow = make_played_workflow(steps, skills={"order": "effect", "send": "pure"})
    luck = Random(5)
    played = play(
        workflow,
        150,
        skills={
            "skills:order": lambda _: _BAD if luck.random() < 0.1 else _GOOD,
            "skills:send": _refuse_bad,
        },
    )
    assert sum(not run.succeeded for run in played.runs) > 5
    assert played.find("late_failure") == []


def test_without_recordings_nobody_can_tell() -> None:
    assert _answer_badly(_BAD).without_recordings().find("late_failure") == []


def test_a_check_that_the_spec_uses_elsewhere_comes_first() -> None:
    steps = _STEPS.replace(
        "agents.reader, ",
        "agents.reader, validators: [{id: flujo.check.schema, params: {schema: {not: {required: [error]}}}}], ",
    )
    workflow = make_played_workflow(steps, skills={"send": "pure"})

    def answer(call: AgentCall, random: Random) -> JsonValue:
        return _BAD if call.step_id == "draft" and random.random() < 0.1 else _GOOD

    played = play(workflow, 200, answer=answer, skills={"skills:send": _refuse_bad})
    [candidate] = played.propose("late_failure")
    assert candidate.patch.operations[0].value == [
        {"id": "flujo.check.schema", "params": {"schema": {"not": {"required": ["error"]}}}}
    ]


@pytest.mark.parametrize(
    ("worked", "schema"),
    [
        ([{"a": 1, "b": "x"}, {"a": 2}] * 5, {"required": ["a"], "type": "object"}),
        (["yes"] * 30 + ["no"] * 30, {"enum": ["no", "yes"], "type": "string"}),
        ([[1], []] * 5, {"type": "array"}),
    ],
)
def test_a_schema_says_what_answers_that_worked_share(
    worked: list[JsonValue], schema: dict[str, JsonValue]
) -> None:
    check = learn_schema(worked, [])
    assert check is not None
    learnt = check.params["schema"]
    assert isinstance(learnt, dict)
    assert schema.items() <= learnt.items()


def test_a_bad_answer_that_did_no_harm_doesnt_spoil_what_is_learnt() -> None:
    check = learn_schema([_GOOD] * 60 + [_BAD], [])
    assert check is not None
    assert check.rejects(_BAD)
    assert not check.rejects(_GOOD)


def test_a_length_is_learnt_of_texts_only() -> None:
    assert learn_length([_GOOD] * 20, ["n/a"]) is None
    assert learn_length(["long enough"] * 20, ["also long…."]) is None


def test_a_spec_without_failures_has_nothing_to_catch() -> None:
    assert _answer_badly(_GOOD).find("late_failure") == []
