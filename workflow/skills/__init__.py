"""Built-in skills: pure functions with a reference of their own, ready in every spec."""

from workflow.skills.catalogue import (
    BUILT_IN_REFERENCES,
    BUILT_IN_SKILLS,
    check_built_in_params,
    find_built_in,
    find_built_in_manifest,
    find_built_in_side_effects,
)
from workflow.skills.http_request import HttpRequest
from workflow.skills.signature import ParamProblem

__all__ = [
    "BUILT_IN_REFERENCES",
    "BUILT_IN_SKILLS",
    "HttpRequest",
    "ParamProblem",
    "check_built_in_params",
    "find_built_in",
    "find_built_in_manifest",
    "find_built_in_side_effects",
]
