"""What was refused once isn't proposed again under another name, or bolder."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meta_agent import (
    Memory,
    MemoryReason,
    fingerprint,
    is_blocked,
    list_refused,
    remember_effect,
)
from prompt_guard.refused import REASONS
from workflow import (
    ABSENT,
    Added,
    Changed,
    GraphChange,
    Moved,
    Removed,
    Renamed,
    SemanticClass,
    Subject,
    Value,
)

_NOW = datetime(2026, 1, 5, tzinfo=UTC)
_PATH = "flows/triage.flow.yaml"


def _change(
    before: Value, after: Value, *, step: str = "lookup", field: str = "timeout_s", index: int = 0
) -> Changed:
    return Changed(
        subject=Subject("step", step),
        semantic=SemanticClass.RELIABILITY,
        pointer=f"/steps/{index}/config/{field}",
        yaml_path=f"steps[{index}].config.{field}",
        line=index,
        field=("config", field),
        before=before,
        after=after,
    )


def _remember(*changes: GraphChange) -> list[Memory]:
    return [Memory(fingerprint(_PATH, changes), MemoryReason.REJECTED, _NOW + timedelta(days=90))]


def _is_blocked(memory: list[Memory], *changes: GraphChange) -> bool:
    return is_blocked([fingerprint(_PATH, changes)], memory, _NOW)


def test_the_same_effect_is_blocked_wherever_the_step_has_moved_to() -> None:
    assert _is_blocked(_remember(_change(60, 10)), _change(60, 10, index=4))


def test_a_larger_step_in_the_same_direction_is_blocked_and_a_smaller_one_isnt() -> None:
    memory = _remember(_change(60, 20))
    assert _is_blocked(memory, _change(60, 5))
    assert not _is_blocked(memory, _change(60, 45))


def test_the_other_direction_another_step_and_another_field_are_free() -> None:
    memory = _remember(_change(60, 20))
    assert not _is_blocked(memory, _change(60, 180))
    assert not _is_blocked(memory, _change(60, 20, step="draft"))
    assert not _is_blocked(memory, _change(60, 20, field="backoff_s"))
    other = fingerprint("other.yaml", [_change(60, 20)])
    assert not is_blocked([other], memory, _NOW)


def test_a_refused_effect_wrapped_in_a_bigger_patch_is_still_blocked() -> None:
    memory = _remember(_change(60, 20))
    assert _is_blocked(memory, _change(1, 2, step="draft"), _change(60, 20))


def test_refusing_a_bundle_doesnt_block_its_parts() -> None:
    bundle = (_change(60, 20), _change(1, 3, step="draft", field="max_retries"))
    assert not _is_blocked(_remember(*bundle), bundle[0])


def test_a_new_knob_is_blocked_at_its_value_and_beyond() -> None:
    memory = _remember(_change(ABSENT, 2, field="max_retries"))
    assert _is_blocked(memory, _change(ABSENT, 2, field="max_retries"))
    assert _is_blocked(memory, _change(ABSENT, 5, field="max_retries"))


def test_a_swap_to_one_model_leaves_the_others_free() -> None:
    memory = _remember(_change("large", "small", field="model"))
    assert _is_blocked(memory, _change("large", "small", field="model"))
    assert not _is_blocked(memory, _change("large", "medium", field="model"))


def test_memory_ends() -> None:
    [entry] = _remember(_change(60, 20))
    mine = [fingerprint(_PATH, [_change(60, 20)])]
    assert not is_blocked(mine, [entry], entry.until)
    assert is_blocked(mine, [entry], entry.until - timedelta(seconds=1))


@pytest.mark.parametrize(
    "change",
    [
        Added(
            subject=Subject("step", "check"),
            semantic=SemanticClass.GUARD,
            pointer="/steps/1",
            yaml_path="steps[1]",
            line=3,
            value={"name": "check"},
        ),
        Removed(
            subject=Subject("step", "check"),
            semantic=SemanticClass.GUARD,
            pointer="/steps/1",
            yaml_path="steps[1]",
            line=3,
            value={},
        ),
        Moved(
            subject=Subject("step", "check"),
            semantic=SemanticClass.BEHAVIOUR,
            pointer="/steps/1",
            yaml_path="steps[1]",
            line=3,
            before_yaml_path="steps[0]",
            before_id="check",
        ),
        Renamed(
            subject=Subject("step", "check"),
            semantic=SemanticClass.BEHAVIOUR,
            pointer="/steps/1",
            yaml_path="steps[1]",
            line=3,
            before_id="test",
        ),
    ],
)
def test_changes_of_structure_have_effects_too(change: GraphChange) -> None:
    assert _is_blocked(_remember(change), change)
    assert not _is_blocked(_remember(change), _change(1, 2))


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=4))
@settings(deadline=None, max_examples=50)
def test_the_order_of_changes_doesnt_matter(values: list[tuple[int, int]]) -> None:
    changes = [_change(before, after, step=f"s{i}") for i, (before, after) in enumerate(values)]
    assert fingerprint(_PATH, changes) == fingerprint(_PATH, reversed(changes))


@given(st.floats(0.5, 100), st.floats(1.01, 50), st.floats(1, 10))
@settings(deadline=None, max_examples=50)
def test_going_further_the_same_way_is_always_blocked(
    start: float, factor: float, further: float
) -> None:
    memory = _remember(_change(start, start * factor))
    assert _is_blocked(memory, _change(start, start * factor * further))


@pytest.mark.parametrize("reason", MemoryReason)
def test_every_reason_has_an_end(reason: MemoryReason) -> None:
    entry = remember_effect("[]", reason, _NOW)
    assert _NOW + timedelta(days=30) <= entry.until <= _NOW + timedelta(days=365)


def test_a_person_may_name_another_end() -> None:
    until = _NOW + timedelta(days=7)
    assert remember_effect("[]", MemoryReason.NOT_NOW, _NOW, until=until).until == until


def test_what_was_refused_is_told_by_field_direction_and_reason() -> None:
    effect = fingerprint(_PATH, [_change(20, 60)])
    memory = [remember_effect(effect, MemoryReason.TOO_RISKY, _NOW)]
    (told,) = list_refused(_PATH, memory, _NOW)
    assert (told.direction, told.doublings, told.reason) == ("up", 2, "too risky")
    assert list_refused("other.yaml", memory, _NOW) == ()
    assert list_refused(_PATH, memory, _NOW + timedelta(days=400)) == ()


def test_every_reason_is_one_the_airlock_knows() -> None:
    assert {reason.value for reason in MemoryReason} == REASONS
