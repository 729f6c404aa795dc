"""Our diagrams, read back by Mermaid itself: 300 hostile ones, ten thousand with `FLUJO_VERIFY=1`; one Node process."""

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from pydantic import JsonValue

from diff_ux.drawing import Arrow, Box, Drawing, Frame, Mark, draw
from diff_ux.flowchart import to_mermaid
from diff_ux.picture import compose_drawing
from diff_ux.safe_text import shorten, show_invisible, show_spaces
from tests.diff_ux.golden_cases import list_cases, read_case
from tests.diff_ux.naughty import LONG, NAUGHTY
from tests.diff_ux.specs import hostile_workflows
from workflow import Workflow, build_graph, diff_workflows

_RENDER = Path(__file__).parent / "render"
_ENTITY = re.compile(r"ﬂ°°(\d+)¶ß")
_SPECS = 10_000 if os.environ.get("FLUJO_VERIFY") else 300

_SHAPES = {
    "step": "square",
    "conditional": "diamond",
    "dynamic_router": "diamond",
    "parallel": "hexagon",
    "map": "lean_right",
    "loop": "stadium",
    "cache": "cylinder",
    "hitl": "trapezoid",
    "StateMachine": "subroutine",
    "agentic_loop": "stadium",
    "tree_search": "doublecircle",
    "": "round",
}

_SIGNS = {"added": "＋", "removed": "−", "changed": "~", "moved": "↷", "folded": "⋯"}

_ACTING = (
    'flowchart TB\nn0["a"]\nclick n0 "https://evil.example"',
    'flowchart TB\nn0["a"]\nclick n0 call alert()',
    'flowchart TB\nn0@{img: "https://evil.example/x.png"}',
    'flowchart TB\nn0@{icon: "fa:ban"}',
    'flowchart TB\nn0["a"]\nstyle n0 fill:#f00',
    '%%{init: {"theme": "dark"}}%%\nflowchart TB\nn0["a"]',
    '---\nconfig:\n  theme: dark\n---\nflowchart TB\nn0["a"]',
)

_HOSTILE_SIGNS = (
    '"',
    "`",
    "[",
    "(",
    "{",
    "<",
    "*",
    "#",
    "|",
    ";",
    "@",
    "end",
    "\N{RIGHT-TO-LEFT OVERRIDE}",
)
_HOSTILE_TEXTS = ("%%{init", "<script", "javascript:", "click n0", "-->", "¶ß", "\n")

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not (_RENDER / "node_modules" / "mermaid").is_dir(),
    reason="needs Node and `npm ci --ignore-scripts` in tests/diff_ux/render",
)


@dataclass(frozen=True, slots=True)
class _ReadBack:
    """What we drew, and what Mermaid understood; and what it understood of texts that act."""

    drawings: list[Drawing]
    generated: list[Drawing]
    answers: list[dict[str, JsonValue]]
    acting: list[dict[str, JsonValue]]


@pytest.fixture(scope="module")
def read_back() -> _ReadBack:
    generated = _draw_generated()
    drawings = [*_draw_labels(), *_draw_cases(), *generated]
    answers = _ask_mermaid([*map(to_mermaid, drawings), *_ACTING])
    count = len(drawings)
    return _ReadBack(drawings, generated, answers[:count], answers[count:])


def test_mermaid_reads_back_exactly_what_we_drew_whatever_the_names(read_back: _ReadBack) -> None:
    for drawing, answer in zip(read_back.drawings, read_back.answers, strict=True):
        _assert_same(drawing, answer)


def test_the_generated_specs_are_as_many_and_as_hostile_as_they_should_be(
    read_back: _ReadBack,
) -> None:
    assert len(read_back.generated) >= _SPECS
    names = {box.name for drawing in read_back.generated for box in drawing.boxes()}
    for sign in _HOSTILE_SIGNS:
        assert any(sign in name for name in names), sign
    labels = {box.name for drawing in read_back.drawings for box in drawing.boxes()}
    assert all(any(part in text for text in labels) for part in _HOSTILE_TEXTS)
    assert any(len(text) >= 10_000 for text in labels)


def test_nothing_of_a_diagram_acts(read_back: _ReadBack) -> None:
    assert [_what_acts(answer) for answer in read_back.answers] == [[]] * len(read_back.answers)


def test_mermaid_would_tell_us_what_acts(read_back: _ReadBack) -> None:
    assert all(_what_acts(answer) for answer in read_back.acting)


