"""Built-in skills: pure functions with a reference of their own, ready in every spec."""

from workflow.skills.catalogue import BUILT_IN_SKILLS, find_built_in

__all__ = ["BUILT_IN_SKILLS", "find_built_in"]
