"""What a step's `uses:` or `agent:` refers to: an agent, an import, a built-in skill, or the user's own function."""

from collections.abc import Mapping

from pydantic import JsonValue

from workflow.nodes import SideEffects
from workflow.registry.step_registry import StepRegistry
from workflow.tree import Described, kind_of, uses_of


def describe_step(
    raw: Mapping[str, JsonValue], document: Mapping[str, JsonValue], registry: StepRegistry
) -> Described:
    """Say what a step runs, as far as the document and the skill's source tell."""
    uses = uses_of(raw)
    if kind_of(raw) != "step" or not uses:
        return Described()
    if uses.startswith("agents."):
        # Asking a model that has no tools changes nothing outside: it may be asked again.
        return Described(uses, _model_of(uses, document), SideEffects.IDEMPOTENT)
    return Described(uses, "", registry.side_effects_of(uses))


def _model_of(uses: str, document: Mapping[str, JsonValue]) -> str:
    agents = document.get("agents")
    agent = agents.get(uses.removeprefix("agents.")) if isinstance(agents, dict) else None
    model = agent.get("model") if isinstance(agent, dict) else None
    return model if isinstance(model, str) else ""
