"""Workflows: the canonical spec, faithful YAML, patches, changes, and the engine that runs, records and replays."""

from workflow.budgets import Budget, Spending, find_pause
from workflow.calls import (
    AgentCall,
    AgentReply,
    AskAgent,
    AttemptError,
    FindSkill,
    Skill,
    classify_exception,
    skill,
)
from workflow.changes import (
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
from workflow.compare import diff_workflows
from workflow.diagnostics import Diagnostic, Severity
from workflow.edit import edit_text
from workflow.embedded_tests import run_embedded_tests
from workflow.enactment import Reprice
from workflow.engine import (
    AttemptFinished,
    Call,
    Event,
    Listener,
    NotExecutableError,
    Perform,
    Program,
    RunFinished,
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
)
from workflow.errors import (
    EditError,
    PatchConflictError,
    PatchError,
    RecordingError,
    SkillError,
    SpecError,
    WorkflowError,
)
from workflow.graph import Edge, EdgeKind, Graph, GraphNode, build_graph
from workflow.load import Workflow, parse_workflow, patch_workflow
from workflow.names import CONDITION_NAMES, PRE_MERGE_NAMES, RESULT_NAMES
from workflow.nodes import SideEffects, StepNode
from workflow.pairing import pair_steps
from workflow.patch import MISSING, JsonPatch, Operation, apply_patch, parse_patch
from workflow.patch_inverse import invert_patch
from workflow.patch_lock import lock_patch
from workflow.pointer import format_pointer, parse_pointer, parse_yaml_path, resolve, yaml_path_of
from workflow.policies import at_run_time, before_merge
from workflow.policies_in_force import policies_in_force
from workflow.policy_file import parse_policies
from workflow.recording import Recorder, Recording, read_recording, write_recording
from workflow.replay import Replayed, replay_recordings
from workflow.replayed_tests import replay_embedded_tests
from workflow.run_facts import facts_of_run
from workflow.skills import BUILT_IN_SKILLS
from workflow.spec import EmbeddedTest, WorkflowSpec
from workflow.spec_coverage import SpecCoverage, measure_coverage
from workflow.trials import AssertionResult, TestOutcome, TestResult
from workflow.yaml_text import YamlDocument, parse_yaml

__all__ = [
    "ABSENT",
    "BUILT_IN_SKILLS",
    "CONDITION_NAMES",
    "MISSING",
    "PRE_MERGE_NAMES",
    "RESULT_NAMES",
    "Absent",
    "Added",
    "AgentCall",
    "AgentReply",
    "AskAgent",
    "AssertionResult",
    "AttemptError",
    "AttemptFinished",
    "Budget",
    "Call",
    "Changed",
    "Diagnostic",
    "Edge",
    "EdgeKind",
    "EditError",
    "EmbeddedTest",
    "Event",
    "FindSkill",
    "Graph",
    "GraphChange",
    "GraphNode",
    "JsonPatch",
    "Listener",
    "Moved",
    "NotExecutableError",
    "Operation",
    "PatchConflictError",
    "PatchError",
    "Perform",
    "Program",
    "Recorder",
    "Recording",
    "RecordingError",
    "Removed",
    "Renamed",
    "Replayed",
    "Reprice",
    "RunFinished",
    "RunResult",
    "RunStarted",
    "SemanticClass",
    "Severity",
    "SideEffects",
    "Skill",
    "SkillError",
    "SpanCollector",
    "SpecCoverage",
    "SpecError",
    "Spending",
    "StepFinished",
    "StepNode",
    "StepPlan",
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
    "apply_patch",
    "at_run_time",
    "before_merge",
    "build_graph",
    "classify_exception",
    "compile_program",
    "diff_workflows",
    "edit_text",
    "facts_of_run",
    "find_pause",
    "format_pointer",
    "hash_with",
    "invert_patch",
    "lock_patch",
    "measure_coverage",
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
    "read_recording",
    "replay_embedded_tests",
    "replay_recordings",
    "resolve",
    "run_embedded_tests",
    "run_program",
    "skill",
    "write_recording",
    "yaml_path_of",
]
