"""Checks of a spec beyond its shape: names, references, templates, expressions, tests; one module a concern."""

from workflow.lint.checks import find_problems
from workflow.lint.draft import Draft

__all__ = ["Draft", "find_problems"]
