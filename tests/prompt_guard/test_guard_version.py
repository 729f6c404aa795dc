"""The version of the guard is kept with every proposal, so it must change when the rules do."""

import hashlib
from pathlib import Path

import prompt_guard
from prompt_guard import GUARD_VERSION

RULES = (
    "characters",
    "check",
    "fields",
    "grammar",
    "inside_plan",
    "missing_steps",
    "plan",
    "references",
    "secrets",
    "skills",
    "values",
)
KNOWN = {"flujo.guard/1": "d1ea0e7db6050ae0"}


def test_whoever_changes_a_rule_names_a_new_version() -> None:
    """Written something else that decides the same? Then write the new hash; else count the version up too."""
    folder = Path(str(prompt_guard.__file__)).parent
    digest = hashlib.sha256()
    for name in RULES:
        digest.update((folder / f"{name}.py").read_bytes())
    assert KNOWN[GUARD_VERSION] == digest.hexdigest()[:16]
