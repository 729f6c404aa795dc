"""Who reads what: by name, as what came before, through the context, from inside a container."""

import pytest

from tests.builders import make_workflow
from workflow import DataFlow, read_data_flow

_STEPS = """\
- {name: first, uses: agents.reader, input: "{{ context.q }}"}
- {name: second, uses: agents.reader, input: "{{ context.q }}", sink_to: found}
- {name: third, uses: agents.reader}
- name: again
  kind: loop
  loop:
    exit_expression: "steps.late.output.done"
    body:
      - {name: early, uses: agents.reader}
      - {name: late, uses: agents.reader, input: "{{ previous_step }} {{ steps.first.output }}"}
- {name: last, uses: flujo.value.pass, input: "{{ context.found }}"}
"""


def _flow(steps: str = _STEPS, rest: str = "") -> DataFlow:
    return read_data_flow(make_workflow(steps, rest=rest))


@pytest.mark.parametrize(
    ("later", "earlier", "depends"),
    [
        ("second", "first", False),
        ("third", "second", True),
        ("third", "first", False),
        ("again", "first", True),
        ("last", "second", True),
        ("last", "third", False),
    ],
)
def test_a_step_depends_on_what_it_or_a_step_inside_it_reads(
    later: str, earlier: str, depends: bool
) -> None:
    assert _flow().depends(later, earlier) is depends


def test_readers_are_those_outside() -> None:
    flow = _flow()
    assert flow.readers("first") == ["again/late"]
    assert flow.readers("second") == ["third", "last"]
    assert flow.readers("again/late") == ["again"]


def test_the_last_of_a_block_gives_what_the_block_gives() -> None:
    flow = _flow()
    ends = [step_id for step_id in flow.steps if flow.ends_block(step_id)]
    assert ends == ["again/late", "last"]


def test_steps_inside_are_found_at_every_depth() -> None:
    assert _flow().inside("again") == ["again", "again/early", "again/late"]
    assert _flow().inside("first") == ["first"]


def test_a_function_of_the_users_may_read_all_of_the_context() -> None:
    flow = _flow(_STEPS + '- {name: own, uses: "skills:look", input: 1}\n')
    assert flow.depends("own", "second")
    assert not flow.depends("own", "first")


def test_who_may_set_any_key_is_seen_by_whoever_reads_one() -> None:
    steps = """\
- {name: a, uses: agents.reader, input: 1, updates_context: true}
- {name: b, uses: agents.reader, input: "{{ context.x }}"}
- {name: c, uses: agents.reader, input: 1}
"""
    assert _flow(steps).depends("b", "a")
    assert not _flow(steps).depends("c", "a")


def test_the_bare_name_of_a_list_is_a_key() -> None:
    steps = """\
- {name: a, uses: agents.reader, sink_to: items}
- {name: b, uses: agents.reader, input: 1}
- {name: each, kind: map, input: 1, map: {iterable_input: items, body: [{name: c, uses: agents.reader}]}}
"""
    assert _flow(steps).depends("each", "a")


def test_what_tests_policies_and_score_may_look_at_is_told() -> None:
    rest = 'score: third\ntests:\n- {name: t, assertions: ["result.step.second.success"]}\n'
    assert _flow(rest=rest).mentioned == {"second", "third"}
    everything = 'tests:\n- {name: t, assertions: ["len(result.steps) > 2"]}\n'
    assert len(_flow(rest=everything).mentioned) == 7
