"""What a patch changes, step by step, however it is written: the labels of plants and traps are compared with this."""

from dataclasses import dataclass

from pydantic import JsonValue

from benchmarks.planted.planting import Document, Mark, settings_of, walk_steps

_KNOBS = ("max_retries", "timeout_s", "max_tokens", "backoff_s")
_KEYS = ("validators", "fallback", "uses", "input", "description", "output_schema")


@dataclass(frozen=True, slots=True)
class Effect:
    """A field of a step before and after; None where it isn't set."""

    step: str
    field: str
    before: JsonValue
    after: JsonValue

    @property
    def upward(self) -> bool | None:
        """Whether there is more of it than before; no limit is the most."""
        limits = self.field in ("timeout_s", "max_tokens")
        before, after = _amount(self.before, limits), _amount(self.after, limits)
        return None if before == after else after > before


def list_effects(before: Document, after: Document) -> list[Effect]:
    """Return every change of a step's settings, place or being."""
    old, new = _describe(before), _describe(after)
    effects = [Effect(name, "removed", True, None) for name in old if name not in new]
    effects += [Effect(name, "added", None, True) for name in new if name not in old]
    for name in old.keys() & new.keys():
        effects += [
            Effect(name, key, old[name].get(key), new[name].get(key))
            for key in sorted(old[name].keys() | new[name].keys())
            if old[name].get(key) != new[name].get(key)
        ]
    return effects


def bears(effects: list[Effect], mark: Mark) -> bool:
    """Tell whether one of the effects is the change that the mark names."""
    return any(
        effect.step == mark.step
        and effect.field == mark.field
        and (mark.upward is None or effect.upward is mark.upward)
        for effect in effects
    )


def _describe(document: Document) -> dict[str, dict[str, JsonValue]]:
    agents = settings_of(document, "agents")
    described: dict[str, dict[str, JsonValue]] = {}
    parents = _parents(document)
    for step in walk_steps(document):
        agent = settings_of(agents, str(step.get("uses", "")).removeprefix("agents."))
        config, defaults = settings_of(step, "config"), settings_of(agent, "model_settings")
        described[str(step["name"])] = {
            "max_retries": config.get("max_retries", agent.get("max_retries")),
            "timeout_s": config.get("timeout_s", agent.get("timeout")),
            "max_tokens": config.get("max_tokens", defaults.get("max_tokens")),
            "backoff_s": config.get("backoff_s"),
            "model": agent.get("model"),
            "max_loops": settings_of(step, "loop").get("max_loops"),
            "parent": parents.get(str(step["name"]), ""),
            **{key: step.get(key) for key in _KEYS},
        }
    return described


def _parents(document: Document) -> dict[str, str]:
    """Return the kinds of all that holds each step, outermost first."""
    kinds: dict[str, str] = {}
    for step in walk_steps(document):
        for inner in walk_steps(list(step.values())):
            name = str(inner["name"])
            kinds[name] = f"{kinds.get(name, '')}/{step.get('kind', 'step')}"
    return kinds


def _amount(value: JsonValue, limits: bool) -> float:
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, (int, float)):
        return float(value)
    if isinstance(value, list):
        return float(len(value))
    if value is None:
        return float("inf") if limits else 0.0
    return 1.0
