"""A version's hash: the same for what means the same, another for everything that changes behaviour."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from tests.builders import make_reader
from workflow import Workflow, parse_workflow
from workflow.identity import UnresolvedError, hash_document, read_beside

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
