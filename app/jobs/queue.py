"""The queue that runs turns, on DBOS: across threads and replicas, one at a time for each installation.

DBOS is one a process, so there is one `JobQueue` a process. It tells nobody anything: no console, no telemetry, no
connection but to its own database. What it knows may be lost at any time, for `app.store.work` has it all.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetEnqueueOptions, SetWorkflowID

from app.store import WorkItem

_QUEUE: Final = "work"
_VERSION: Final = "1"
"""Pinned: turns are alike in all versions of ours, so that a new one goes on where the old one stopped."""

_POLL_S: Final = 0.2
_AT_ONCE: Final = 8
_GRACE_S: Final = 30
_PRUNED_AT_ONCE: Final = 500

RunTurn = Callable[[int, int], None]
"""Makes a turn of a piece of work, by their numbers."""


class JobQueue:
    """An open queue; `url` is where it keeps what waits, `executor` a name that a process keeps over its restarts."""

    def __init__(self, url: str, run_turn: RunTurn, *, executor: str) -> None:
        logging.getLogger("dbos").handlers[:] = [logging.NullHandler()]
        logging.getLogger("dbos").propagate = True
        self._open(url, executor)
        self._turn = DBOS.workflow(name="advance")(run_turn)
        DBOS.launch()
        DBOS.register_queue(
            _QUEUE,
            worker_concurrency=_AT_ONCE,
            partition_concurrency=1,
            polling_interval_sec=_POLL_S,
            on_conflict="always_update",
        )

    def push(self, items: Iterable[WorkItem]) -> None:
        """Hand over turns; one that was handed over before isn't run twice."""
        for item in items:
            partition = str(item.work.installation_id)
            options = SetEnqueueOptions(queue_partition_key=partition)
            with SetWorkflowID(_name(item.id, item.turn)), options:
                DBOS.enqueue_workflow(_QUEUE, self._turn, item.id, item.turn)

    def cancel(self, turns: Iterable[tuple[int, int]]) -> None:
        """Forget turns that were lost, so that they don't stand in the way of their installation's next."""
        names = [_name(*turn) for turn in turns]
        if names:
            DBOS.cancel_workflows(names)

    def prune(self, *, before: datetime) -> None:
        """Delete what ended before a moment."""
        ended = DBOS.list_workflows(
            status=["SUCCESS", "ERROR", "CANCELLED"],
            end_time=before.isoformat(),
            limit=_PRUNED_AT_ONCE,
            load_input=False,
            load_output=False,
        )
        if ended:
            DBOS.delete_workflows([each.workflow_id for each in ended])

    def close(self) -> None:
        """Let running turns end, and stop."""
        DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=_GRACE_S)

    def _open(self, url: str, executor: str) -> None:
        config: DBOSConfig = {
            "name": "flujo",
            "system_database_url": url,
            "application_version": _VERSION,
            "executor_id": executor,
            "serializer": DBOSPortableJSONSerializer(),
            "log_level": "WARNING",
            "enable_otlp": False,
        }
        DBOS(config=config)


def _name(work_id: int, turn: int) -> str:
    return f"work-{work_id}-{turn}"
