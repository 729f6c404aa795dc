import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.workflow.any_workflow import documents, parse_any
from tests.workflow.styled_yaml import styled_texts
from workflow import Workflow, parse_workflow, parse_yaml
from workflow.yaml_io.line_finder import LineFinder

_SHARED = """\
name: n
steps:
- {name: a, uses: flujo.value.pass, meta: &m {x: 1}}
- {name: b, uses: flujo.value.pass, meta: *m}
"""
_FOLLOWED = """\
steps:
- name: a
  uses: flujo.value.pass
  description: |
    x

    y: 1
# about

name: n
tests:
- name: t
  assertions: [result.success]
"""


def _pointers(value: object, prefix: str = "") -> list[str]:
    found = [prefix]
    if isinstance(value, dict):
        for key, item in value.items():
            found += _pointers(item, f"{prefix}/{key.replace('~', '~0').replace('/', '~1')}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            found += _pointers(item, f"{prefix}/{index}")
    return found


def _assert_same_lines(workflow: Workflow) -> None:
    whole, finder = parse_yaml(workflow.text), LineFinder(workflow)
    for pointer in _pointers(workflow.document):
        assert finder(pointer) == whole.position(pointer).line, pointer


@settings(deadline=None, max_examples=60)
@given(documents, st.data())
def test_a_line_is_the_one_the_whole_text_gives_however_it_is_written(
    document: dict[str, object], data: st.DataObject
) -> None:
    plain = json.loads(json.dumps(document))
    _assert_same_lines(parse_any(document, text=data.draw(styled_texts(plain))))


@pytest.mark.parametrize(
    "text",
    [
        "steps: [{name: a, uses: flujo.value.pass}, {name: b, uses: flujo.value.pass}]\nname: n\n",
        _SHARED,
        _FOLLOWED,
        "steps:\n-\n  name: a\n  uses: flujo.value.pass\n-\n  name: b\n  uses: flujo.value.pass\n",
        '"steps":\n  - {name: a, uses: flujo.value.pass, description: "x\n\n    y"}\n"name": n\n',
        "name: n\r\nsteps:\r\n- {name: a,\r\n   uses: flujo.value.pass}\r\n",
    ],
)  # fmt: skip
def test_a_line_is_right_where_a_part_cannot_be_read_alone(text: str) -> None:
    _assert_same_lines(parse_workflow(text))


def test_a_place_that_is_not_there_has_the_line_of_what_encloses_it() -> None:
    finder = LineFinder(parse_workflow("name: n\nsteps:\n- name: a\n  uses: flujo.value.pass\n"))
    assert finder("/steps/0/config/timeout_s") == 3
    assert finder("/agents/x") == 1
    assert finder("") == 1
