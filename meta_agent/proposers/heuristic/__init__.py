"""Heuristic proposers: opportunities → patches whose parameters the runs themselves choose. No model is asked."""

from meta_agent.proposers.heuristic.propose import PROPOSERS, Proposer, propose, propose_in
from meta_agent.proposers.heuristic.settings import ProposerSettings

__all__ = ["PROPOSERS", "Proposer", "ProposerSettings", "propose", "propose_in"]
