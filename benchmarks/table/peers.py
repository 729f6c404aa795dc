"""The same chain of ten pure steps in other engines, each with as little switched on as it allows.

They are in the dependency group `bench`; one that isn't installed is None.
"""

import importlib.util
from collections.abc import Awaitable, Callable
from itertools import pairwise

RunOnce = Callable[[], Awaitable[object]]
DATA = {"text": "hello"}


def open_burr(steps: int) -> RunOnce | None:
    """A ring of actions on one application; a run goes round once."""
    if importlib.util.find_spec("burr") is None:
        return None
    from burr.core import ApplicationBuilder, State, action

    async def pass_on(state: State) -> State:
        return state.update(data=state["data"])

    step = action(reads=["data"], writes=["data"])(pass_on)
    names = [f"step_{number}" for number in range(steps)]
    application = (
        ApplicationBuilder()
        .with_actions(**dict.fromkeys(names, step))
        .with_transitions(*zip(names, [*names[1:], names[0]], strict=True))
        .with_entrypoint(names[0])
        .with_state(data=DATA)
        .build()
    )

    async def run_once() -> object:
        _, _, state = await application.arun(halt_after=[names[-1]])
        return state["data"]

    return run_once


def open_pydantic_graph(steps: int) -> RunOnce | None:
    """A chain of steps in one built graph."""
    if importlib.util.find_spec("pydantic_graph") is None:
        return None
    from pydantic_graph import GraphBuilder, StepContext

    builder = GraphBuilder(input_type=dict, output_type=dict, auto_instrument=False)

    async def pass_on(context: StepContext[None, None, dict[str, str]]) -> dict[str, str]:
        return context.inputs

    nodes = [
        builder.start_node,
        *(builder.step(pass_on, node_id=f"step_{number}") for number in range(steps)),
        builder.end_node,
    ]
    builder.add(*(builder.edge_from(one).to(other) for one, other in pairwise(nodes)))
    graph = builder.build()

    async def run_once() -> object:
        return await graph.run(inputs=DATA)

    return run_once


def open_otel_spans(steps: int) -> RunOnce | None:
    """Bare awaits, each in a span of the stock OpenTelemetry SDK that is kept in memory."""
    try:
        from opentelemetry.sdk.trace import TracerProvider
    except ImportError:
        return None
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    kept = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    tracer = provider.get_tracer("benchmark")

    async def run_once() -> object:
        with tracer.start_as_current_span("run"):
            for _ in range(steps):
                with tracer.start_as_current_span("step") as span:
                    span.set_attribute("flujo.step_id", "step")
                    await pass_through(DATA)
        kept.clear()
        return DATA

    return run_once


async def pass_through(data: object) -> object:
    """Do nothing, at the price of an await."""
    return data
