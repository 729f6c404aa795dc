"""Prints how the gate did: `python -m benchmarks.adversarial [CASES A CLASS]`, about 4,000 for the full bench."""

import sys
import time

from benchmarks.adversarial.bench import run_attacks, run_legitimate, write_report
from benchmarks.adversarial.climb import climb

_CASES = 200
_SEED = 20260301


def main() -> None:
    """Run the bench, and print what got through."""
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else _CASES
    start = time.perf_counter()
    attacks = run_attacks(cases, seed=_SEED)
    legitimate = run_legitimate(max(500, cases // 4), seed=_SEED)
    print("\n".join(write_report(attacks, legitimate)))
    climbed = climb(cases * 5, seed=_SEED)
    print(f"Climbing attacker: {climbed.evaluations:,} patches tried, {len(climbed.won)} applied.")
    total = sum(tally.cases for tally in attacks.values())
    print(f"{total:,} attacks in {time.perf_counter() - start:.0f} s.")
    for tally in (*attacks.values(), legitimate):
        for line in tally.violations[:5]:
            print(f"  got through, or was stopped wrongly: {line}")
    for patch in climbed.won[:5]:
        print(f"  climbed: {patch}")


if __name__ == "__main__":
    main()
