"""What each piece of work takes from the budget of an evaluation, and the last value before each limit.

Looks inside the package: a price that is too low shows nowhere else until somebody attacks.
"""

from decimal import Decimal
from sys import getsizeof

import pytest

from policy_dsl import Failure, compile_expression
from policy_dsl.errors import Stopped
from policy_dsl.evaluator import build
from policy_dsl.grammar import parse
from policy_dsl.limits import MAX_DATA_DEPTH, MAX_MADE, MAX_STEPS, MAX_TEXT, MAX_WIDE_TEXT
from policy_dsl.operators import ARITHMETIC, contains, equal, pay_for_search
from policy_dsl.values import Scope


def steps_left(scope: Scope) -> int:
    return MAX_STEPS - scope.steps


def price(function: object, *arguments: object) -> int:
    scope = Scope({})
    assert callable(function)
    function(scope, *arguments)
    return steps_left(scope)


def price_of(source: str, **names: object) -> int:
    scope = Scope(names)
    build(parse(source))(scope)
    return steps_left(scope)


@pytest.mark.parametrize(
    ("left", "right", "steps"),
    [
        (1, 2, 0),
        ("x" * 32, "x" * 32, 0),
        ("x" * 64, "x" * 64, 2),
        ("x" * 64, "x" * 65, 0),
        ([], [], 0),
        ([1, 2, 3], [1, 2, 3], 6),
        ([1, 2, 3], [9, 2, 3], 2),
        ([1, 2], [1, 2, 3], 0),
        ({"a": 1, "b": 2}, {"a": 1, "b": 2}, 4),
        ({"a": [1]}, {"a": [1]}, 4),
        ({"a": 1}, {"a": 1, "b": 2}, 0),
        (Decimal(1), 1, 3),
        (1, Decimal(1), 3),
        ([Decimal(1), 2], [1, 2], 7),
    ],
)
def test_comparing_data_is_paid_by_the_item(left: object, right: object, steps: int) -> None:
    assert price(equal, left, right) == steps


@pytest.mark.parametrize(("item", "steps"), [(1, 2), (3, 6), (9, 6)])
def test_looking_in_a_list_is_paid_by_the_item_looked_at(item: int, steps: int) -> None:
    assert price(contains, item, [1, 2, 3]) == steps


@pytest.mark.parametrize(("item", "found"), [(3, True), (9, False), ("3", False)])
def test_looking_in_a_list_finds_it_or_not_and_nothing_between(item: object, found: bool) -> None:
    assert contains(Scope({}), item, [1, 2, 3]) is found


@pytest.mark.parametrize(
    ("needle", "text", "steps"),
    [
        (4, 128, 4),  # reading the text; the product is no more than one step
        (4, 129, 4 + 1),
        (64, 128, 4 + 2 + 16),
        (200, 2_499, 78 + 6 + 976),
        (200, 2_500, 78 + 6 + 488),
        (50, 2_500, 78 + 1 + 244),
    ],
)
def test_a_search_is_paid_by_what_it_may_take(needle: int, text: int, steps: int) -> None:
    assert price(pay_for_search, "n" * needle, "t" * text) == steps


@pytest.mark.parametrize(("left", "right", "steps"), [(64, 0, 2), (0, 96, 3), (64, 96, 5)])
def test_joining_texts_is_paid_by_both(left: int, right: int, steps: int) -> None:
    assert price(ARITHMETIC["+"], "a" * left, "b" * right) == steps


@pytest.mark.parametrize(
    ("source", "steps"), [("sum(list)", 9), ("max(list)", 9), ("min(list)", 9), ("max(1, 2)", 6)]
)
def test_numbers_are_paid_by_the_item(source: str, steps: int) -> None:
    assert price_of(source, list=[1, 2, 3]) == steps


