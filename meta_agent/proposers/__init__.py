"""Proposers: from an opportunity to candidates."""

from meta_agent.proposers.heuristic import ProposerSettings, propose

__all__ = ["ProposerSettings", "propose"]
