"""The routes of the server: traces in, health and figures out."""

from collections.abc import Callable, Sequence
from typing import Protocol

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.otlp.backlog import Backlog
from app.otlp.figures import CONTENT_TYPE, Figures
from app.otlp.receiver import Receiver
from app.otlp.tenants import Tenants
from app.segments.group_commit import GroupCommit


class Neighbour(Protocol):
    """What else the server does, for its health and figures."""

    def find_problem(self) -> str:
        """Return why it can't work now, "" when it can."""

    def render(self) -> list[str]:
        """Return its figures as lines of OpenMetrics."""


def build_app(
    log: GroupCommit,
    tenants: Tenants,
    backlog: Backlog,
    *,
    is_worked_off: Callable[[], bool],
    texts: GroupCommit | None = None,
    neighbours: Sequence[Neighbour] = (),
) -> Starlette:
    """Return the web application; `is_worked_off` says whether a worker is there to work the log off.

    Where there is a log for `texts`, what people and models wrote is kept there.
    """
    figures = Figures()
    receiver = Receiver(log, tenants, figures, backlog, texts=texts)

    async def healthz(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(_: Request) -> Response:
        if backlog.is_too_long:
            return PlainTextResponse("the backlog is too long\n", 503)
        if log.is_failing:
            return PlainTextResponse("the log can't be written\n", 503)
        if not is_worked_off():
            return PlainTextResponse("nothing is worked off\n", 503)
        for problem in filter(None, (each.find_problem() for each in neighbours)):
            return PlainTextResponse(f"{problem}\n", 503)
        return PlainTextResponse("ready\n")

    async def metrics(_: Request) -> Response:
        gauges = {
            "ingest_in_flight_bytes": receiver.in_flight_bytes,
            "ingest_pending_bytes": log.pending_bytes,
            "ingest_backlog_bytes": backlog.bytes,
            "worker_alive": float(is_worked_off()),
        }
        more = [line for each in neighbours for line in each.render()]
        return Response(figures.render(gauges, more), headers={"content-type": CONTENT_TYPE})

    return Starlette(
        routes=[
            Route("/v1/traces", receiver.receive, methods=["POST"]),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/metrics", metrics),
        ]
    )
