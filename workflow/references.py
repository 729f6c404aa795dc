"""What a step's `uses:` or `agent:` refers to: an agent, an import, a built-in skill, or the user's own function."""

import re
from collections.abc import Mapping

from pydantic import JsonValue

from workflow.identity import Read
from workflow.manifest import read_side_effects
from workflow.nodes import SideEffects
from workflow.skills import find_built_in
from workflow.skills.catalogue import DECLARED_ADAPTERS
from workflow.tree import Described, kind_of, uses_of

_IMPORT_PATH = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")
RESERVED_PACKAGES = frozenset(
    {
        "app",
        "diff_ux",
        "meta_agent",
        "policy_dsl",
        "prompt_guard",
        "telemetry",
        "trust_tiers",
        "workflow",
    }
)
"""Our own top-level packages: a user's package of that name would silently be the wrong module."""


def describe_step(
    raw: Mapping[str, JsonValue], document: Mapping[str, JsonValue], read: Read | None
) -> Described:
    """Say what a step runs, as far as the document and the skill's source tell."""
    uses = uses_of(raw)
    if kind_of(raw) != "step" or not uses:
        return Described()
    if uses.startswith("agents."):
        # Asking a model that has no tools changes nothing outside: it may be asked again.
        return Described(uses, _model_of(uses, document), SideEffects.IDEMPOTENT)
    return Described(uses, "", side_effects_of(uses, read))


def side_effects_of(reference: str, read: Read | None) -> SideEffects:
    """Return what a skill declares; `UNKNOWN` when it doesn't, or when its source can't be read."""
    built_in = find_built_in(reference)
    if built_in:
        return built_in.side_effects
    if reference in DECLARED_ADAPTERS:
        return DECLARED_ADAPTERS[reference]
    declared, _ = look_up_skill(reference, read)
    return declared or SideEffects.UNKNOWN


def look_up_skill(reference: str, read: Read | None) -> tuple[SideEffects | None, str]:
    """Find a user's skill by its source; returns what it declares, or None and why it can't be used."""
    if not _IMPORT_PATH.fullmatch(reference):
        return None, "a skill is written as package.module:function"
    module, _, function = reference.partition(":")
    package = module.split(".", maxsplit=1)[0]
    if package in RESERVED_PACKAGES:
        return None, f"the package name {package!r} is Flujo's own; rename yours"
    if read is None:
        return SideEffects.UNKNOWN, ""
    return _look_into(module, function, read)


def _look_into(module: str, function: str, read: Read) -> tuple[SideEffects | None, str]:
    file = module.replace(".", "/") + ".py"
    try:
        declared = read_side_effects(read(file), function)
    except (OSError, UnicodeDecodeError):
        return None, f"there is no {file} beside the spec"
    except (SyntaxError, ValueError, RecursionError) as error:
        return None, f"{file} isn't valid Python: {error}"
    return declared, "" if declared else f"{file} defines no function {function!r} at its top level"


def _model_of(uses: str, document: Mapping[str, JsonValue]) -> str:
    agents = document.get("agents")
    agent = agents.get(uses.removeprefix("agents.")) if isinstance(agents, dict) else None
    model = agent.get("model") if isinstance(agent, dict) else None
    return model if isinstance(model, str) else ""
