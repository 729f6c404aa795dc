"""Workflows: the canonical spec, faithful YAML, patches, changes, and the engine that runs, records and replays."""

from workflow.builder import Branches, Flow
from workflow.calls import (
    AgentCall,
    AgentReply,
    AskAgent,
    AttemptError,
    FindSkill,
    SendChunk,
    Skill,
    classify_exception,
    declaration_of,
    skill,
)
from workflow.comparison.changes import (
    ABSENT,
    Absent,
    Added,
    Changed,
    GraphChange,
    Moved,
    Removed,
    Renamed,
    SemanticClass,
    Subject,
    Value,
)
from workflow.comparison.compare import diff_workflows
from workflow.comparison.graph import Edge, EdgeKind, Graph, GraphNode, build_graph
from workflow.comparison.pairing import pair_steps
from workflow.data_flow import DataFlow, StepFlow, read_data_flow
from workflow.diagnostics.diagnostic import Diagnostic, Severity
from workflow.diagnostics.diagnostic_kinds import DiagnosticKind, load_diagnostic_kinds
from workflow.edit import edit_text
from workflow.engine import (
    AbortRun,
    AttemptFinished,
    Cache,
    Call,
    ChunkSent,
    Event,
    Hook,
    Listener,
    MemoryCache,
    NoCache,
    NotExecutableError,
    Perform,
    Program,
    Question,
    Resource,
    RunFinished,
    RunLimits,
    RunPaused,
    RunResult,
    RunStarted,
    SpanCollector,
    StepFinished,
    StepPlan,
    StepStarted,
    VirtualTimeLoop,
    Visit,
    compile_program,
    hash_with,
    perform_live,
    perform_mocked,
    run_program,
    stream_program,
)
from workflow.errors import (
    EditError,
    PatchConflictError,
    PatchError,
    PausedRunError,
    RecordingError,
    SkillError,
    SpecError,
    WorkflowError,
)
from workflow.format.spec import EmbeddedTest, WorkflowSpec
from workflow.format.spec_schema import build_spec_schema
from workflow.governance.budgets import Budget, Spending, find_pause
from workflow.governance.personal_data import PersonalData, find_personal_data
from workflow.governance.policies import at_run_time, before_merge
from workflow.governance.policies_in_force import policies_in_force
from workflow.governance.policy_file import parse_policies
from workflow.governance.run_facts import facts_of_run
from workflow.load import Workflow, parse_workflow, patch_workflow
from workflow.names import CONDITION_NAMES, PRE_MERGE_NAMES, RESULT_NAMES
from workflow.nodes import SideEffects, StepNode
from workflow.patches.patch import (
    MISSING,
    JsonPatch,
    Missing,
    Operation,
    apply_patch,
    parse_patch,
)
from workflow.patches.patch_diff import diff_documents
from workflow.patches.patch_inverse import invert_patch
from workflow.patches.patch_lock import lock_patch
from workflow.patches.pointer import (
    format_pointer,
    parse_pointer,
    parse_yaml_path,
    resolve,
    yaml_path_of,
)
from workflow.pricing import models_without_price
from workflow.recordings.enactment import Reprice
from workflow.recordings.model_sample import ModelSample
from workflow.recordings.paused_run import (
    PausedQuestion,
    PausedRun,
    read_paused_run,
    write_paused_run,
)
from workflow.recordings.recorder import Recorder
from workflow.recordings.recording import (
    RecordedAttempt,
    RecordedStep,
    Recording,
    read_recording,
    write_recording,
)
from workflow.recordings.replay import Replayed, replay_recordings
from workflow.recordings.resumption import Resumption, answer_question
from workflow.recordings.retracing import Moment, Retraced, retrace_recording
from workflow.recordings.state_changes import StateChange
from workflow.registry.manifest import (
    SkillManifest,
    read_manifest,
)
from workflow.registry.skill_paths import (
    SkillPath,
    check_skill_pattern,
    is_allowed_skill,
    refuse_skill_reference,
    split_skill_reference,
)
from workflow.registry.step_registry import Refusal, StepRegistry
from workflow.skills import (
    BUILT_IN_SKILLS,
    HttpRequest,
    ParamProblem,
)
from workflow.testing.embedded_tests import run_embedded_tests
from workflow.testing.rates import rate_interval
from workflow.testing.replayed_tests import replay_embedded_tests
from workflow.testing.spec_coverage import SpecCoverage, measure_coverage
from workflow.testing.trials import AssertionResult, TestOutcome, TestResult
from workflow.yaml_io.yaml_text import YamlDocument, parse_yaml

