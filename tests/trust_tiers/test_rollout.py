"""The life of an accepted proposal, as a table."""

import itertools

import pytest

from trust_tiers import (
    TERMINAL,
    RolloutError,
    RolloutEvent,
    RolloutState,
    Transition,
    TrustTiersError,
    advance,
)

PAIRS = list(itertools.product(RolloutState, RolloutEvent))


def _try(state: RolloutState, event: RolloutEvent) -> Transition | RolloutError:
    try:
        return advance(state, event)
    except RolloutError as error:
        return error


@pytest.mark.parametrize(("state", "event"), PAIRS)
def test_every_event_leads_somewhere_or_is_refused_by_name(
    state: RolloutState, event: RolloutEvent
) -> None:
    match _try(state, event):
        case Transition(state=after, reason=reason):
            assert after is not state
            assert reason
        case RolloutError() as error:
            assert (error.state, error.event) == (state, event)
            assert state.value in str(error)
            assert isinstance(error, TrustTiersError)


def _reachable_from(state: RolloutState) -> set[RolloutState]:
    outcomes = [_try(state, event) for event in RolloutEvent]
    return {found.state for found in outcomes if isinstance(found, Transition)}


def test_terminal_states_are_exactly_those_that_nothing_leaves() -> None:
    assert {state for state in RolloutState if not _reachable_from(state)} == set(TERMINAL)


def test_every_state_can_be_reached_from_staged_and_every_event_is_used() -> None:
    reached, frontier = {RolloutState.STAGED}, {RolloutState.STAGED}
    while frontier:
        frontier = {after for state in frontier for after in _reachable_from(state)} - reached
        reached |= frontier
    assert reached == set(RolloutState)


@pytest.mark.parametrize(
    "state",
    [RolloutState.APPLIED, RolloutState.BAKING, RolloutState.HELD, RolloutState.PROMOTED],
)
def test_whatever_was_applied_can_be_taken_back_by_a_person(state: RolloutState) -> None:
    assert advance(state, RolloutEvent.UNDO).state is RolloutState.REVERTED


def test_missing_telemetry_holds_and_never_promotes() -> None:
    held = advance(RolloutState.BAKING, RolloutEvent.TELEMETRY_LOST)
    assert held.state is RolloutState.HELD
    with pytest.raises(RolloutError):
        advance(held.state, RolloutEvent.BAKED)
