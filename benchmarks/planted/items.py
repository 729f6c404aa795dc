"""What comes in: items of very different size, some of them many times."""

import math

from pydantic import JsonValue

from benchmarks.planted.chance import Chance, key_of

_TOPICS = 400
_LARGEST = 12.0


def make_item(seed: int, run: int) -> dict[str, JsonValue]:
    """Return the input of a run; `size` has mean ≈ 1.2 and a heavy tail, `topics` repeat within the run."""
    chance = Chance(key_of(seed, "item", run))
    size = min(_LARGEST, 0.8 * math.exp(0.7 * chance.normal(0)) + _burst(chance))
    count = 5 + int(chance.uniform(3) * 6)
    few = [f"topic {int(chance.uniform(4 + n) ** 2 * _TOPICS)}" for n in range(3)]
    topics: list[JsonValue] = [few[int(chance.uniform(10 + n) * len(few))] for n in range(count)]
    parts: list[JsonValue] = [f"part {run}/{n}" for n in range(2 + int(size) % 3)]
    return {
        "id": f"item-{run}",
        "size": round(size, 3),
        "topic": few[0],
        "topics": topics,
        "parts": parts,
    }


def _burst(chance: Chance) -> float:
    return chance.uniform(1) ** -0.5 - 1 if chance.uniform(2) < 0.04 else 0.0
