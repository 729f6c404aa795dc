"""Looks a repository over as settings would have it: which specs they select, and what telemetry says of those."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.errors import AppError, GitHubRateLimitedError, GitHubUnavailableError
from app.ports import CodeHost
from app.settings import Settings
from app.use_cases.read_spec import read_spec
from meta_agent import Opportunity, detect
from telemetry import Run
from workflow import SpecError

MOST_SPECS: Final = 25
"""Specs that are read; the others are only counted."""

MOST_FINDINGS: Final = 3
"""Findings that are told."""


@dataclass(frozen=True, slots=True)
class SurveyedSpec:
    """A selected file; `problem` says why it can't be used, `runs` counts those of this very version."""

    path: str
    problem: str = ""
    runs: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """A place worth improving in one spec."""

    path: str
    summary: str
    enough: bool


@dataclass(frozen=True, slots=True)
class Survey:
    """What was found; `unread` counts selected files that weren't read, `findings` are the biggest of `found`."""

    specs: tuple[SurveyedSpec, ...]
    unread: int = 0
    findings: tuple[Finding, ...] = ()
    found: int = 0
    runs: int = 0


def survey_repository(
    host: CodeHost, commit: str, settings: Settings, runs: Sequence[Run]
) -> Survey:
    """Read the selected specs of a commit, and detect in their runs; `runs` are those of all versions."""
    paths = settings.select_specs(host.list_files(commit))
    specs: list[SurveyedSpec] = []
    found: list[tuple[str, Opportunity]] = []
    for path in paths[:MOST_SPECS]:
        spec, opportunities = _look_into(host, commit, path, settings, runs)
        specs.append(spec)
        found += [(path, each) for each in opportunities]
    found.sort(key=lambda each: (not each[1].enough, -each[1].numbers.get("share", 0.0)))
    findings = tuple(
        Finding(path, each.summary, each.enough) for path, each in found[:MOST_FINDINGS]
    )
    unread = max(0, len(paths) - MOST_SPECS)
    return Survey(tuple(specs), unread, findings, len(found), sum(spec.runs for spec in specs))


def _look_into(
    host: CodeHost, commit: str, path: str, settings: Settings, runs: Sequence[Run]
) -> tuple[SurveyedSpec, list[Opportunity]]:
    try:
        workflow = read_spec(host, commit, path, allow=settings.skills.allow)
    except (GitHubRateLimitedError, GitHubUnavailableError):
        raise
    except SpecError as error:
        first = error.diagnostics[0]
        return SurveyedSpec(path, f"line {first.line}: {first.message}"), []
    except AppError as error:
        return SurveyedSpec(path, str(error)), []
    mine = [run for run in runs if run.spec_sha256 == workflow.spec_sha256]
    return SurveyedSpec(path, runs=len(mine)), detect(mine, workflow) if mine else []
