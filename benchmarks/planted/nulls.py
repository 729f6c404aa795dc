"""What must not look like an effect: the base against itself, and patches that change nothing that matters.

A patch of nothing is written so that the truth is known without asking: a retry for a step that never fails, one more
for a step whose failures are for good, a timeout nothing ever reaches, a sentence for people.
"""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass

from app.adapters.price_list import reprice
from app.settings import parse_settings
from app.use_cases.choose_suggesting import choose_suggesting
from app.use_cases.grounds import Grounds, prepare_grounds
from app.use_cases.weigh_candidate import weigh_version
from benchmarks.planted.behaviour import Behaviour
from benchmarks.planted.planting import Document, set_config, set_key, settings_of, walk_steps
from benchmarks.planted.proposing import write_settings
from benchmarks.planted.simulate import show
from benchmarks.planted.world import World, make_world
from meta_agent import Evidence, Verdict, judge_together

_UNREACHED_S = 86_000
_A_A = "A/A"


@dataclass(frozen=True, slots=True)
class NullReading:
    """A change of nothing: what it was, and the verdict on it."""

    seed: int
    kind: str
    verdict: str

    @property
    def is_a_a(self) -> bool:
        """Whether the version was compared with itself."""
        return self.kind == _A_A

    @property
    def is_better(self) -> bool:
        """Whether nothing was called an improvement."""
        return self.verdict == Verdict.BETTER

    @property
    def flips(self) -> bool:
        """Whether nothing was called a change for better or worse."""
        return self.verdict in (Verdict.BETTER, Verdict.WORSE)


def read_nulls(seed: int, runs: int) -> list[NullReading]:
    """Weigh the world's workflow against itself, and each patch of nothing against it, as one family of claims."""
    world = make_world(seed)
    shown = show(world, runs, recorded=runs)
    settings = choose_suggesting(parse_settings(write_settings(world)))
    grounds = prepare_grounds(world.workflow, shown.runs, shown.recordings, settings, reprice)
    changes = [(_A_A, world.document), *_list_nulls(world)]
    evidence = [_weigh(world, grounds, document) for _, document in changes]
    judged = judge_together(evidence, settings.evidence)
    return [
        NullReading(seed, kind, found.verdict.value)
        for (kind, _), found in zip(changes, judged, strict=True)
    ]


def _weigh(world: World, grounds: Grounds, document: Document) -> Evidence:
    return weigh_version(grounds, world.parse(document))[0]


def _list_nulls(world: World) -> Iterator[tuple[str, Document]]:
    """Go through at most one of each sort."""
    seen: set[str] = set()
    for step in walk_steps(world.document):
        behaviour = world.cast.behaviours.get(str(step["name"]))
        if behaviour is None:
            continue
        for kind in _sorts_of(behaviour, step.get("validators") is not None):
            if kind not in seen:
                seen.add(kind)
                yield kind, _patch(world, kind, str(step["name"]))


def _sorts_of(behaviour: Behaviour, is_judged: bool) -> Iterator[str]:
    yield "a sentence"
    if not behaviour.latency.hang:
        yield "an unreached timeout"
    if behaviour.poisoned:
        yield "a retry in vain"
    elif not (behaviour.flaky or behaviour.broken or is_judged):
        yield "a retry of what never fails"


def _patch(world: World, kind: str, name: str) -> Document:
    document = deepcopy(world.document)
    step = next(step for step in walk_steps(document) if step["name"] == name)
    retries = settings_of(step, "config").get("max_retries")
    match kind:
        case "a sentence":
            set_key(name, "description", "Says the same in other words.")(document)
        case "an unreached timeout":
            set_config(name, timeout_s=_UNREACHED_S)(document)
        case _:
            set_config(name, max_retries=(retries if isinstance(retries, int) else 0) + 1)(document)
    return document
