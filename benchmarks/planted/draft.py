"""A world while it is being made: steps, agents and behaviours, added block by block."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

import orjson
from pydantic import JsonValue

from benchmarks.planted.behaviour import Behaviour, Judge, Tokens
from benchmarks.planted.latency import Latency, Shape
from benchmarks.planted.models import LARGE, MIDDLE, SMALL, Model
from workflow import SideEffects

Step = dict[str, JsonValue]
PRIOR = "{{ previous_step }}"
_PROVIDERS = ("acme", "borealis", "house")
_VERBS = ("read", "sort", "weigh", "write", "check", "match", "split", "name", "price", "route")
_NOUNS = ("order", "note", "claim", "reply", "entry", "clause", "ticket", "photo", "offer", "case")


@dataclass
class Draft:
    """What has been made so far; every name is given once, so that a step is known wherever a patch moves it."""

    random: Random
    agents: dict[str, JsonValue] = field(default_factory=dict)
    behaviours: dict[str, Behaviour] = field(default_factory=dict)
    judges: dict[str, Judge] = field(default_factory=dict)
    side_effects: dict[str, SideEffects] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)

    def name(self) -> str:
        """Return a name nobody has."""
        random = self.random
        name = f"{random.choice(_VERBS)}_{random.choice(_NOUNS)}"
        while name in self.names:
            name = f"{random.choice(_VERBS)}_{random.choice(_NOUNS)}_{random.randrange(100)}"
        self.names.add(name)
        return name

    def agent_step(
        self,
        behaviour: Behaviour,
        *,
        model: Model = SMALL,
        config: Mapping[str, JsonValue] | None = None,
        data: JsonValue = PRIOR,
    ) -> Step:
        """Add a step that asks an agent of its own."""
        name = self.name()
        self.agents[name] = {"model": model.name, "system_prompt": f"Do this: {name}."}
        self.behaviours[name] = behaviour
        return self._step(name, f"agents.{name}", config, data)

    def skill_step(
        self,
        behaviour: Behaviour,
        *,
        effects: SideEffects = SideEffects.IDEMPOTENT,
        config: Mapping[str, JsonValue] | None = None,
        data: JsonValue = PRIOR,
    ) -> Step:
        """Add a step that calls a skill of its own."""
        name = self.name()
        self.side_effects[f"skills:{name}"] = effects
        self.behaviours[name] = behaviour
        return self._step(name, f"skills:{name}", config, data)

    def judge(self, judge: Judge) -> str:
        """Add a validator and return its reference."""
        reference = f"skills:{self.name()}"
        self.judges[reference] = judge
        self.side_effects[reference] = SideEffects.PURE
        return reference

    def latency(self, low_s: float = 0.3, high_s: float = 4.0, *, tail: bool = True) -> Latency:
        """Return how long an ordinary call takes."""
        random = self.random
        return Latency(
            shape=random.choice(list(Shape)),
            median_s=round(low_s * (high_s / low_s) ** random.random(), 3),
            spread=random.uniform(0.2, 0.6),
            tail_share=random.choice((0.0, 0.01, 0.03)) if tail else 0.0,
            tail_index=random.uniform(2.2, 4.0),
        )

    def tokens(self, low: int = 40, high: int = 500) -> Tokens:
        """Return how many tokens an ordinary call takes."""
        random = self.random
        return Tokens(
            input_base=random.randrange(150, 1_500),
            input_per_size=random.uniform(0, 400),
            output_median=low * (high / low) ** random.random(),
            output_sigma=random.uniform(0.2, 0.6),
        )

    def provider(self) -> str:
        """Return who answers; steps of one provider share its incidents."""
        return self.random.choice(_PROVIDERS)

    def flaws(self, small: float, middle: float, large: float) -> dict[str, float]:
        """Return how often each model is wrong."""
        return {SMALL.name: small, MIDDLE.name: middle, LARGE.name: large}

    def _step(
        self, name: str, uses: str, config: Mapping[str, JsonValue] | None, data: JsonValue
    ) -> Step:
        step: Step = {
            "name": name,
            "description": f"Answers for {name.replace('_', ' ')}.",
            "uses": uses,
            "input": {"id": "{{ context.id }}", "prior": data},
        }
        if config:
            step["config"] = dict(config)
        return step


def name_of(step: Step) -> str:
    """Return a step's name."""
    return str(step["name"])


def wrap(draft: Draft, kind: str, rest: Mapping[str, object]) -> Step:
    """Return a container with a name of its own; the steps in it are copied."""
    name = draft.name()
    copied: Step = orjson.loads(orjson.dumps(rest))
    return {"name": name, "description": f"Holds {name.replace('_', ' ')}.", "kind": kind, **copied}