def test_every_diagram_says_with_a_sign_what_it_says_with_a_colour(read_back: _ReadBack) -> None:
    for answer in read_back.answers:
        for vertex in _objects(answer["vertices"]):
            sign, classes = str(vertex["text"])[0], _list(vertex["classes"])
            assert [_SIGNS[str(name)] for name in classes] == [sign] * len(classes)


def _draw_labels() -> list[Drawing]:
    """Naughty texts that no spec lets pass as a name, on boxes, arrows and frames all the same."""
    return [
        Drawing(
            (Box("a", text, "step", Mark.ADDED), Frame((Box("b", text, "", Mark.SAME),), text)),
            (Arrow("a", "b", text),),
        )
        for text in (*NAUGHTY, *LONG)
    ]


def _draw_cases() -> list[Drawing]:
    cases = map(read_case, list_cases())
    drawn = (compose_drawing(case.before, case.after, case.changes) for case in cases)
    return [drawing for drawing in drawn if drawing]


def _draw_generated() -> list[Drawing]:
    """Whole specs with every other step marked, in turn with the change from one spec to the next."""
    drawings: list[Drawing] = []
    previous: list[Workflow] = []

    @settings(
        deadline=None,
        max_examples=_SPECS,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(hostile_workflows)
    def collect(drawn: Workflow) -> None:
        before = previous.pop() if previous else None
        changes = diff_workflows(before, drawn) if before else ()
        changed = compose_drawing(before, drawn, changes) if before else None
        drawings.append(changed or _draw_all(drawn))
        previous.extend([] if before else [drawn])

    collect()
    return drawings


def _draw_all(drawn: Workflow) -> Drawing:
    marks = {node.step_id: Mark.CHANGED for node in drawn.nodes[::2]}
    return draw(build_graph(drawn), marks, frozenset(node.step_id for node in drawn.nodes))


def _ask_mermaid(texts: list[str]) -> list[dict[str, JsonValue]]:
    done = subprocess.run(
        ["node", "read_back.mjs"],
        cwd=_RENDER,
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        timeout=1_200,
        check=True,
    )
    found: list[dict[str, JsonValue]] = json.loads(done.stdout)
    return found


def _what_acts(answer: dict[str, JsonValue]) -> list[JsonValue]:
    """Return links, calls, pictures, styles, classes that aren't ours, and settings that Mermaid found."""
    keys = ("link", "img", "icon", "hasCallback", "styles")
    vertices = _objects(answer["vertices"])
    found = [vertex[key] for vertex in vertices for key in keys]
    named = {str(name) for vertex in vertices for name in _list(vertex["classes"])}
    return [one for one in (*found, answer["config"], *sorted(named - set(_SIGNS))) if one]


def _assert_same(drawing: Drawing, read: dict[str, JsonValue]) -> None:
    assert "error" not in read, read
    boxes = drawing.boxes()
    ids = {box.key: f"n{index}" for index, box in enumerate(boxes)}
    signs = {box.key: f"{box.mark.value} " if box.mark.value else "" for box in boxes}
    told = {vertex["id"]: _decode(vertex["text"]) for vertex in _objects(read["vertices"])}
    assert told == {ids[box.key]: _shown(box.name or '""', signs[box.key]) for box in boxes}
    shapes = {vertex["id"]: vertex["shape"] for vertex in _objects(read["vertices"])}
    assert shapes == {ids[box.key]: _SHAPES[box.kind] for box in boxes}
    edges = [
        (edge["start"], edge["end"], _decode(edge["text"])) for edge in _objects(read["edges"])
    ]
    assert edges == [
        (ids[arrow.source], ids[arrow.target], _shown(arrow.label)) for arrow in drawing.arrows
    ]
    titles = [_decode(frame["title"]) for frame in _objects(read["frames"])]
    assert sorted(titles) == sorted(_frames(drawing.items))


def _objects(value: JsonValue) -> list[dict[str, JsonValue]]:
    return [one for one in _list(value) if isinstance(one, dict)]


def _list(value: JsonValue) -> list[JsonValue]:
    assert isinstance(value, list)
    return value


def _shown(text: str, prefix: str = "") -> str:
    seen = show_spaces(show_invisible(text)).replace("¶ß", "\\u{b6}ß")
    return prefix + shorten(seen, 60 - len(prefix))


def _frames(items: tuple[Box | Frame, ...]) -> list[str]:
    frames = [item for item in items if isinstance(item, Frame)]
    return [title for frame in frames for title in (_shown(frame.title), *_frames(frame.items))]


def _decode(text: object) -> str:
    return _ENTITY.sub(lambda match: chr(int(match.group(1))), str(text))
