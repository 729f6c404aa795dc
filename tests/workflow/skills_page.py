"""Writes the reference page of the built-in skills from their manifests and examples."""

import inspect
import json
from collections.abc import Iterator, Mapping
from itertools import groupby

from pydantic import JsonValue

from tests.workflow.skill_examples import EXAMPLES, Example
from workflow import BUILT_IN_SKILLS, SkillManifest
from workflow.skills import BUILT_IN_REFERENCES, find_built_in_manifest

_HEAD = """\
# Built-in skills

Ready in every spec: name one in a step's `uses:`, or in `agent: {id: …, params: {…}}` when it takes parameters, or
among a step's `validators:`. This page is written from the skills' own signatures, and its examples are run.

What all of them but `flujo.http.get` have in common: they are pure, so the same input gives the same output and running
them again changes nothing. Parameters are checked by type, and nothing is converted: `"10"` is no number. An input that
can't be worked with fails the step with the class `invalid_input` and a sentence, and isn't tried again. An input or
output has at most 4 MiB, a list at most 100,000 items.
"""

_HTTP = """\
The one skill with an effect on the outside. A request is given whole, as the parameters or as the step's input. It
speaks https; http reaches this machine only. Link-local addresses, those of cloud metadata services and their like are
refused; a private network is not, so write the URL in the spec rather than take it from a model. At most three
redirects on the same host are followed, at most 1 MiB is read. A status of 400 and more fails the step: 429 as
`rate_limited`, 500 and more as `unavailable`, others as `invalid_input`. Proxies and `.netrc` aren't used."""

_LISTS = """\
Work on lists. `where` and `by` are expressions of the [policy language](policy-language.md) over `item` and `index`;
with them a list has at most 10,000 items."""

_TEXT = """\
Work on text. Patterns are [RE2](https://github.com/google/re2/wiki/Syntax)'s, which take linear time: no look-around,
no back-references."""

_KINDS: Mapping[str, str] = {
    "string": "text",
    "array": "list",
    "integer": "whole number",
    "boolean": "true or false",
}
_NOTES: Mapping[str, str] = {
    "flujo.check": "Validators: each answers `valid`, and `feedback` for whoever must try again.",
    "flujo.http": _HTTP,
    "flujo.json": "Work on JSON data.",
    "flujo.list": _LISTS,
    "flujo.math": "Figures from numbers.",
    "flujo.text": _TEXT,
    "flujo.value": "Work on plain values.",
}


def write_page() -> str:
    """Return the page."""
    manifests = [_manifest(reference) for reference in BUILT_IN_REFERENCES]
    parts = [_HEAD, _write_overview(manifests)]
    for group, members in groupby(manifests, key=lambda one: one.reference.rpartition(".")[0]):
        parts.append(f"## `{group}`\n\n{_NOTES[group]}\n")
        parts += [_write_skill(manifest) for manifest in members]
    return "\n".join(parts)


def _manifest(reference: str) -> SkillManifest:
    found = find_built_in_manifest(reference)
    assert found is not None
    return found


def _write_overview(manifests: list[SkillManifest]) -> str:
    rows = [
        f"| [`{one.reference}`](#{_anchor(one.reference)}) | {_kind(one.input_schema)} | "
        f"{_kind(one.output_schema)} | {one.side_effects.value} |"
        for one in manifests
    ]
    return "\n".join(["| skill | takes | gives | side effects |", "|---|---|---|---|", *rows, ""])


def _write_skill(manifest: SkillManifest) -> str:
    skill = BUILT_IN_SKILLS.get(manifest.reference)
    text = inspect.getdoc(skill.function) if skill else manifest.summary
    shown = [
        f"### `{manifest.reference}`\n",
        f"{text}\n",
        _write_signature(manifest),
        *_write_params(manifest.params_schema),
        _write_example(EXAMPLES[manifest.reference]),
    ]
    return "\n".join(shown)


def _write_signature(manifest: SkillManifest) -> str:
    takes, gives = _describe(manifest.input_schema), _describe(manifest.output_schema)
    return f"Takes {takes}; gives {gives}; {manifest.side_effects.value}.\n"


def _write_params(schema: Mapping[str, JsonValue]) -> Iterator[str]:
    properties = schema["properties"]
    assert isinstance(properties, dict)
    if not properties:
        return
    yield "| parameter | type | default |"
    yield "|---|---|---|"
    for name, one in properties.items():
        assert isinstance(one, dict)
        default = f"`{json.dumps(one['default'])}`" if "default" in one else "must be given"
        yield f"| `{name}` | {_kind(one)}{_bounds(one)} | {default} |"
    yield ""


def _write_example(example: Example) -> str:
    given = {"input": example.data, "params": example.params, "output": example.output}
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in given.items()]
    return "```yaml\n" + "\n".join(lines) + "\n```\n"


def _kind(schema: Mapping[str, JsonValue]) -> str:
    """Name the type of a schema in a few words."""
    parts, items = schema.get("anyOf"), schema.get("items")
    if isinstance(parts, list):
        return " or ".join(_kind(part) for part in parts if isinstance(part, dict))
    if isinstance(schema.get("enum"), list):
        return _list_words(schema["enum"])
    if isinstance(items, dict):
        inner = _kind(items)
        return f"list of {f'({inner})' if ' ' in inner else inner}"
    kind = str(schema.get("type", "anything"))
    return _KINDS.get(kind, kind)


def _describe(schema: Mapping[str, JsonValue]) -> str:
    """Name the type of a schema, an object's with its fields."""
    fields = schema.get("properties")
    return (
        f"{_kind(schema)} with {_list_words(list(fields))}"
        if isinstance(fields, dict)
        else _kind(schema)
    )


def _list_words(words: JsonValue) -> str:
    return ", ".join(f"`{word}`" for word in words) if isinstance(words, list) else ""


def _bounds(schema: Mapping[str, JsonValue]) -> str:
    words = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤"}
    told = [f"{sign} {schema[key]}" for key, sign in words.items() if key in schema]
    longest = schema.get("maxLength")
    told += [f"at most {longest} characters"] if longest else []
    return f", {', '.join(told)}" if told else ""


def _anchor(reference: str) -> str:
    return reference.replace(".", "")
