"""A version's hash: the same for what means the same, another for everything that changes behaviour."""

import json
from collections.abc import Callable

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from tests.builders import make_reader
from tests.workflow.json_documents import values
from workflow import Workflow, parse_workflow
from workflow.identity import UnresolvedError, canonical_json, hash_document, read_beside

TEXT = """\
version: "0.1"
name: triage
agents:
  writer: {model: "sim:large", system_prompt: {from_file: prompts/reply.md}}
imports: {other: parts/other.yaml}
steps:
  - name: draft
    uses: agents.writer
    config: {timeout_s: 60}
"""
FILES = {
    "prompts/reply.md": "Reply.\n",
    "parts/other.yaml": (
        "agents: {a: {model: m, system_prompt: {from_file: own.md}}}\n"
        "steps: [{name: inner, uses: agents.a}]\n"
    ),
    "parts/own.md": "Own.",
}


def parse(text: str = TEXT, **changed: str) -> Workflow:
    files = {**FILES, **{path.replace("__", "/"): content for path, content in changed.items()}}
    return parse_workflow(text, read=make_reader(files))


def test_the_hash_of_a_document_never_changes_between_releases() -> None:
    assert parse().spec_sha256 == (
        "2d6534059fc66f98ea7d6d67c913f500026883d19065731170412bd16a3c53ee"
    )


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace("name: triage", "name: triage # a comment"),
        TEXT.replace("{timeout_s: 60}", "\n      timeout_s: 60.0"),
        TEXT.replace("name: triage", '"name": "triage"'),
        "\n".join([*TEXT.splitlines()[1:], TEXT.splitlines()[0]]),
    ],
    ids=["comment", "layout", "quotes", "key order"],
)
def test_what_means_the_same_has_the_same_hash(text: str) -> None:
    assert parse(text).spec_sha256 == parse().spec_sha256


@pytest.mark.parametrize(
    ("text", "files"),
    [
        (TEXT.replace("60", "61"), {}),
        (TEXT.replace("name: triage\n", "name: triage\ndescription: d\n"), {}),
        (TEXT, {"prompts__reply.md": "Reply!\n"}),
        (TEXT, {"parts__other.yaml": FILES["parts/other.yaml"] + "name: x\n"}),
        (TEXT, {"parts__own.md": "Another prompt of the import."}),
    ],
    ids=["a value", "documentation", "a prompt file", "an import", "an import's prompt file"],
)
def test_everything_else_changes_the_hash(text: str, files: dict[str, str]) -> None:
    assert parse(text, **files).spec_sha256 != parse().spec_sha256


def test_a_comment_in_an_import_changes_nothing() -> None:
    changed = {"parts__other.yaml": "# hello\n" + FILES["parts/other.yaml"]}
    assert parse(**changed).spec_sha256 == parse().spec_sha256


documents = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(deadline=None, max_examples=50)
@given(documents)
def test_hashes_agree_exactly_when_the_canonical_json_does(document: JsonValue) -> None:
    same = json.loads(json.dumps(document))
    assert hash_document(same) == hash_document(document)
    assert hash_document([document]) != hash_document(document)


def test_numbers_that_json_can_not_hold_have_no_hash() -> None:
    with pytest.raises(UnresolvedError, match="canonical JSON"):
        hash_document(2**53)


@pytest.mark.parametrize("path", ["", "/etc/passwd", "../x", "a/../../x", "a\\b", "a\x00b", "a/.."])
def test_files_elsewhere_are_not_even_asked_for(path: str) -> None:
    def read(_: str) -> str:
        raise AssertionError("asked for it")

    with pytest.raises(UnresolvedError, match="outside the spec's folder"):
        read_beside(path, "", read)


def test_a_file_that_is_not_text_is_told() -> None:
    def read(_: str) -> str:
        return b"\xff".decode("utf-8")

    with pytest.raises(UnresolvedError, match="can't read 'x'"):
        read_beside("x", "", read)


def canonical_or_refused(dumps: Callable[[JsonValue], bytes], value: JsonValue) -> bytes:
    try:
        return dumps(value)
    except rfc8785.CanonicalizationError:
        return b"refused"


@settings(deadline=None, max_examples=200)
@given(values)
def test_the_quick_way_writes_what_the_reference_implementation_writes(value: JsonValue) -> None:
    assert canonical_or_refused(canonical_json, value) == canonical_or_refused(rfc8785.dumps, value)


@pytest.mark.parametrize(
    "value",
    [
        {"\ufb33": 1, "\U0001f600": 2, "a": 3},
        {"b": '\x00\x1f\x7f\u2028/\\"\t😀', "a": "é"},
        [0.1, -0.5, 1.0, -0.0, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 123456789.125, 1e15, 1.5e300, 5e-324],
        [2**53 - 1, -(2**53) + 1, True, False, None],
        2**53,
        -(2**70),
    ],
)
def test_keys_numbers_and_escapes_are_written_as_the_reference_does(value: JsonValue) -> None:
    assert canonical_or_refused(canonical_json, value) == canonical_or_refused(rfc8785.dumps, value)
