import re

from hypothesis import given, settings
from hypothesis import strategies as st

from diff_ux import describe_changes, draw_change, render_changes, render_picture
from diff_ux.flowchart import SHAPES
from diff_ux.labels import MAX_LABEL, label
from diff_ux.picture import count_rows
from diff_ux.sentences.whole_steps import KINDS
from tests.diff_ux.specs import hostile_workflows, loop, route, step, workflow
from workflow import Workflow, diff_workflows
from workflow.format.step_spec import StepSpec


def _draw(before: Workflow, after: Workflow) -> str:
    return draw_change(before, after, diff_workflows(before, after))


def _chain(count: int, **fields: object) -> Workflow:
    return workflow(*(step(f"s{number}", input=str(number), **fields) for number in range(count)))


def test_far_steps_are_folded_to_how_many_they_are() -> None:
    before = _chain(20)
    steps = [
        step(f"s{n}", input=str(n), **({"sink_to": "x"} if n == 10 else {})) for n in range(20)
    ]
    text = _draw(before, workflow(*steps))
    assert '"~ s10"' in text
    assert '"s9"' in text
    assert '"s11"' in text
    assert "⋯ 9 unchanged" in text
    assert "⋯ 8 unchanged" in text
    assert '"s8"' not in text


def test_the_same_flow_is_drawn_once() -> None:
    text = _draw(workflow(step("a")), workflow(step("a", config={"max_retries": 1})))
    assert "Before" not in text
    assert text.count('"~ a"') == 1


def test_a_flow_that_differs_by_a_field_alone_is_drawn_before_and_after() -> None:
    def machine(*transitions: tuple[str, str]) -> Workflow:
        states = {name: [step(f"in_{name}")] for name in ("x", "y")}
        arrows = [{"from": source, "to": target} for source, target in transitions]
        kind = {"kind": "StateMachine", "name": "m", "start_state": "x", "end_states": ["y"]}
        return workflow({**kind, "states": states, "transitions": arrows})

    text = _draw(machine(("x", "y")), machine(("x", "y"), ("y", "x")))
    assert '["Before"]' in text
    assert text.count("-->") == 2 + 3


def test_no_colour_of_a_frame_seems_to_mean_something() -> None:
    inner = loop("refine", step("draft", sink_to="x"))
    text = _draw(workflow(loop("refine", step("draft"))), workflow(inner))
    assert "classDef frame fill:none" in text
    assert "class f0 frame" in text


def test_the_rows_of_a_picture_are_those_of_its_longest_way_down() -> None:
    before = workflow(step("a"), route("r", x=[step("b"), step("c")], y=[step("d")]), step("e"))
    steps = (step("a"), route("r", x=[step("b"), step("c")], y=[step("d")]), step("e", sink_to="x"))
    assert count_rows(_draw(before, workflow(*steps))) == 5
    assert count_rows(_draw(_chain(300), _chain(300, sink_to="x"))) == 0
    assert count_rows(_draw(workflow(step("a")), workflow(step("a", sink_to="x")))) == 1


def test_another_flow_is_drawn_before_and_after() -> None:
    text = _draw(workflow(step("a")), workflow(step("a"), step("b", input="x")))
    assert '["Before"]' in text
    assert '["After"]' in text
    assert '"＋ b"' in text


def test_a_flow_too_wide_for_two_pictures_shows_what_is_gone_in_a_frame() -> None:
    steps = [step(f"s{number}", input=str(number)) for number in range(40)]
    changed = [{**one, "sink_to": "x"} if index % 3 else one for index, one in enumerate(steps)]
    text = _draw(workflow(*steps), workflow(*changed[:5], *changed[6:]))
    assert '["Removed"]' in text
    assert '"− s5"' in text
    assert "Before" not in text


def test_a_change_of_an_agent_marks_the_steps_that_use_it() -> None:
    before = workflow(step("a"), agents={"writer": {"model": "m"}})
    after = workflow(step("a"), agents={"writer": {"model": "n"}})
    assert '"~ a"' in _draw(before, after)


def test_what_touches_no_step_has_no_picture() -> None:
    before, after = workflow(step("a")), workflow(step("a"), description="d")
    assert _draw(before, after) == ""
    assert render_changes(diff_workflows(before, after), before, after, "mermaid") == ""


def test_a_picture_too_large_becomes_a_table_that_says_so() -> None:
    before, after = _chain(300), _chain(300, sink_to="x")
    table = _draw(before, after)
    assert table.startswith("_Too large to draw: 300 steps change._")
    assert "| ~ | `s0` | `step` |" in table
    assert "200 more" in table
    assert render_picture(table) == table.rstrip("\n")


def test_containers_are_frames_with_shapes_of_their_own() -> None:
    inner = loop("refine", step("draft", sink_to="x"))
    text = _draw(workflow(loop("refine", step("draft"))), workflow(inner))
    assert '(["loop refine"])' in text
    assert "subgraph f0" in text
    assert text.count("-->") == 2


def test_every_kind_of_step_has_a_shape_and_a_name_of_its_own() -> None:
    kinds = {tag.removeprefix("kind=") for tag in re.findall(r"kind=\w+", repr(StepSpec))}
    assert len(kinds) > 10
    assert kinds <= SHAPES.keys()
    assert kinds - {"step"} <= KINDS.keys()


def test_a_labels_data_never_leaves_its_quotes() -> None:
    assert label('a"]; click n0') == "a#34;#93;#59; click n0"
    assert label("draft_email.v-2") == "draft_email.v-2"
    assert label("_x_") == "#95;x#95;"


def test_a_label_cannot_bring_mermaids_own_placeholders() -> None:
    assert "#182;#223;" not in label("ﬂ°°60¶ßb")


@settings(deadline=None, max_examples=50)
@given(st.text(max_size=200))
def test_a_label_holds_sixty_visible_characters_of_a_safe_alphabet(text: str) -> None:
    made = label(text)
    assert re.fullmatch(r"(?:[A-Za-z0-9 _.-]|#[0-9]+;)*", made)
    assert len(re.sub(r"#[0-9]+;", "x", made)) <= MAX_LABEL


@settings(deadline=None, max_examples=30)
@given(hostile_workflows, hostile_workflows)
def test_every_picture_stays_within_its_bounds(before: Workflow, after: Workflow) -> None:
    text = _draw(before, after)
    assert len(text.encode()) <= 40_000
    assert "click " not in "\n".join(line for line in text.splitlines() if '"' not in line)


def test_markdown_shows_picture_and_sentences() -> None:
    before = workflow(route("r", x=[step("a")]))
    after = workflow(route("r", x=[step("a", config={"max_retries": 1})]))
    changes = diff_workflows(before, after)
    text = render_changes(changes, before, after, "markdown")
    assert text.startswith("```mermaid\n")
    assert describe_changes(changes)[0].markdown in text
    assert render_changes((), before, before, "markdown") == "No changes.\n"
