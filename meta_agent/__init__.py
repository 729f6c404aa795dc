"""Opportunities, candidates, evidence and return on investment."""

from meta_agent.candidate import Candidate
from meta_agent.corrections import Correction, learn_corrections, prefer
from meta_agent.detectors import DETECTORS, Detector, detect, detect_in
from meta_agent.detectors.window import Window, open_window
from meta_agent.errors import MetaAgentError, SettingsError
from meta_agent.evidence import ArmSummary, Evidence, EvidenceSettings, Verdict
from meta_agent.feedback import (
    Memory,
    MemoryReason,
    fingerprint,
    is_blocked,
    list_refused,
    remember_effect,
)
from meta_agent.history import NO_HISTORY, History
from meta_agent.hold_out import HoldOut, is_held_out, set_aside
from meta_agent.judgement import judge_together
from meta_agent.model_doubt import doubt_models
from meta_agent.opportunity import Opportunity
from meta_agent.paired_replay import Baseline, replay_baseline, weigh
from meta_agent.priors import PRIORS, Prior
from meta_agent.proposers import ProposerSettings, propose, propose_in
from meta_agent.proposers.model import ModelProposals, propose_with_model
from meta_agent.proposers.model_answer import accept_patch
from meta_agent.proposers.model_budget import ModelLimits
from meta_agent.proposers.repair import repair_with_model
from meta_agent.ranking import Ranked, rank
from meta_agent.realised import Realised, compare_periods
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
from meta_agent.track_record import NO_RECORD, Applications, Reading, TrackRecord, list_classes
from meta_agent.traffic import Traffic, measure_traffic
from meta_agent.what_if import imagine_pairs
from meta_agent.what_if_limits import imagine_cap, imagine_longer
from meta_agent.what_if_shape import imagine_shape
from meta_agent.what_if_structure import Imagined, imagine_structure
from meta_agent.what_if_validators import imagine_validators

__all__ = [
    "DETECTORS",
    "MIN_PAIRS",
    "NO_HISTORY",
    "NO_RECORD",
    "PRIORS",
    "Applications",
    "ArmSummary",
    "Baseline",
    "Candidate",
    "Correction",
    "Detector",
    "Evidence",
    "EvidenceSettings",
    "FixedCosts",
    "Gains",
    "History",
    "HoldOut",
    "Imagined",
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
    "Reading",
    "Realised",
    "RoiEstimate",
    "RoiSettings",
    "RunOutcome",
    "SettingsError",
    "TrackRecord",
    "Traffic",
    "Verdict",
    "Window",
    "accept_patch",
    "compare_periods",
    "detect",
    "detect_in",
    "doubt_models",
    "estimate_roi",
    "fingerprint",
    "imagine_cap",
    "imagine_longer",
    "imagine_pairs",
    "imagine_shape",
    "imagine_structure",
    "imagine_validators",
    "is_blocked",
    "is_held_out",
    "judge_together",
    "learn_corrections",
    "list_classes",
    "list_refused",
    "measure_realised",
    "measure_traffic",
    "open_window",
    "outcome_of",
    "prefer",
    "propose",
    "propose_in",
    "propose_with_model",
    "rank",
    "remember_effect",
    "repair_with_model",
    "replay_baseline",
    "set_aside",
    "weigh",
]
