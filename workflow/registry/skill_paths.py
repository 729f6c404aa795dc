"""How a skill is written in a spec: a built-in one by its name, a function as `package.module:function`."""

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass

_IMPORT_PATH = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", re.ASCII)
_ALLOWED = re.compile(r"[A-Za-z]\w*(?:\.[A-Za-z]\w*)*(?:\.\*)?", re.ASCII)

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


@dataclass(frozen=True, slots=True)
class SkillPath:
    """A reference taken apart: a dotted module and a function at its top level."""

    module: str
    function: str

    @property
    def files(self) -> tuple[str, str]:
        """Where the module may lie in a folder, in the order in which Python looks."""
        place = self.module.replace(".", "/")
        return f"{place}.py", f"{place}/__init__.py"


def refuse_skill_reference(reference: str) -> str:
    """Return why no function may be named like that, wherever it lies; `""` when one may."""
    if not _IMPORT_PATH.fullmatch(reference):
        return "a skill is written as package.module:function"
    path = split_skill_reference(reference)
    private = [part for part in (*path.module.split("."), path.function) if part.startswith("_")]
    if private:
        return f"{private[0]!r} is a private name; give what is meant to be a skill a public one"
    package = path.module.partition(".")[0]
    if package in RESERVED_PACKAGES:
        return f"the package name {package!r} is Flujo's own; rename yours"
    return ""


def split_skill_reference(reference: str) -> SkillPath:
    """Take a reference of the right form apart."""
    module, _, function = reference.partition(":")
    return SkillPath(module, function)


def check_skill_pattern(pattern: str) -> str:
    """Return a pattern of installed modules, `package.module` or `package.*`; raises `ValueError` for any other.

    The standard library and our own packages can't be allowed: what they define was never meant to be a skill.
    """
    if not _ALLOWED.fullmatch(pattern):
        raise ValueError(f"{pattern!r}: write package.module, or package.* for all below it")
    package = pattern.partition(".")[0]
    if is_of_the_standard_library(pattern) or package in RESERVED_PACKAGES:
        raise ValueError(f"{pattern!r}: {package!r} can't be allowed, it holds no skills")
    return pattern


def is_allowed_skill(module: str, patterns: Sequence[str]) -> bool:
    """Tell whether an installed module is on the allow-list; `package.*` is all below the package, not itself."""
    if is_of_the_standard_library(module):
        return False
    return any(
        module.startswith(pattern[:-1]) if pattern.endswith(".*") else module == pattern
        for pattern in patterns
    )


def is_of_the_standard_library(module: str) -> bool:
    """Tell whether a module's package comes with Python."""
    return module.partition(".")[0] in sys.stdlib_module_names