@pytest.mark.parametrize(
    ("source", "text", "made"),
    [
        ("text.lower()", "A" * 32, None),
        ("text.lower()", "A" * 33, "a" * 33),
        ("text.upper()", "ß" * 33, "S" * 66),
        ("text.strip()", " " * 40, ""),
        ("text + 'b'", "a", "ab"),
    ],
)
def test_a_text_that_is_made_is_paid_for_by_its_size(
    source: str, text: str, made: str | None
) -> None:
    scope = Scope({"text": text})
    build(parse(source))(scope)
    assert MAX_MADE - scope.memory == (0 if made is None else getsizeof(made))


def test_the_words_of_a_text_are_paid_for_one_by_one() -> None:
    scope = Scope({"text": "a bc"})
    assert build(parse("text.split()"))(scope) == ["a", "bc"]
    assert MAX_MADE - scope.memory == getsizeof("a") + getsizeof("bc")


def test_a_text_made_may_take_all_the_memory_there_is_and_no_more() -> None:
    scope = Scope({})
    scope.memory = getsizeof("abc")
    scope.keep("abc")
    with pytest.raises(Stopped, match="bytes of text"):
        scope.keep("")


def test_the_longest_text_beyond_ascii_is_rewritten_and_no_longer_one() -> None:
    Scope({}).rewrite("é" * MAX_WIDE_TEXT)
    Scope({}).rewrite("e" * MAX_TEXT)
    with pytest.raises(Stopped, match="beyond ASCII"):
        Scope({}).rewrite("é" * (MAX_WIDE_TEXT + 1))


@pytest.mark.parametrize("source", ["text.lower()", "text.split()"])
def test_a_text_too_long_to_rewrite_fails(source: str) -> None:
    found = compile_expression(source).evaluate({"text": "é" * (MAX_WIDE_TEXT + 1)})
    assert found == Failure("a text beyond ASCII has more than 30,000 characters")


def test_the_longest_text_can_be_joined_and_no_longer_one() -> None:
    half = "x" * (MAX_TEXT // 2)
    assert len(str(ARITHMETIC["+"](Scope({}), half, half))) == MAX_TEXT
    with pytest.raises(Stopped, match="characters"):
        ARITHMETIC["+"](Scope({}), half, half + "x")


@pytest.mark.parametrize(
    ("condition", "cost"), [("it", 2), ("it > 0", 4), ("it > 0 and it < 9", 8)]
)
def test_a_quantifier_pays_for_its_condition_once_an_item(condition: str, cost: int) -> None:
    assert price_of(f"every(list, '{condition}')", list=[]) == 0
    items: list[object] = [True] * 3 if condition == "it" else [1] * 3
    assert price_of(f"every(list, '{condition}')", list=items) == 3 * cost


def nested(kind: str, depth: int) -> object:
    value: object = 1
    for _ in range(depth):
        value = [value] if kind == "list" else {"k": value}
    return value


@pytest.mark.parametrize("kind", ["list", "map"])
def test_data_is_compared_as_deep_as_allowed_and_no_deeper(kind: str) -> None:
    compare = compile_expression("a == b")
    # A number at the bottom is compared without counting as a level.
    deepest = nested(kind, MAX_DATA_DEPTH + 1)
    assert compare.evaluate({"a": deepest, "b": nested(kind, MAX_DATA_DEPTH + 1)}) is True
    deeper = {name: nested(kind, MAX_DATA_DEPTH + 2) for name in ("a", "b")}
    assert compare.evaluate(deeper) == Failure("data is compared 30 levels deep at most")


def test_the_first_and_the_last_item_are_found_from_the_end_and_nothing_before() -> None:
    data = {"list": ["a", "b", "c"]}
    found = [compile_expression(f"is_unknown(list[{n}])").evaluate(data) for n in (-4, -3, -1)]
    assert found == [True, False, False]
    assert compile_expression("list[-3]").evaluate(data) == "a"


def test_a_field_holds_plain_data_or_nothing_is_done_with_it() -> None:
    data = {"map": {"money": Decimal("0.10"), "odd": {1, 2}, "tuple": (1,)}}
    money = compile_expression("map.money").evaluate(data)
    assert (money, type(money)) == (0.1, float)
    for name in ("odd", "tuple"):
        assert isinstance(compile_expression(f"map.{name}").evaluate(data), Failure)
