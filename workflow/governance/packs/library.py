"""Reads the packs shipped in this folder, each at most once."""

from functools import lru_cache
from importlib.resources import files

from policy_dsl import Policy
from workflow.governance.policy_file import parse_policies

PACKS = ("cost-ceilings", "pii")
"""The names a spec's `policy_packs:` may list."""


@lru_cache(maxsize=len(PACKS))
def load_pack(name: str) -> tuple[Policy, ...]:
    """Return the policies of a pack; `name` is one of `PACKS`."""
    text = (files(__package__) / f"{name}.yaml").read_text(encoding="utf-8")
    return parse_policies(text, path=f"policy pack {name}")
