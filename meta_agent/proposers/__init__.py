"""Proposers: from an opportunity to candidates."""

from meta_agent.proposers.heuristic import ProposerSettings, propose, propose_in

__all__ = ["ProposerSettings", "propose", "propose_in"]
