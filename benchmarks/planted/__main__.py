"""Measures how good the proposals are, in worlds of known truth.

Run with `python -m benchmarks.planted [--runs 30,100,…] [--worlds N] [--seed S] [--report] [--misses]`.
"""

import argparse
import signal
import sys
from pathlib import Path
from time import perf_counter

from benchmarks.planted.judge import PRODUCT
from benchmarks.planted.misses import list_misses
from benchmarks.planted.report import PAGE, write_page
from benchmarks.planted.scale import measure_scale
from benchmarks.planted.survey import Plan, survey

_RUNS = "30,100,300,1000,3000"


def main() -> None:
    """Print the page, or write it with `--report`; progress goes to standard error."""
    options = _parse()
    # Asked to end it unwinds, so that the processes that judge end too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    counts = tuple(sorted(int(count) for count in options.runs.split(",")))
    plan = Plan(options.seed, options.worlds, counts, options.null_worlds)
    started = perf_counter()
    found = survey(plan, report=lambda line: print(line, file=sys.stderr, flush=True))
    page = write_page(found, measure_scale())
    if options.report:
        (Path(__file__).parents[2] / PAGE).write_text(page, encoding="utf-8")
    else:
        print(page)
    if options.misses:
        for line in list_misses([one for one in found.readings if one.way == PRODUCT]):
            print(line)
    print(f"{perf_counter() - started:.0f} s", file=sys.stderr)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.planted")
    parser.add_argument("--runs", default=_RUNS, help="numbers of runs shown, with commas")
    parser.add_argument("--worlds", type=int, default=24, help="how many worlds are judged")
    parser.add_argument("--null-worlds", type=int, default=40, help="how many for A/A and no-ops")
    parser.add_argument("--seed", type=int, default=0, help="seed of the first world")
    parser.add_argument("--report", action="store_true", help=f"write {PAGE}")
    parser.add_argument("--misses", action="store_true", help="also list what went wrong where")
    return parser.parse_args()


if __name__ == "__main__":
    main()
