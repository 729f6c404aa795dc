"""What a change is about, decided from the subject and the exact field: never from a path's suffix."""

from workflow.comparison.changes import SemanticClass, Subject

_Field = tuple[str, ...]

_PARTS: dict[str, dict[str, SemanticClass]] = {
    "workflow": {
        "agents": SemanticClass.PROMPT,
        "description": SemanticClass.DOCUMENTATION,
        "imports": SemanticClass.TOOL,
        "meta.doc": SemanticClass.DOCUMENTATION,
        "policies": SemanticClass.GUARD,
        "policy_packs": SemanticClass.GUARD,
        "score": SemanticClass.GUARD,
        "tests": SemanticClass.GUARD,
        "usage_limits": SemanticClass.GUARD,
    },
    "step": {
        "agent": SemanticClass.TOOL,
        "beam_width": SemanticClass.COST,
        "branching_factor": SemanticClass.COST,
        "condition": SemanticClass.TOOL,
        "config.backoff_s": SemanticClass.RELIABILITY,
        "config.max_retries": SemanticClass.RELIABILITY,
        "config.max_tokens": SemanticClass.COST,
        "config.timeout_s": SemanticClass.RELIABILITY,
        "description": SemanticClass.DOCUMENTATION,
        "evaluator": SemanticClass.TOOL,
        "input": SemanticClass.PROMPT,
        "input_schema": SemanticClass.GUARD,
        "loop.exit_condition": SemanticClass.TOOL,
        "map.max_concurrency": SemanticClass.RELIABILITY,
        "max_concurrency": SemanticClass.RELIABILITY,
        "max_depth": SemanticClass.COST,
        "max_iterations": SemanticClass.COST,
        "meta.doc": SemanticClass.DOCUMENTATION,
        "on_branch_failure": SemanticClass.RELIABILITY,
        "output_schema": SemanticClass.GUARD,
        "output_template": SemanticClass.PROMPT,
        "planner": SemanticClass.TOOL,
        "proposer": SemanticClass.TOOL,
        "registry": SemanticClass.TOOL,
        "router": SemanticClass.TOOL,
        "usage_limits": SemanticClass.GUARD,
        "uses": SemanticClass.TOOL,
        "validators": SemanticClass.GUARD,
    },
    "agent": {
        "description": SemanticClass.PROMPT,
        "max_retries": SemanticClass.RELIABILITY,
        "model": SemanticClass.COST,
        "model_settings.max_tokens": SemanticClass.COST,
        "output_schema": SemanticClass.GUARD,
        "system_prompt": SemanticClass.PROMPT,
        "timeout": SemanticClass.RELIABILITY,
    },
    "policy": {"description": SemanticClass.DOCUMENTATION},
    "test": {"description": SemanticClass.DOCUMENTATION},
    "import": {},
}
"""A field as deep as it goes, or the first key of it; for anything else see `_REST`."""

_REST: dict[str, SemanticClass] = {
    "import": SemanticClass.TOOL,
    "policy": SemanticClass.GUARD,
    "test": SemanticClass.GUARD,
}
_WHOLE: dict[str, SemanticClass] = {**_REST, "agent": SemanticClass.PROMPT}
_GUARDING_STEPS = frozenset({"hitl"})


def classify_field(subject: Subject, field: _Field) -> SemanticClass:
    """Say what changing this field of the subject is about."""
    # A name with a dot in it must not pass for a path.
    if not any("." in key for key in field):
        parts = _PARTS[subject.kind]
        for path in (".".join(field), *field[:1]):
            if path in parts:
                return parts[path]
    return _REST.get(subject.kind, SemanticClass.BEHAVIOUR)


def classify_whole(subject: Subject, step_kind: str = "") -> SemanticClass:
    """Say what adding, removing, moving or renaming the subject is about; a step that waits for a person is a guard."""
    if step_kind in _GUARDING_STEPS:
        return SemanticClass.GUARD
    return _WHOLE.get(subject.kind, SemanticClass.BEHAVIOUR)
