"""Workflows written in Python: the same documents as YAML files hold, and the YAML to keep them in."""

from workflow.builder.branches import Branches
from workflow.builder.flow import Flow

__all__ = ["Branches", "Flow"]
