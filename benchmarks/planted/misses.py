"""Says what went wrong where, with the seed of the world, for whoever wants to do better."""

from collections.abc import Iterator, Sequence

from benchmarks.planted.reading import Judged, Reading


def list_misses(readings: Sequence[Reading]) -> Iterator[str]:
    """Go through everything that was missed, fallen for, harmful or outside its interval."""
    for reading in readings:
        where = f"world {reading.seed}, {reading.runs} runs"
        for cured in reading.cured:
            if not cured.found:
                yield f"{where}: missed {cured.kind} (${cured.true_net:,.0f} a month)"
        for trap in reading.fell_for:
            yield f"{where}: fell for {trap}"
        for one in reading.judged:
            for fault in _find_faults(one):
                yield f"{where}: {fault}: {one.title} ({one.kind}, {_compare(one)})"


def _find_faults(one: Judged) -> Iterator[str]:
    if one.harms:
        yield "harm"
    elif not one.is_worthwhile:
        yield "doesn't pay"
    if one.is_exact is False:
        yield f"not the best way to take {one.takes}"
    if one.holds is False:
        yield "outside its interval"


def _compare(one: Judged) -> str:
    figures = (one.predicted, one.low, one.high, one.true_net, one.realised)
    said, low, high, true, real = ("–" if f is None else f"{f:,.0f}" for f in figures)
    return f"predicted {said} [{low} … {high}], truly {true}, realised {real} USD a month"
