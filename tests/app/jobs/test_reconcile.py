"""What was lost on the way is asked for again, unless asking again can't help."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from app.forge import AppForge, HookDelivery
from app.jobs.handlers import Context
from app.jobs.reconcile import replay_deliveries
from app.store import open_store
from tests.app.jobs.workshops import START


@dataclass
class Hook:
    """The part of an App that tells of deliveries and sends them again."""

    sent: tuple[HookDelivery, ...]
    again: list[int] = field(default_factory=list)

    def deliveries(self, since: datetime) -> tuple[HookDelivery, ...]:
        return tuple(each for each in self.sent if each.delivered_at > since)

    def redeliver(self, delivery_id: int) -> None:
        self.again.append(delivery_id)


def send(number: int, status: int, *, guid: str = "") -> HookDelivery:
    at = START - timedelta(minutes=number)
    return HookDelivery(number, guid or f"g{number}", "push", "", at, status, False, 5)


def replay(folder: Path, *sent: HookDelivery) -> list[int]:
    hook = Hook(sent)
    context = Context(open_store(folder / "flujo.db"), 0, START)
    replay_deliveries(context, cast("AppForge", hook))
    return hook.again


@pytest.mark.parametrize("status", [0, 429, 500, 502, 503, 504])
def test_what_another_attempt_may_deliver_is_sent_again(tmp_path: Path, status: int) -> None:
    assert replay(tmp_path, send(1, status)) == [1]


@pytest.mark.parametrize("status", [200, 202, 400, 401, 413])
def test_what_arrived_or_is_refused_for_good_is_not(tmp_path: Path, status: int) -> None:
    assert replay(tmp_path, send(1, status)) == []


def test_the_last_attempt_counts(tmp_path: Path) -> None:
    latest_first = (send(1, 503, guid="a"), send(2, 401, guid="a"))
    assert replay(tmp_path, *latest_first) == [1]
    assert replay(tmp_path, *reversed(latest_first)) == []
