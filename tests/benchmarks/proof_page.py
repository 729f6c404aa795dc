"""Brings the figures in `docs/explanation/what-can-go-wrong.md` up to date, section by section.

`python -m tests.benchmarks.proof_page [SECTION] [SIZE]` runs what a section tells of and writes what came of it between
the section's marks; the words around them are written by hand.
"""

import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from random import Random

from benchmarks.adversarial.back_doors import BACK_DOORS, ROOT, is_noticed
from benchmarks.adversarial.bench import run_attacks, run_legitimate
from benchmarks.adversarial.bench import write_report as tell_gate
from benchmarks.adversarial.climb import climb
from benchmarks.adversarial.pipeline_bench import run_bench
from benchmarks.adversarial.pipeline_bench import write_report as tell_pipeline
from tests.benchmarks.races import count_calls, draw_schedules, list_single, make_template, play

PAGE = ROOT / "docs/explanation/what-can-go-wrong.md"
_SEED = 20260301
_LEGITIMATE = 500


def tell_of_gate(cases: int) -> Iterator[str]:
    """So many attacks of each class through guard and gate, and five times as many steps of the climbing attacker."""
    yield from tell_gate(
        run_attacks(cases, seed=_SEED), run_legitimate(max(_LEGITIMATE, cases // 4), seed=_SEED)
    )
    climbed = climb(cases * 5, seed=_SEED)
    yield ""
    yield f"The climbing attacker tried {climbed.evaluations:,} patches; {len(climbed.won)} won."


def tell_of_pipeline(attacks: int) -> Iterator[str]:
    """So many attacks over all classes through the pipeline, and a quarter as many legitimate patches."""
    yield from tell_pipeline(run_bench(attacks, attacks // 4, seed=_SEED))


def tell_of_doors(_: int) -> Iterator[str]:
    """Every back door once."""
    yield "| back door | planted in | noticed |"
    yield "|---|---|---|"
    for door in BACK_DOORS:
        yield f"| {door.name} | `{door.path}` | {'yes' if is_noticed(door) else 'NO'} |"


def tell_of_kills(rounds: int) -> Iterator[str]:
    """So many rounds of kills at every point."""
    command = [sys.executable, "-m", "benchmarks.adversarial.killed", str(rounds)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    ended = ", ".join(f"{name}: {count:,}" for name, count in sorted(found["ended"].items()))
    yield f"{found['kills']:,} kills. On the branch right after the kill → after recovery: {ended}."
    yield f"Neither old nor new, or not explained by the journal: {len(found['wrong'])}."


def tell_of_races(drawn: int) -> Iterator[str]:
    """Every event before every call of the driver, and so many schedules of two to six events."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        template = make_template(folder)
        calls = count_calls(folder, template)
        schedules = [*list_single(calls), *draw_schedules(Random(_SEED), calls, drawn)]
        ended = [play(schedule, folder, template) for schedule in schedules]
    merged, wrong = sum(one.is_merged for one in ended), sum(bool(one.wrong) for one in ended)
    gap = Counter(why for one in ended for why in set(one.in_gap))
    yield f"{len(ended):,} schedules, {merged:,} of them ended in a merge, {wrong} wrongly."
    yield ""
    yield "Between the driver's last look and the merge it happened that:"
    yield from (f"- {why}: {count:,} schedules" for why, count in sorted(gap.items()))


SECTIONS: Mapping[str, tuple[Callable[[int], Iterator[str]], int]] = {
    "gate": (tell_of_gate, 4_200),
    "pipeline": (tell_of_pipeline, 2_000),
    "doors": (tell_of_doors, 0),
    "kills": (tell_of_kills, 20),
    "races": (tell_of_races, 1_000),
}
"""The sections with figures, and how large each is when nobody says otherwise."""


def replace_section(page: str, name: str, body: str) -> str:
    """Return the page with another body between a section's marks."""
    start, end = f"<!-- generated: {name} -->\n", f"<!-- /generated: {name} -->"
    head, _, rest = page.partition(start)
    return f"{head}{start}{body}\n{end}{rest.partition(end)[2]}"


def main() -> None:
    """Run one section, or all of them."""
    chosen = sys.argv[1:2] or list(SECTIONS)
    for name in chosen:
        tell, size = SECTIONS[name]
        body = "\n".join(tell(int(sys.argv[2]) if len(sys.argv) > 2 else size))
        page = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(replace_section(page, name, body), encoding="utf-8")


if __name__ == "__main__":
    main()
