"""The life of an accepted proposal, as a table."""

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trust_tiers import (
    TERMINAL,
    TRANSITIONS,
    HoldReason,
    RolloutError,
    RolloutEvent,
    RolloutState,
    Standing,
    Transition,
    TrustTiersError,
    advance,
)

HELD = [Standing(RolloutState.HELD, hold) for hold in (None, *HoldReason)]
STANDINGS = [Standing(state) for state in RolloutState if state is not RolloutState.HELD] + HELD
PAIRS = list(itertools.product(STANDINGS, RolloutEvent))
ON_THE_BRANCH = {RolloutState.APPLIED, RolloutState.BAKING, RolloutState.PROMOTED}
"""States in which the change is in force, beside `HELD`."""


def _try(standing: Standing, event: RolloutEvent) -> Transition | RolloutError:
    try:
        return advance(standing.state, event, hold=standing.hold)
    except RolloutError as error:
        return error


@pytest.mark.parametrize(("standing", "event"), PAIRS)
def test_every_event_leads_somewhere_else_or_is_refused_by_name(
    standing: Standing, event: RolloutEvent
) -> None:
    match _try(standing, event):
        case Transition(state=after, reason=reason, hold=hold):
            assert Standing(after, hold) != standing
            assert (hold is not None) == (after is RolloutState.HELD)
            assert reason
        case RolloutError() as error:
            assert (error.state, error.event) == (standing.state, event)
            assert (
                str(error)
                == f"a {standing.state.value} rollout can't take the event {event.value!r}"
            )
            assert isinstance(error, TrustTiersError)


def _reachable_from(standing: Standing) -> set[Standing]:
    outcomes = [_try(standing, event) for event in RolloutEvent]
    return {
        Standing(found.state, found.hold) for found in outcomes if isinstance(found, Transition)
    }


def test_terminal_states_are_exactly_those_that_nothing_leaves() -> None:
    assert {one.state for one in STANDINGS if not _reachable_from(one)} == set(TERMINAL)


def test_every_state_and_hold_can_be_reached_from_proposed_and_every_event_is_used() -> None:
    reached = frontier = {Standing(RolloutState.PROPOSED)}
    while frontier:
        frontier = {after for one in frontier for after in _reachable_from(one)} - reached
        reached = reached | frontier
    assert reached == set(STANDINGS) - {Standing(RolloutState.HELD)}
    assert {event for _, event in TRANSITIONS} == set(RolloutEvent)


@pytest.mark.parametrize(
    "standing", [one for one in STANDINGS if one.state in ON_THE_BRANCH] + HELD
)
def test_whatever_was_applied_can_be_taken_back_by_a_person(standing: Standing) -> None:
    way = advance(standing.state, RolloutEvent.UNDO, hold=standing.hold)
    assert way.state is RolloutState.REVERTED


def test_missing_telemetry_holds_and_never_promotes() -> None:
    held = advance(RolloutState.BAKING, RolloutEvent.TELEMETRY_LOST)
    assert (held.state, held.hold) == (RolloutState.HELD, HoldReason.TELEMETRY)
    with pytest.raises(RolloutError):
        advance(held.state, RolloutEvent.BAKED, hold=held.hold)


@pytest.mark.parametrize("hold", [None, HoldReason.PERSON, HoldReason.CONFLICT])
@pytest.mark.parametrize("event", [RolloutEvent.TELEMETRY_BACK, RolloutEvent.BREACH])
def test_only_what_waits_for_telemetry_is_moved_by_telemetry(
    hold: HoldReason | None, event: RolloutEvent
) -> None:
    with pytest.raises(RolloutError):
        advance(RolloutState.HELD, event, hold=hold)
    assert advance(RolloutState.HELD, event, hold=HoldReason.TELEMETRY).state is not None


def test_a_hold_whose_reason_was_lost_allows_only_what_a_person_may_do() -> None:
    allowed = {event for one, event in TRANSITIONS if one == Standing(RolloutState.HELD)}
    assert allowed == {RolloutEvent.RESUME, RolloutEvent.UNDO}


def test_a_kept_reason_means_nothing_outside_of_a_hold() -> None:
    way = advance(RolloutState.BAKING, RolloutEvent.BAKED, hold=HoldReason.PERSON)
    assert way.state is RolloutState.PROMOTED


def _walk(events: list[RolloutEvent], start: Standing) -> Iterator[tuple[Standing, RolloutEvent]]:
    """Every step of a rollout to which these events are offered, one after another."""
    here = start
    for event in events:
        way = _try(here, event)
        if isinstance(way, Transition):
            here = Standing(way.state, way.hold)
            yield here, event


SEQUENCES = st.lists(st.sampled_from(RolloutEvent), max_size=30)


@given(SEQUENCES, st.sampled_from(STANDINGS))
@settings(deadline=None, max_examples=50)
def test_whatever_happens_a_terminal_state_is_the_last_one(
    events: list[RolloutEvent], start: Standing
) -> None:
    states = [one.state for one, _ in _walk(events, start)]
    assert not any(state in TERMINAL for state in states[:-1])


@given(SEQUENCES)
@settings(deadline=None, max_examples=50)
def test_a_rollout_is_reverted_once_at_most_and_only_after_it_was_applied(
    events: list[RolloutEvent],
) -> None:
    states = [one.state for one, _ in _walk(events, Standing(RolloutState.PROPOSED))]
    assert states.count(RolloutState.REVERTED) <= 1
    if RolloutState.REVERTED in states:
        assert RolloutState.APPLIED in states[: states.index(RolloutState.REVERTED)]


@given(SEQUENCES)
@settings(deadline=None, max_examples=50)
def test_nothing_is_promoted_without_having_passed_its_tests_and_baked(
    events: list[RolloutEvent],
) -> None:
    walked = list(_walk(events, Standing(RolloutState.PROPOSED)))
    states = [one.state for one, _ in walked]
    if RolloutState.PROMOTED in states:
        before = walked[: states.index(RolloutState.PROMOTED) + 1]
        happened = [event for _, event in before]
        assert happened[-1] is RolloutEvent.BAKED
        # A person may keep what could not be undone; otherwise the tests decide.
        assert {RolloutEvent.TESTS_PASSED, RolloutEvent.RESUME} & set(happened)


@given(SEQUENCES)
@settings(deadline=None, max_examples=50)
def test_what_is_dropped_was_never_on_the_branch(events: list[RolloutEvent]) -> None:
    states = [one.state for one, _ in _walk(events, Standing(RolloutState.PROPOSED))]
    if {RolloutState.ROLLED_BACK, RolloutState.EXPIRED} & set(states):
        assert not ON_THE_BRANCH & set(states)
