"""Steps through a replayed run, forward and back: what a typed word does, and what there is to see then."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from app.cli.replayed import name_of, tell_changes, tell_moment, tell_state
from app.errors import BadInputError
from app.use_cases.replay_run import Tour, parse_stop
from workflow import Moment, StateChange

HELP = "n (or Enter): next · b: back · g STEP[#n] or g NUMBER: go to · d: whole state · q: quit"


@dataclass(frozen=True, slots=True)
class Position:
    """After the moment of that number, 0 before the first; `lines` are to be shown."""

    number: int
    lines: tuple[str, ...] = ()
    is_over: bool = False


def take_word(tour: Tour, position: Position, word: str) -> Position:
    """Return where a word leads; one that means nothing leads nowhere and shows the words there are."""
    verb, _, rest = word.strip().partition(" ")
    match verb:
        case "" | "n" | "next":
            return _go_on(tour, position)
        case "b" | "back":
            return _go_back(tour, position)
        case "g" | "go":
            return _go_to(tour, position, rest.strip())
        case "d" | "state":
            return replace(position, lines=tuple(tell_state(tour, position.number)))
        case "q" | "quit":
            return replace(position, lines=(), is_over=True)
    return replace(position, lines=(HELP,))


def step_through(tour: Tour, *, ask: Callable[[str], str], tell: Callable[[str], None]) -> None:
    """Let somebody step through until they quit, or there is nobody to ask any more."""
    start = 0 if tour.stop is None else tour.last
    position = Position(start, (HELP, *_show(tour, start)))
    while not position.is_over:
        for line in position.lines:
            tell(line)
        try:
            word = ask(f"{position.number}/{len(tour.retraced.moments)}> ")
        except EOFError:
            return
        position = take_word(tour, position, word)


def _go_on(tour: Tour, position: Position) -> Position:
    if position.number == len(tour.retraced.moments):
        return replace(position, lines=("the run ended here",))
    return _arrive(tour, position.number + 1)


def _go_back(tour: Tour, position: Position) -> Position:
    if position.number == 0:
        return replace(position, lines=("the run begins here",))
    left = tour.retraced.moments[position.number - 1]
    return Position(position.number - 1, tuple(_tell_undone(left)))


def _go_to(tour: Tour, position: Position, goal: str) -> Position:
    moments = tour.retraced.moments
    if goal.isdecimal() and int(goal) <= len(moments):
        return _arrive(tour, int(goal))
    try:
        stop = parse_stop(goal, {moment.step_id for moment in moments})
    except BadInputError:
        return replace(position, lines=(f"this run has no {goal!r}",))
    found = tour.retraced.find(stop.step_id, stop.execution)
    if found is None:
        return replace(position, lines=(f"this run has no {str(stop)!r}",))
    return _arrive(tour, found.number)


def _arrive(tour: Tour, number: int) -> Position:
    return Position(number, _show(tour, number))


def _show(tour: Tour, number: int) -> tuple[str, ...]:
    return tuple(tell_moment(tour.retraced.moments[number - 1])) if number else ()


def _tell_undone(left: Moment) -> list[str]:
    undone = [
        StateChange(change.path, before=change.after, after=change.before)
        for change in reversed(left.changes)
    ]
    return [f"{left.number - 1:>3}  before {name_of(left)}", *tell_changes(tuple(undone))]
