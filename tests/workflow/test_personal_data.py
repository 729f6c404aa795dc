import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from workflow.governance.personal_data import MAX_CHARACTERS, PersonalData, find_personal_data


@pytest.mark.parametrize(
    ("output", "kinds"),
    [
        ("Write to ada@example-shop.com, please.", ["email"]),
        ("Mail: grace.hopper+navy@mail.example-shop.co.uk.", ["email"]),
        ("user@host and a@b and @home and x@@y.com", []),
        ("Call +49 30 901820 today", ["phone"]),
        ("Call +1 (415) 555-2671", ["phone"]),
        ("Call 030 901820", []),
        ("1 + 1 = 2, +5 points, C++", []),
        ("Card 4111 1111 1111 1111", ["card"]),
        ("Card 5500-0055-5555-5559 or 371449635398431", ["card"]),
        ("Card 4111 1111 1111 1112", []),
        ("0000 0000 0000 0000", []),
        ("9999999999999995", []),
        (4111111111111111, ["card"]),
        ("IBAN DE89 3704 0044 0532 0130 00 of the shop", ["iban"]),
        ("gb29nwbk60161331926819", ["iban"]),
        ("DE89 3704 0044 0532 0130 01", []),
        ("Order A-10482, paid 49.00 EUR on 2026-03-09 at 12:30", []),
        ({"deep": [{"mail": "x"}, "ada@example-shop.com", "+49 30 901820"]}, ["email", "phone"]),
        ({"ada@example-shop.com": 1}, ["email"]),
        (None, []),
        (True, []),
        (3.14, []),
    ],
)
def test_personal_data_is_told_from_what_looks_like_it(output: JsonValue, kinds: list[str]) -> None:
    assert [kind.value for kind in find_personal_data(output)] == kinds


def test_what_is_too_long_to_be_searched_is_not_called_clean() -> None:
    assert find_personal_data("x" * MAX_CHARACTERS) == ()
    assert find_personal_data("x" * (MAX_CHARACTERS + 1)) == (PersonalData.UNSCANNED,)
    late = "x" * MAX_CHARACTERS + " ada@example-shop.com"
    assert find_personal_data(late) == (PersonalData.UNSCANNED,)
    assert find_personal_data(["x" * 60_000, "y" * 60_000]) == (PersonalData.UNSCANNED,)


@pytest.mark.parametrize(
    "unit", ["1 ", "+1 (2", "a@", "a.", "4-", "DE89 ", "x@a.", "DE891", "+", "４", "1" * 30 + "x"]
)
def test_no_output_takes_long_to_search(unit: str) -> None:
    output = (unit * MAX_CHARACTERS)[:MAX_CHARACTERS]
    before = time.process_time()
    find_personal_data(output)
    assert time.process_time() - before < 10


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=10,
    )
)
@settings(deadline=None, max_examples=80)
def test_any_output_can_be_searched_and_where_data_lies_makes_no_difference(
    output: JsonValue,
) -> None:
    found = set(find_personal_data(output))
    hidden: JsonValue = {"a": [output, {"b": "ada@example-shop.com"}]}
    assert set(find_personal_data(hidden)) == found | {PersonalData.EMAIL}
    json.dumps(sorted(found))
