"""Numbers of executions: each once, whatever runs at once."""

from hypothesis import given, settings
from hypothesis import strategies as st

from workflow.engine.visits import Visits

plans = st.recursive(
    st.just("step"),
    lambda inside: st.lists(inside, max_size=3) | st.tuples(inside, inside),
    max_leaves=8,
)


def count(visits: Visits, plan: object) -> list[int]:
    """Number the executions of a plan: a step, things in a row (a tuple), or items of a map (a list)."""
    if plan == "step":
        return [visits.next("a")]
    if isinstance(plan, tuple):
        return [number for part in plan for number in count(visits, part)]
    assert isinstance(plan, list)
    lanes = visits.split(len(plan))
    numbers = {
        index: count(lanes[index], plan[index]) for index in sorted(range(len(plan)), reverse=True)
    }
    visits.join(lanes)
    return [number for index in range(len(plan)) for number in numbers[index]]


@settings(deadline=None, max_examples=100)
@given(st.lists(plans, max_size=4))
def test_no_number_is_given_twice(plan: list[object]) -> None:
    numbers = count(Visits(), tuple(plan))
    assert len(set(numbers)) == len(numbers)


def test_in_a_row_they_count_from_0() -> None:
    assert count(Visits(), ("step", "step", "step")) == [0, 1, 2]


def test_items_that_execute_a_step_once_have_the_numbers_they_would_have_one_after_the_other() -> (
    None
):
    assert count(Visits(), ("step", ["step", "step", "step"], "step")) == [0, 1, 2, 3, 4]


def test_steps_are_counted_apart() -> None:
    visits = Visits()
    assert [visits.next("a"), visits.next("b"), visits.next("a")] == [0, 0, 1]
