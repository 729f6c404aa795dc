"""The rows that benchmarks print: judged by the figure, with peers that do the same work or are named as missing."""

import asyncio
import sys
from collections.abc import Callable

import pytest

from benchmarks.table.peers import (
    DATA,
    RunOnce,
    open_burr,
    open_otel_spans,
    open_pydantic_graph,
)
from benchmarks.table.rows import print_missing, print_row

PEERS = {
    "burr": open_burr,
    "pydantic_graph": open_pydantic_graph,
    "opentelemetry.sdk.trace": open_otel_spans,
}

every_peer = pytest.mark.parametrize(("package", "open_peer"), PEERS.items(), ids=PEERS)


@pytest.mark.parametrize(("figure", "judged"), [(14.99, "within"), (15, "within"), (15.01, "over")])
def test_a_row_is_judged_by_its_figure(
    figure: float, judged: str, capsys: pytest.CaptureFixture[str]
) -> None:
    print_row("a step", figure, "µs", target=15, reference=5, of="bare")
    line = capsys.readouterr().out
    assert f"target ≤ 15 µs: {judged}" in line
    assert line.rstrip().endswith("3.00 × bare")


def test_a_peer_that_is_missing_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    print_missing("burr", ["burr"])
    assert "not installed: burr" in capsys.readouterr().out


@every_peer
def test_a_peer_that_is_not_installed_is_none(
    package: str, open_peer: Callable[[int], RunOnce | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    assert open_peer(3) is None


@every_peer
def test_a_peer_passes_the_data_through_its_steps(
    package: str, open_peer: Callable[[int], RunOnce | None]
) -> None:
    pytest.importorskip(package)
    run_once = open_peer(3)
    assert run_once is not None
    once, again = asyncio.run(twice(run_once))
    assert once == again == DATA


async def twice(run_once: RunOnce) -> tuple[object, object]:
    return await run_once(), await run_once()
