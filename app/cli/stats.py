"""`flujo stats`: what did the steps do, by the telemetry that was taken in?"""

import csv
import io
import re
import sys
import time
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from app.adapters.known_versions import find_known_versions
from app.adapters.spec_files import open_spec
from app.cli.output import print_json, print_text
from app.cli.serving import DEFAULT_DATA, DatabaseOption, DataOption, open_kept
from app.cli.stats_table import render_statistics
from app.errors import BadInputError
from app.store import Selection
from app.use_cases.read_statistics import Statistics, StepFigures, VersionFigures, read_statistics
from telemetry.volume import HOUR_S

_WINDOW = re.compile(r"(\d{1,5})([hdw])").fullmatch
_HOURS = {"h": 1, "d": 24, "w": 7 * 24}


class StatsFormat(StrEnum):
    """How statistics are written."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"


def stats(
    spec: Annotated[Path | None, typer.Argument(help="only this spec", show_default=False)] = None,
    last: Annotated[str, typer.Option(help="how far back: 12h, 7d, 4w or all")] = "7d",
    repository: Annotated[
        str | None, typer.Option("--repository", help="only this one's telemetry")
    ] = None,
    repo: Annotated[
        Path, typer.Option("--repo", help="the git repository whose versions are known")
    ] = Path(),
    data: DataOption = DEFAULT_DATA,
    database: DatabaseOption = None,
    output: Annotated[
        StatsFormat, typer.Option("--format", help="text for people, json and csv for programs")
    ] = StatsFormat.TEXT,
) -> None:
    """Print runs, success, latency, cost and share of every step; versions on no known branch stand apart."""
    workflow = open_spec(spec) if spec else None
    _, store = open_kept(data, database)
    hour = int(time.time()) // HOUR_S
    hours = _parse_window(last)
    wanted = Selection(
        repository=repository,
        spec_path=workflow.path if workflow else None,
        first_hour=None if hours is None else hour - hours + 1,
    )
    found = judge_drift(read_statistics(store, wanted), spec.parent if spec else repo)
    if output is StatsFormat.JSON:
        print_json(statistics_to_json(found))
    elif output is StatsFormat.CSV:
        sys.stdout.write(statistics_to_csv(found))
    else:
        span = (wanted.first_hour, hour)
        print_text(render_statistics(found, workflow, hours=span))


def judge_drift(found: Statistics, folder: Path) -> Statistics:
    """Say of every version whether a branch of the repository around `folder` knows it."""
    by_path: dict[str, set[str]] = {}
    for version in found.versions:
        by_path.setdefault(version.spec_path, set()).add(version.spec_sha256)
    known = {path: find_known_versions(folder, path, wanted) for path, wanted in by_path.items()}

    def judge(version: VersionFigures) -> VersionFigures:
        versions = known[version.spec_path]
        # Who declares no version claims none, so there is nothing to be known.
        unknown = versions is None or not version.spec_sha256
        drift = None if unknown else version.spec_sha256 not in (versions or ())
        return replace(version, drift=drift)

    return replace(found, versions=tuple(judge(version) for version in found.versions))


def statistics_to_json(found: Statistics) -> dict[str, object]:
    """Return statistics as the command line's contract has them (docs/reference/cli.md)."""
    return {
        "spans": found.spans,
        "quarantined": sum(found.quarantined.values()),
        "reasons": dict(found.quarantined),
        "unmapped": found.unmapped,
        "prices": found.priced,
        "workflows": [
            {
                "repository": version.repository,
                "spec_path": version.spec_path,
                "spec_sha256": version.spec_sha256,
                "drift": version.drift,
                "runs": version.runs,
                "steps": [_step_to_json(step) for step in version.steps],
            }
            for version in found.versions
        ],
    }


def statistics_to_csv(found: Statistics) -> str:
    """Return one line a step, under a line of names."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(["repository", "spec_path", "spec_sha256", "drift", "runs", *_STEP_FIELDS])
    for version in found.versions:
        drift = "" if version.drift is None else str(version.drift).lower()
        own = (version.repository, version.spec_path, version.spec_sha256, drift, version.runs)
        for step in version.steps:
            lines.writerow([_plain(value) for value in (*own, *_step_to_json(step).values())])
    return text.getvalue()


def _plain(value: object) -> object:
    """Keep a spreadsheet from taking a name for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t\r" and value else value


_STEP_FIELDS = (
    "step_id",
    "yaml_path",
    "spans",
    "executions",
    "errors",
    "p50_ms",
    "p95_ms",
    "cost_usd",
    "input_tokens",
    "output_tokens",
)


def _step_to_json(step: StepFigures) -> dict[str, object]:
    stats = step.stats
    latency = stats.latency if stats.latency.count else stats.attempt_latency
    values = (
        stats.step_id,
        stats.yaml_path,
        step.spans,
        stats.executions,
        stats.failures,
        _round(latency.quantile_ms(0.5)),
        _round(latency.quantile_ms(0.95)),
        float(stats.total_cost_usd),
        stats.input_tokens,
        stats.output_tokens,
    )
    return dict(zip(_STEP_FIELDS, values, strict=True))


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def _parse_window(last: str) -> int | None:
    if last == "all":
        return None
    match = _WINDOW(last)
    if match is None or not int(match[1]):
        raise BadInputError(f"--last is like 12h, 7d, 4w or all, not {last!r}")
    return int(match[1]) * _HOURS[match[2]]
