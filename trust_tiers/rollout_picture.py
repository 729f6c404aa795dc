"""The life of a rollout as a Mermaid state diagram, drawn from the table that decides it."""

from trust_tiers.rollout import TERMINAL, TRANSITIONS, RolloutState, Standing


def draw_rollout() -> str:
    """Return the text of the diagram: one arrow for each way, a hold apart by its reason."""
    ways = [
        (source, Standing(way.state, way.hold), event.value.replace("_", " "))
        for (source, event), way in TRANSITIONS.items()
        if not _is_unexplained_hold(source)
    ]
    arrows = [f"    {_name(source)} --> {_name(target)}: {label}" for source, target, label in ways]
    ends = [f"    {state.name} --> [*]" for state in RolloutState if state in TERMINAL]
    return "\n".join(["stateDiagram-v2", "    [*] --> PROPOSED", *arrows, *ends]) + "\n"


def _is_unexplained_hold(standing: Standing) -> bool:
    return standing.state is RolloutState.HELD and standing.hold is None


def _name(standing: Standing) -> str:
    return f"HELD_{standing.hold.name}" if standing.hold else standing.state.name
