"""Check runs over the API. See https://docs.github.com/en/rest/checks/runs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, JsonValue

from app.forge import Annotation, CheckConclusion, CheckReport, CheckRun, CheckStatus
from app.github.api import RepositoryApi, in_path, parse
from app.github.permissions import WRITE_CHECKS

_ANNOTATIONS_A_REQUEST = 50


@dataclass(frozen=True, slots=True)
class GitHubChecks:
    """Implements `app.forge.Checks`; `app_id` gives the id of our App, None for a person's token."""

    api: RepositoryApi
    app_id: Callable[[], int | None]

    def report(self, report: CheckReport) -> CheckRun:
        """Create or update our check run; GitHub takes 50 annotations at a time, and adds them to those it has."""
        known = self._find(report)
        sent = known.output.annotations_count if known else 0
        batches = _batch(report.annotations[sent:])
        body = {**_body(report), "output": _output(report, batches[0])}
        if known is None:
            named: JsonValue = {**body, "name": report.name, "head_sha": report.commit}
            answer = self.api.write("POST", "/check-runs", named, scope=WRITE_CHECKS)
        else:
            answer = self._update(known.id, body)
        run = parse(_WireCheckRun, answer, "a check run")
        for batch in batches[1:]:
            self._update(run.id, {"output": _output(report, batch)})
        return _to_check_run(run)

    def list(self, commit: str) -> tuple[CheckRun, ...]:
        """Return the latest run of every check on a commit."""
        found = self._read(commit, {"filter": "latest"})
        return tuple(_to_check_run(run) for run in found if run.head_sha == commit)

    def _find(self, report: CheckReport) -> "_WireCheckRun | None":
        found = self._read(report.commit, {"check_name": report.name, "filter": "all"})
        app_id = self.app_id()
        ours = [
            run
            for run in found
            if run.external_id == report.external_id and (run.app.id if run.app else None) == app_id
        ]
        return max(ours, key=lambda run: run.id, default=None)

    def _read(self, commit: str, query: dict[str, str | int]) -> "tuple[_WireCheckRun, ...]":
        path = f"/commits/{in_path(commit)}/check-runs"
        pages = self.api.read_pages(path, query, inside="check_runs")
        return tuple(parse(_WireCheckRun, item, "a check run") for item in pages)

    def _update(self, run_id: int, body: JsonValue) -> JsonValue:
        return self.api.write("PATCH", f"/check-runs/{run_id}", body, scope=WRITE_CHECKS)


class _WireApp(BaseModel):
    id: int


class _WireOutput(BaseModel):
    annotations_count: int = 0


class _WireCheckRun(BaseModel):
    id: int
    name: str
    head_sha: str
    status: CheckStatus
    conclusion: CheckConclusion | None = None
    external_id: str | None = None
    html_url: str | None = None
    app: _WireApp | None = None
    output: _WireOutput = _WireOutput()


def _to_check_run(run: _WireCheckRun) -> CheckRun:
    return CheckRun(
        id=run.id,
        name=run.name,
        commit=run.head_sha,
        status=run.status,
        conclusion=run.conclusion,
        app_id=run.app.id if run.app else None,
        external_id=run.external_id or "",
        url=run.html_url or "",
    )


def _body(report: CheckReport) -> dict[str, JsonValue]:
    body: dict[str, JsonValue] = {
        "external_id": report.external_id,
        "status": report.status.value,
    }
    if report.conclusion is not None:
        body["conclusion"] = report.conclusion.value
    if report.details_url:
        body["details_url"] = report.details_url
    return body


def _output(report: CheckReport, annotations: Sequence[Annotation]) -> JsonValue:
    output: dict[str, JsonValue] = {
        "title": report.title,
        "summary": report.summary,
        "annotations": [_annotation(found) for found in annotations],
    }
    if report.text:
        output["text"] = report.text
    return output


def _annotation(found: Annotation) -> JsonValue:
    body: dict[str, JsonValue] = {
        "path": found.path,
        "start_line": found.start_line,
        "end_line": found.end_line,
        "annotation_level": found.level.value,
        "message": found.message,
    }
    if found.title:
        body["title"] = found.title
    return body


def _batch(annotations: Sequence[Annotation]) -> list[Sequence[Annotation]]:
    """Cut into what one request may carry; always at least one, empty batch."""
    starts = range(0, max(len(annotations), 1), _ANNOTATIONS_A_REQUEST)
    return [annotations[start : start + _ANNOTATIONS_A_REQUEST] for start in starts]
