"""What a change is about, decided from the subject and the exact field: never from a path's suffix."""

from workflow.changes import SemanticClass, Subject

_Field = tuple[str, ...]

_EXACT: dict[str, dict[_Field, SemanticClass]] = {
    "workflow": {
        ("description",): SemanticClass.DOCUMENTATION,
        ("meta", "doc"): SemanticClass.DOCUMENTATION,
    },
    "step": {
        ("description",): SemanticClass.DOCUMENTATION,
        ("meta", "doc"): SemanticClass.DOCUMENTATION,
        ("config", "timeout_s"): SemanticClass.RELIABILITY,
        ("config", "max_retries"): SemanticClass.RELIABILITY,
        ("config", "backoff_s"): SemanticClass.RELIABILITY,
        ("config", "max_tokens"): SemanticClass.COST,
    },
    "agent": {
        ("model",): SemanticClass.COST,
        ("model_settings", "max_tokens"): SemanticClass.COST,
        ("timeout",): SemanticClass.RELIABILITY,
        ("max_retries",): SemanticClass.RELIABILITY,
    },
}

_FIRST_SEGMENT: dict[str, dict[str, SemanticClass]] = {
    "workflow": dict.fromkeys(("policies", "policy_packs", "tests", "score"), SemanticClass.GUARD)
    | {"agents": SemanticClass.PROMPT, "imports": SemanticClass.TOOL},
    "step": dict.fromkeys(
        ("validators", "usage_limits", "input_schema", "output_schema"), SemanticClass.GUARD
    )
    | dict.fromkeys(
        ("uses", "agent", "condition", "router", "planner", "registry", "proposer", "evaluator"),
        SemanticClass.TOOL,
    )
    | dict.fromkeys(("input", "output_template"), SemanticClass.PROMPT),
    "agent": dict.fromkeys(("system_prompt", "description"), SemanticClass.PROMPT)
    | {"output_schema": SemanticClass.GUARD},
}

_WHOLE: dict[str, SemanticClass] = {
    "agent": SemanticClass.PROMPT,
    "import": SemanticClass.TOOL,
    "policy": SemanticClass.GUARD,
    "test": SemanticClass.GUARD,
}


def classify_field(subject: Subject, field: _Field) -> SemanticClass:
    """Say what changing this field of the subject is about."""
    if subject.kind in ("policy", "test", "import"):
        return _WHOLE[subject.kind]
    exact = _EXACT[subject.kind].get(field)
    if exact:
        return exact
    first = field[0] if field else ""
    return _FIRST_SEGMENT[subject.kind].get(first, SemanticClass.BEHAVIOUR)


def classify_whole(subject: Subject) -> SemanticClass:
    """Say what adding, removing, moving or renaming the subject is about."""
    return _WHOLE.get(subject.kind, SemanticClass.BEHAVIOUR)
