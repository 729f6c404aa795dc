"""The engine: runs a workflow step by step and tells listeners what happens, one light event at a time."""

from workflow.engine.cache import Cache, MemoryCache, NoCache
from workflow.engine.compiler import compile_program
from workflow.engine.events import (
    AttemptFinished,
    ChunkSent,
    Event,
    Listener,
    RunFinished,
    RunPaused,
    RunStarted,
    StepFinished,
    StepStarted,
    Visit,
)
from workflow.engine.governor import RunLimits
from workflow.engine.hooks import AbortRun, Hook
from workflow.engine.live import perform_live, perform_mocked
from workflow.engine.program import Program, StepPlan
from workflow.engine.question import Question
from workflow.engine.resources import Resource
from workflow.engine.result import RunResult
from workflow.engine.run import run_program
from workflow.engine.spans import SpanCollector
from workflow.engine.state import Call, Perform, hash_with
from workflow.engine.stream import stream_program
from workflow.engine.virtual_time import VirtualTimeLoop
from workflow.errors import NotExecutableError

__all__ = [
    "AbortRun",
    "AttemptFinished",
    "Cache",
    "Call",
    "ChunkSent",
    "Event",
    "Hook",
    "Listener",
    "MemoryCache",
    "NoCache",
    "NotExecutableError",
    "Perform",
    "Program",
    "Question",
    "Resource",
    "RunFinished",
    "RunLimits",
    "RunPaused",
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
    "stream_program",
]
