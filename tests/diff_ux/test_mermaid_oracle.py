"""Our diagrams, read back by Mermaid itself."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from pydantic import JsonValue

from diff_ux import draw_change
from diff_ux.drawing import Box, Drawing, Frame, Mark, draw
from diff_ux.flowchart import to_mermaid
from diff_ux.safe_text import shorten, show_invisible, show_spaces
from tests.diff_ux.specs import HOSTILE, hostile_workflows, route, step, workflow
from workflow import Workflow, build_graph, diff_workflows

_RENDER = Path(__file__).parent / "render"
_ENTITY = re.compile(r"ﬂ°°(\d+)¶ß")

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not (_RENDER / "node_modules" / "mermaid").is_dir(),
    reason="needs Node and `npm ci --ignore-scripts` in tests/diff_ux/render",
)


def _read_back(texts: list[str]) -> list[dict[str, JsonValue]]:
    done = subprocess.run(
        ["node", "read_back.mjs"],
        cwd=_RENDER,
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    found: list[dict[str, JsonValue]] = json.loads(done.stdout)
    return found


def _draw_all(workflow: Workflow) -> Drawing:
    marks = {node.step_id: Mark.CHANGED for node in workflow.nodes[::2]}
    return draw(build_graph(workflow), marks, frozenset(node.step_id for node in workflow.nodes))


def _shown(text: str, prefix: str = "") -> str:
    return prefix + shorten(show_spaces(show_invisible(text)), 60 - len(prefix))


def _frames(items: tuple[Box | Frame, ...]) -> list[str]:
    frames = [item for item in items if isinstance(item, Frame)]
    return [title for frame in frames for title in (_shown(frame.title), *_frames(frame.items))]


def _decode(text: object) -> str:
    return _ENTITY.sub(lambda match: chr(int(match.group(1))), str(text))


def _assert_same(drawing: Drawing, read: dict[str, JsonValue]) -> None:
    assert "error" not in read, read
    boxes = drawing.boxes()
    ids = {box.key: f"n{index}" for index, box in enumerate(boxes)}
    signs = {box.key: f"{box.mark.value} " if box.mark.value else "" for box in boxes}
    assert isinstance(read["vertices"], list)
    assert isinstance(read["edges"], list)
    assert isinstance(read["frames"], list)
    vertices = [vertex for vertex in read["vertices"] if isinstance(vertex, dict)]
    edges = [edge for edge in read["edges"] if isinstance(edge, dict)]
    titles = [_decode(frame["title"]) for frame in read["frames"] if isinstance(frame, dict)]
    told = {vertex["id"]: _decode(vertex["text"]) for vertex in vertices}
    assert told == {ids[box.key]: _shown(box.name, signs[box.key]) for box in boxes}
    assert [(edge["start"], edge["end"], _decode(edge["text"])) for edge in edges] == [
        (ids[arrow.source], ids[arrow.target], _shown(arrow.label)) for arrow in drawing.arrows
    ]
    assert sorted(titles) == sorted(_frames(drawing.items))
    assert all(vertex["link"] is None and not vertex["hasCallback"] for vertex in vertices)


def test_mermaid_reads_back_exactly_what_we_drew_whatever_the_names() -> None:
    drawings = [
        _draw_all(workflow(step(name), route(name + "!", **{name: step(name)}))) for name in HOSTILE
    ]

    @settings(
        deadline=None,
        max_examples=100,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(hostile_workflows)
    def collect(drawn: Workflow) -> None:
        drawings.append(_draw_all(drawn))

    collect()
    for drawing, read in zip(
        drawings, _read_back([to_mermaid(drawing) for drawing in drawings]), strict=True
    ):
        _assert_same(drawing, read)


def test_a_change_of_hostile_steps_draws_no_link_and_no_callback() -> None:
    before = workflow(*(step(name) for name in HOSTILE[:10]))
    after = workflow(*(step(name, input="x") for name in HOSTILE[2:12]))
    (read,) = _read_back([draw_change(before, after, diff_workflows(before, after))])
    assert isinstance(read["vertices"], list)
    for vertex in read["vertices"]:
        assert isinstance(vertex, dict)
        assert vertex["link"] is None
        assert not vertex["hasCallback"]
