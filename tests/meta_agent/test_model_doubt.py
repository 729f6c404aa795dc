"""What a cheaper model may get wrong: priced by what the runs show of the step, and never below nothing."""

from decimal import Decimal
from random import Random

from meta_agent import doubt_models
from telemetry import Attempt, ErrorClass
from tests.meta_agent.builders import MakeAttempt, attempt, make_runs, make_workflow
from workflow import Workflow, parse_workflow

_BASE = make_workflow()
_HEAD = parse_workflow(_BASE.text.replace("sim:large", "sim:small"), path=_BASE.path)
_USD = {"sim:large": Decimal("0.01"), "sim:small": Decimal("0.001")}


def _answer(tokens: int, *, wrong: float = 0.0, model: str = "sim:large") -> MakeAttempt:
    def ask_once(random: Random, number: int) -> Attempt:
        error_class = ErrorClass.INVALID_OUTPUT if random.random() < wrong else ErrorClass.NONE
        return attempt(number, error_class=error_class, model=model, tokens=(200, tokens))

    return ask_once


def _doubt(draft: MakeAttempt, *, after: Workflow = _HEAD, count: int = 400) -> float:
    runs = make_runs(_BASE, count, draft=draft)
    return doubt_models(_BASE, after, runs, reprice=lambda model, *_: _USD.get(model))


def test_the_same_model_is_not_in_doubt() -> None:
    assert _doubt(_answer(20), after=_BASE) == 0


def test_a_dearer_model_is_not_in_doubt() -> None:
    runs = make_runs(_HEAD, 100, draft=_answer(20, model="sim:small"))
    assert doubt_models(_HEAD, _BASE, runs, reprice=lambda model, *_: _USD.get(model)) == 0


def test_a_word_or_two_is_hardly_in_doubt_and_a_page_is() -> None:
    assert _doubt(_answer(5)) < 0.002
    assert _doubt(_answer(400)) > 0.01


def test_where_the_present_model_errs_a_lesser_one_errs_more() -> None:
    assert _doubt(_answer(20, wrong=0.03)) > _doubt(_answer(20)) + 0.03


def test_few_runs_leave_more_room_for_doubt() -> None:
    assert _doubt(_answer(20), count=30) > _doubt(_answer(20), count=400)


def test_answers_of_the_new_model_at_the_step_lessen_it() -> None:
    assert _doubt(_answer(20, model="sim:small")) < _doubt(_answer(20)) / 5


def test_without_runs_there_is_nothing_to_say() -> None:
    assert doubt_models(_BASE, _HEAD, ()) == 0
