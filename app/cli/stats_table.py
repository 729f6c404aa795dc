"""Statistics as a tree of steps with their figures, for people."""

import io

from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.use_cases.read_statistics import Statistics, StepFigures, VersionFigures
from workflow import Workflow

_BARS = "▁▂▃▄▅▆▇█"
_SPARKS = 12
_WIDTH = 110


def render_statistics(
    found: Statistics, workflow: Workflow | None, *, hours: tuple[int | None, int]
) -> str:
    """Return a table a version, drift last; the steps of `workflow` stand in its order, also those nobody reached."""
    if not found.versions and not found.unmapped and not found.quarantined:
        return "no telemetry in this window; `flujo ingest FILE` or `flujo serve` takes it in"
    versions = sorted(found.versions, key=lambda version: version.drift is True)
    parts = [_render(version, workflow, hours) for version in versions]
    aside = sum(found.quarantined.values())
    if aside:
        reasons = ", ".join(f"{count} {reason}" for reason, count in found.quarantined.items())
        parts.append(f"{aside} spans set aside: {reasons}")
    if found.unmapped:
        parts.append(f"{found.unmapped} spans declare no step and count nowhere")
    for table, calls in found.priced.items():
        parts.append(f"the cost of {calls} calls was worked out from their tokens ({table})")
    return "\n".join(parts)


def _render(
    version: VersionFigures, workflow: Workflow | None, hours: tuple[int | None, int]
) -> str:
    table = Table(box=None, pad_edge=False, header_style="")
    for name in ("step", "runs", "success", "p50", "p95", "cost", "share", "trend"):
        table.add_column(name, justify="left" if name in ("step", "trend") else "right")
    total = float(version.cost_usd)
    if version.run:
        table.add_row(*_cells("(the run)", version.run, hours, cost=total, total=total))
    for indent, step_id, figures in _order(version, workflow):
        name = "  " * indent + step_id.rpartition("/")[2]
        if figures is None:
            table.add_row(Text(name), "0", "", "", "", "", "", "")
        else:
            cost = float(figures.stats.total_cost_usd)
            table.add_row(*_cells(name, figures, hours, cost=cost, total=total))
    text = io.StringIO()
    Console(file=text, width=_WIDTH, highlight=False).print(table)
    lines = (line.rstrip() for line in text.getvalue().splitlines())
    return "\n".join((_head(version, workflow), *lines, ""))


def _head(version: VersionFigures, workflow: Workflow | None) -> str:
    path = version.spec_path or "(no path)"
    current = workflow is not None and workflow.spec_sha256 == version.spec_sha256
    marks = [version.spec_sha256[:12] or "no version"]
    marks += ["current"] if current else []
    marks += ["DRIFT: on no known branch"] if version.drift else []
    return _one_line(f"{version.repository} {path} ({', '.join(marks)}): {version.runs} runs")


def _order(
    version: VersionFigures, workflow: Workflow | None
) -> list[tuple[int, str, StepFigures | None]]:
    found = {figures.stats.step_id: figures for figures in version.steps}
    same = workflow is not None and workflow.spec_sha256 == version.spec_sha256
    named = [node.step_id for node in workflow.nodes] if workflow and same else []
    rest = [step_id for step_id in found if step_id not in set(named)]
    known = set(named) | set(rest)
    return [(_depth(step_id, known), step_id, found.get(step_id)) for step_id in (*named, *rest)]


def _depth(step_id: str, known: set[str]) -> int:
    parts = step_id.split("/")
    return sum("/".join(parts[:count]) in known for count in range(1, len(parts)))


def _cells(
    name: str, figures: StepFigures, hours: tuple[int | None, int], *, cost: float, total: float
) -> list[Text]:
    stats = figures.stats
    latency = stats.latency if stats.latency.count else stats.attempt_latency
    done = stats.executions
    success = f"{(done - stats.failures) / done:.1%}" if done else ""
    share = f"{cost / total:.0%}" if total else ""
    texts = (
        name,
        f"{stats.runs}",
        success,
        _duration(latency.quantile_ms(0.5)),
        _duration(latency.quantile_ms(0.95)),
        f"${cost:.4f}" if cost else "",
        share,
        _spark(figures, hours),
    )
    return [Text(_one_line(text)) for text in texts]


def _one_line(text: str) -> str:
    """Names come from outside: nothing in them may move a terminal's cursor."""
    return "".join(char if char.isprintable() else "�" for char in text)


def _duration(value_ms: float | None) -> str:
    if value_ms is None:
        return ""
    return f"{value_ms / 1000:.2f} s" if value_ms >= 1000 else f"{value_ms:.3g} ms"


def _spark(figures: StepFigures, hours: tuple[int | None, int]) -> str:
    first, last = hours
    begin = min(figures.by_hour) if first is None else first
    width = max(1, -(-(last - begin + 1) // _SPARKS))
    counts = [0] * _SPARKS
    for hour, count in figures.by_hour.items():
        place = (hour - begin) // width
        if 0 <= place < _SPARKS:
            counts[place] += count
    most = max(counts)
    if not most:
        return ""
    return "".join(_BARS[-(-count * (len(_BARS) - 1) // most)] for count in counts)
