"""Opportunities, candidates, evidence and return on investment."""

from meta_agent.candidate import Candidate
from meta_agent.detectors import DETECTORS, Detector, detect
from meta_agent.errors import MetaAgentError, SettingsError
from meta_agent.evidence import (
    ArmSummary,
    Baseline,
    Evidence,
    EvidenceSettings,
    Verdict,
    replay_baseline,
    weigh,
)
from meta_agent.feedback import Memory, MemoryReason, fingerprint, is_blocked
from meta_agent.opportunity import Opportunity
from meta_agent.priors import PRIORS, Prior
from meta_agent.proposers import ProposerSettings, propose
from meta_agent.proposers.model import ModelProposals, propose_with_model
from meta_agent.proposers.model_budget import ModelLimits
from meta_agent.ranking import Ranked, rank
from meta_agent.roi import (
    MIN_PAIRS,
    FixedCosts,
    Gains,
    Interval,
    Pair,
    RoiEstimate,
    RunOutcome,
    estimate_roi,
    measure_realised,
    outcome_of,
)
from meta_agent.roi_settings import RoiSettings
from meta_agent.traffic import Traffic, measure_traffic
from meta_agent.what_if import imagine_pairs

__all__ = [
    "DETECTORS",
    "MIN_PAIRS",
    "PRIORS",
    "ArmSummary",
    "Baseline",
    "Candidate",
    "Detector",
    "Evidence",
    "EvidenceSettings",
    "FixedCosts",
    "Gains",
    "Interval",
    "Memory",
    "MemoryReason",
    "MetaAgentError",
    "ModelLimits",
    "ModelProposals",
    "Opportunity",
    "Pair",
    "Prior",
    "ProposerSettings",
    "Ranked",
    "RoiEstimate",
    "RoiSettings",
    "RunOutcome",
    "SettingsError",
    "Traffic",
    "Verdict",
    "detect",
    "estimate_roi",
    "fingerprint",
    "imagine_pairs",
    "is_blocked",
    "measure_realised",
    "measure_traffic",
    "outcome_of",
    "propose",
    "propose_with_model",
    "rank",
    "replay_baseline",
    "weigh",
]