__all__ = [
    "ABSENT",
    "BUILT_IN_SKILLS",
    "CONDITION_NAMES",
    "MISSING",
    "PRE_MERGE_NAMES",
    "RESULT_NAMES",
    "AbortRun",
    "Absent",
    "Added",
    "AgentCall",
    "AgentReply",
    "AskAgent",
    "AssertionResult",
    "AttemptError",
    "AttemptFinished",
    "Branches",
    "Budget",
    "Cache",
    "Call",
    "Changed",
    "ChunkSent",
    "DataFlow",
    "Diagnostic",
    "DiagnosticKind",
    "Edge",
    "EdgeKind",
    "EditError",
    "EmbeddedTest",
    "Event",
    "FindSkill",
    "Flow",
    "Graph",
    "GraphChange",
    "GraphNode",
    "Hook",
    "HttpRequest",
    "JsonPatch",
    "Listener",
    "MemoryCache",
    "Missing",
    "ModelSample",
    "Moment",
    "Moved",
    "NoCache",
    "NotExecutableError",
    "Operation",
    "ParamProblem",
    "PatchConflictError",
    "PatchError",
    "PausedQuestion",
    "PausedRun",
    "PausedRunError",
    "Perform",
    "PersonalData",
    "Program",
    "Question",
    "RecordedAttempt",
    "RecordedStep",
    "Recorder",
    "Recording",
    "RecordingError",
    "Refusal",
    "Removed",
    "Renamed",
    "Replayed",
    "Reprice",
    "Resource",
    "Resumption",
    "Retraced",
    "RunFinished",
    "RunLimits",
    "RunPaused",
    "RunResult",
    "RunStarted",
    "SemanticClass",
    "SendChunk",
    "Severity",
    "SideEffects",
    "Skill",
    "SkillError",
    "SkillManifest",
    "SkillPath",
    "SpanCollector",
    "SpecCoverage",
    "SpecError",
    "Spending",
    "StateChange",
    "StepFinished",
    "StepFlow",
    "StepNode",
    "StepPlan",
    "StepRegistry",
    "StepStarted",
    "Subject",
    "TestOutcome",
    "TestResult",
    "Value",
    "VirtualTimeLoop",
    "Visit",
    "Workflow",
    "WorkflowError",
    "WorkflowSpec",
    "YamlDocument",
    "answer_question",
    "apply_patch",
    "at_run_time",
    "before_merge",
    "build_graph",
    "build_spec_schema",
    "check_skill_pattern",
    "classify_exception",
    "compile_program",
    "declaration_of",
    "diff_documents",
    "diff_workflows",
    "edit_text",
    "facts_of_run",
    "find_pause",
    "find_personal_data",
    "format_pointer",
    "hash_with",
    "invert_patch",
    "is_allowed_skill",
    "load_diagnostic_kinds",
    "lock_patch",
    "measure_coverage",
    "models_without_price",
    "pair_steps",
    "parse_patch",
    "parse_pointer",
    "parse_policies",
    "parse_workflow",
    "parse_yaml",
    "parse_yaml_path",
    "patch_workflow",
    "perform_live",
    "perform_mocked",
    "policies_in_force",
    "rate_interval",
    "read_data_flow",
    "read_manifest",
    "read_paused_run",
    "read_recording",
    "refuse_skill_reference",
    "replay_embedded_tests",
    "replay_recordings",
    "resolve",
    "retrace_recording",
    "run_embedded_tests",
    "run_program",
    "skill",
    "split_skill_reference",
    "stream_program",
    "write_paused_run",
    "write_recording",
    "yaml_path_of",
]
