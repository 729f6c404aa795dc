"""What a step answers: its form, its truth, its length and its price."""

from dataclasses import dataclass
from decimal import Decimal

import orjson
from pydantic import JsonValue

from benchmarks.planted.behaviour import Behaviour, Tokens
from benchmarks.planted.chance import Chance, key_of
from benchmarks.planted.models import LARGE, Model
from benchmarks.planted.tags import is_flawed, write_tag
from workflow import Call

_SHORTEST_TEXT = 12
_OUTPUT, _QUALITY, _TEXT = 30, 40, 50
"""Where the draws of each concern begin."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An output and what it took."""

    output: JsonValue
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Decimal = Decimal(0)


def give_answer(
    behaviour: Behaviour,
    call: Call,
    data: JsonValue,
    chance: Chance,
    model: Model | None,
    size: float,
) -> Answer:
    """Return what the step says to this input, asked of this model (None: a skill)."""
    used = _use(behaviour.tokens, call, chance, model or LARGE, size)
    name = model.name if model else ""
    draw = chance.uniform(_QUALITY)
    flawed = used.is_worthless or draw < behaviour.flaw.get(name, 0.0) or has_flaw(data)
    is_text = bool(behaviour.tokens) and behaviour.kinds == 0 and behaviour.improves_until == 0
    if chance.uniform(_QUALITY + 1) < behaviour.broken:
        says_so = is_text and len(call.plan.node.name) % 2
        output: JsonValue = "n/a" if says_so else {"error": "no answer"}
    else:
        output = _write(behaviour, call, chance, flawed=flawed)
    cost_usd = model.cost_usd(used.input_tokens, used.output_tokens) if model else Decimal(0)
    return Answer(output, used.input_tokens, used.output_tokens, cost_usd)


def _write(behaviour: Behaviour, call: Call, chance: Chance, *, flawed: bool) -> JsonValue:
    tag = write_tag(chance.bits(_TEXT), flawed=flawed)
    output: dict[str, JsonValue] = {"text": f"an answer {tag}"}
    if behaviour.kinds:
        lot = Chance(key_of(str(call.context.get("id")), call.plan.node.name)).uniform(7)
        # A skewed choice: the first kind is the most frequent.
        output["kind"] = f"kind_{int(lot**1.5 * behaviour.kinds)}"
    if behaviour.improves_until:
        luck = 0.02 * chance.uniform(_TEXT + 1)
        grade = 0.5 + 0.4 * min(call.iteration, behaviour.improves_until) / behaviour.improves_until
        output["grade"] = round(grade + luck, 4)
        output["score"] = output["grade"]
        output["done"] = grade + luck >= behaviour.good_enough
    return output


@dataclass(frozen=True, slots=True)
class _Use:
    input_tokens: int = 0
    output_tokens: int = 0
    is_worthless: bool = False


def _use(tokens: Tokens | None, call: Call, chance: Chance, model: Model, size: float) -> _Use:
    if tokens is None:
        return _Use()
    wanted = chance.log_normal(_OUTPUT, tokens.output_median, tokens.output_sigma)
    wanted *= model.wordiness
    lot = chance.uniform(_OUTPUT + 1)
    runs_away = lot < tokens.runaway
    if runs_away:
        wanted = tokens.runaway_tokens * (0.8 + 0.4 * chance.uniform(_OUTPUT + 2))
    elif lot < tokens.runaway + tokens.long_share:
        wanted = tokens.long_tokens * (0.7 + 0.6 * chance.uniform(_OUTPUT + 2))
    limit = call.plan.settings.get("max_tokens")
    is_cut = isinstance(limit, int) and wanted > limit
    given = limit if is_cut and isinstance(limit, int) else round(wanted)
    read = round(tokens.input_base + tokens.input_per_size * size)
    return _Use(read, max(1, given), runs_away or is_cut)


def is_broken(value: JsonValue) -> bool:
    """Tell whether an answer has the wrong form: hardly any text, or an object without its text."""
    if isinstance(value, str):
        return len(value) < _SHORTEST_TEXT
    return isinstance(value, dict) and "text" not in value


def has_flaw(data: JsonValue) -> bool:
    """Tell whether anything in it is marked as wrong."""
    return is_flawed(data if isinstance(data, str) else orjson.dumps(data).decode())
