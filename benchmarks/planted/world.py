"""A world: a workflow with known truth, what is planted in it, and what its owner told the product."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from random import Random

import yaml

from benchmarks.planted.behaviour import Behaviour
from benchmarks.planted.cast import Cast
from benchmarks.planted.draft import PRIOR, Draft, Step, name_of, wrap
from benchmarks.planted.fillers import FILLERS
from benchmarks.planted.models import ALLOWED
from benchmarks.planted.planting import Block, Document, Plant, walk_steps
from benchmarks.planted.plants import PLANTERS, TRAPPERS
from benchmarks.planted.weather import Weather
from meta_agent import RoiSettings
from workflow import SideEffects, Workflow, parse_workflow

SPEC_PATH = "world.flow.yaml"
_CONTROLS = 0.30
_MOST = 4
_SMALLEST, _LARGEST = 5, 40


@dataclass(frozen=True)
class World:
    """A generated workflow; `plants` holds inefficiencies and traps alike."""

    seed: int
    document: Document
    plants: tuple[Plant, ...]
    cast: Cast
    roi: RoiSettings
    allowed_models: tuple[str, ...] = ALLOWED

    @cached_property
    def workflow(self) -> Workflow:
        """The version that runs."""
        return self.parse(self.document)

    @property
    def is_control(self) -> bool:
        """Whether nothing is worth improving."""
        return all(plant.is_trap for plant in self.plants)

    def parse(self, document: Document) -> Workflow:
        """Read a version of the document, with the skills beside it."""
        text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)
        return parse_workflow(text, path=SPEC_PATH, read=self._read)

    def _read(self, path: str) -> str:
        if path != "skills.py":
            raise FileNotFoundError(path)
        return _write_skills(self.cast)


def make_world(seed: int) -> World:
    """Make the world of that seed: three in ten are controls, the others hold one to four inefficiencies."""
    random = Random(seed)
    count = 0 if random.random() < _CONTROLS else random.randrange(1, _MOST + 1)
    traps = count or random.randrange(0, _MOST + 1)
    planted = random.sample(sorted(PLANTERS), count)
    return make_world_of(seed, planted, random.sample(sorted(TRAPPERS), traps))


def make_world_of(seed: int, planted: Sequence[str], trapped: Sequence[str]) -> World:
    """Make a world that holds these inefficiencies and these traps, by their kinds."""
    random = Random(f"world {seed}")
    draft = Draft(random)
    blocks = [PLANTERS[kind](draft) for kind in planted]
    blocks += [TRAPPERS[kind](draft) for kind in trapped]
    steps = _arrange(draft, blocks)
    document: Document = {
        "version": "0.1",
        "name": f"world-{seed}",
        "description": "A generated workflow.",
        "agents": draft.agents,
        "steps": list(steps),
    }
    cast = Cast(
        seed,
        Weather(seed, random.uniform(0.04, 0.12), random.uniform(3, 9)),
        draft.behaviours,
        draft.judges,
        draft.side_effects,
    )
    plants = tuple(block.plant for block in blocks if block.plant)
    return World(seed, document, plants, cast, _prices(random))


def _arrange(draft: Draft, blocks: Sequence[Block]) -> list[Step]:
    """Put blocks and fillers in a random order, some inside a branch, and let a last step judge the outcome."""
    random = draft.random
    parts = [_place(draft, block) for block in blocks]
    wanted = max(_SMALLEST, round(_SMALLEST * (_LARGEST / _SMALLEST) ** random.random()))
    while len(draft.behaviours) < wanted - 1:
        parts.append(random.choice(FILLERS)(draft))
    random.shuffle(parts)
    _thread(parts)
    first = draft.skill_step(Behaviour(draft.latency(0.02, 0.2)), data="{{ context.topic }}")
    last = draft.skill_step(Behaviour(draft.latency(0.02, 0.2), minds=1.0))
    return [first, *(step for part in parts for step in part), last]


def _place(draft: Draft, block: Block) -> list[Step]:
    """Most blocks stand at the top level; some lie in the branch that most items take, or beside another."""
    lot, steps = draft.random.random(), list(block.steps)
    if lot < 0.75:
        return steps
    if lot < 0.9:
        sorter = draft.skill_step(Behaviour(draft.latency(0.05, 0.4), kinds=2))
        link(steps, name_of(sorter))
        other = draft.skill_step(Behaviour(draft.latency(0.05, 0.4)))
        rest = {
            "condition_expression": f"steps.{name_of(sorter)}.output.kind",
            "default_branch": "kind_1",
            "branches": {"kind_0": steps, "kind_1": [other]},
        }
        return [sorter, wrap(draft, "conditional", rest)]
    beside = draft.skill_step(Behaviour(draft.latency(0.05, 0.2)))
    branches = {"branches": {"long": steps, "short": [beside]}}
    reader = draft.skill_step(Behaviour(draft.latency(0.05, 0.3)))
    return [wrap(draft, "parallel", branches), reader]


def _thread(parts: Sequence[list[Step]]) -> None:
    """Let every part read what the one before it gave, where its own first step doesn't."""
    for before, part in pairwise(parts):
        link(part, name_of(before[-1]))


def link(steps: list[Step], before: str) -> None:
    """Let the last of these steps read the output of the step `before` them, if the first one doesn't read it."""
    last = steps[-1]
    given = last.get("input")
    if PRIOR not in str(_first_leaf(steps).get("input")) and isinstance(given, dict):
        last["input"] = {**given, "before": f"{{{{ steps.{before}.output }}}}"}


def _first_leaf(steps: list[Step]) -> Step:
    return next(step for step in walk_steps(list(steps)) if "uses" in step)


def _prices(random: Random) -> RoiSettings:
    return RoiSettings(
        value_per_success_usd=random.choice((0.2, 0.5, 1.0)),
        latency_usd_per_s=random.choice((0.0005, 0.001, 0.002)),
        runs_per_month=float(random.choice((10_000, 20_000, 40_000))),
    )


def _write_skills(cast: Cast) -> str:
    """Return the source beside the spec: what its skills declare is all that can be read of them."""
    lines = ["from workflow import skill", ""]
    for reference, effects in cast.side_effects.items():
        declared = "" if effects is SideEffects.UNKNOWN else f'@skill(side_effects="{effects}")\n'
        lines.append(f"{declared}async def {reference.partition(':')[2]}(data): ...\n")
    return "\n".join(lines)
