"""The reference page of other emitters' names, written from the tables."""

from collections.abc import Iterable

from telemetry.volume.aliases import CACHE_BESIDE_INPUT, TABLES, Alias, AliasTable, Meaning, Work
from telemetry.volume.normalise import ERROR_CLASSES

_HEAD = """# Names of other emitters

Which attributes of spans Flujo reads, and what it takes them to mean. Of several names for the same thing the first
one counts, in the order of this page: what a span declares in our words goes before the conventions of OpenTelemetry,
and those before OpenInference's. A name with an end was replaced by the one before it and is still read. Attributes
that are neither here nor among the [span attributes](span-attributes.md) are never read; prompts, answers, messages of
exceptions and names of spans are among them.

This page is written from `telemetry/volume/aliases/`.
"""
_WORKS = {
    Work.CALL: "a request to a model: an attempt of the step; of two around each other only the inner one",
    Work.AGENT: "an execution of the step; its totals repeat those of its calls and aren't read",
    Work.PART: "anything else: counts as a span of the step, and adds nothing",
}


def write_page() -> str:
    """Return the whole page."""
    tables = [line for table in TABLES for line in _describe(table)]
    return "\n".join([_HEAD, *tables, *_describe_works(), *_describe_rules()]) + "\n"


def _describe(table: AliasTable) -> Iterable[str]:
    yield f"## {table.emitter}\n"
    place = table.source if "://" in table.source else f"the [contract]({table.source})"
    yield f"Version {table.version}, as in {place}.\n"
    yield "| attribute | versions | meaning |"
    yield "|---|---|---|"
    for alias in table.aliases:
        yield f"| `{alias.name}` | {_versions(alias)} | {alias.meaning.value} |"
    yield ""


def _versions(alias: Alias) -> str:
    match bool(alias.since), bool(alias.until):
        case True, True:
            return f"{alias.since} to {alias.until}"
        case True, False:
            return f"since {alias.since}"
        case False, True:
            return f"until {alias.until}"
        case _:
            return "all"


def _describe_works() -> Iterable[str]:
    yield "## Kinds of work\n"
    yield "| what a span is | said by |"
    yield "|---|---|"
    for work, meaning in _WORKS.items():
        said = [
            f"`{alias.name}` = `{value}`"
            for table in TABLES
            for alias in table.aliases
            if alias.meaning is Meaning.OPERATION
            for value, kind in table.works.items()
            if kind is work
        ]
        if work is Work.CALL:
            said += [f"`{table.implied_by}` alone" for table in TABLES if table.implied_by]
        yield f"| {meaning} | {', '.join(said) or 'all other spans that declare a step'} |"
    yield ""


def _describe_rules() -> Iterable[str]:
    beside = " and ".join(f"`{name}`" for name in sorted(CACHE_BESIDE_INPUT))
    yield "## Tokens, costs and errors\n"
    yield (
        "Cached tokens are a part of the input tokens. Where an emitter passes on what the provider counts, those of\n"
        f"{beside} are added, for these providers count them beside the input.\n"
    )
    yield (
        "A cost that the emitter states counts as it is. Otherwise it is worked out from the tokens by the table of\n"
        "`genai-prices`, at the price of the span's own date; `flujo stats` says for how many calls, by which version\n"
        "of the table. Of a provider or a model that isn't in the table nothing is said.\n"
    )
    yield (
        "A span failed if its status is an error. Why is read from `error.type`, if it is one of these; all else is a\n"
        "`crash`.\n"
    )
    yield "| `error.type` | error class |"
    yield "|---|---|"
    for kind, error in ERROR_CLASSES.items():
        yield f"| `{kind}` | `{error.value}` |"
