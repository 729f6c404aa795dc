"""The engine: runs a workflow step by step and tells listeners what happens, one light event at a time."""

from workflow.engine.compiler import compile_program
from workflow.engine.events import (
    AttemptFinished,
    Event,
    Listener,
    RunFinished,
    RunStarted,
    StepFinished,
    StepStarted,
    Visit,
)
from workflow.engine.live import perform_live, perform_mocked
from workflow.engine.program import Program, StepPlan
from workflow.engine.result import RunResult
from workflow.engine.run import run_program
from workflow.engine.spans import SpanCollector
from workflow.engine.state import Call, Perform, hash_with
from workflow.engine.virtual_time import VirtualTimeLoop
from workflow.errors import NotExecutableError

__all__ = [
    "AttemptFinished",
    "Call",
    "Event",
    "Listener",
    "NotExecutableError",
    "Perform",
    "Program",
    "RunFinished",
    "RunResult",
    "RunStarted",
    "SpanCollector",
    "StepFinished",
    "StepPlan",
    "StepStarted",
    "VirtualTimeLoop",
    "Visit",
    "compile_program",
    "hash_with",
    "perform_live",
    "perform_mocked",
    "run_program",
]
