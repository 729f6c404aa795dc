"""What the check `flujo` says of a pull request, as Markdown within GitHub's limits; all data in it is escaped."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from app.behaviours.pull_request_review import PullRequestReview
from app.forge import CheckConclusion
from app.use_cases.forecast_settings import SettingsForecast
from app.use_cases.predict_change import Predicted, Unpredicted
from app.use_cases.repository_check import CheckVerdict
from app.use_cases.review_change import Review
from diff_ux import code_span, prose, render_changes
from meta_agent import Interval
from workflow import Diagnostic

MOST_TEXT: Final = 60_000
"""Characters of the text; GitHub takes 65,535, and what is escaped counts as it is written."""

_MOST_DIAGNOSTICS: Final = 20
_OWN_TESTS: Final = {
    CheckVerdict.ABSENT: "no check {name} on this commit: your own tests don't run in CI yet",
    CheckVerdict.PENDING: "{name} is still running",
    CheckVerdict.GREEN: "{name} is green",
    CheckVerdict.RED: "{name} is red: look there first",
}


def render_title(found: PullRequestReview) -> str:
    """Say the most important thing in a few words; no data is in them."""
    invalid = sum(not one.is_valid for one in found.reviews)
    forbidden = sum(bool(one.forbidden) for one in found.reviews)
    if invalid:
        return f"{_count(invalid, 'spec')} can't be loaded"
    if found.settings and found.settings.error:
        return "the settings can't be read"
    if forbidden:
        return f"policies forbid {_count(forbidden, 'change')}"
    if found.conclusion is CheckConclusion.NEUTRAL:
        return "not everything can be judged"
    tiers = [one.decision.tier for one in found.reviews if one.decision]
    if tiers:
        return f"{_count(len(found.reviews), 'spec')} changed, valid, {max(tiers).name} risk"
    if found.reviews:
        return f"{_count(len(found.reviews), 'spec')} changed, valid"
    return "the settings are valid"


def render_summary(found: PullRequestReview) -> str:
    """Say the verdict on each spec in a line, then what concerns all of them."""
    lines = [f"- {code_span(one.path)}: {_tell_verdict(one)}" for one in found.reviews]
    if found.unseen:
        lines.append(f"- {_count(found.unseen, 'more spec')} not looked at: split the pull request")
    if found.reviews:
        said = _OWN_TESTS[found.own_tests].format(name=code_span(found.own_check))
        lines.append(f"- {said}")
    lines += [f"- {prose(note)}" for note in found.notes]
    if found.settings:
        lines += _tell_settings(found.settings)
    return _fit(["\n".join(lines)], MOST_TEXT)


def render_text(found: PullRequestReview) -> str:
    """Tell everything of each spec: problems, changes in words and as a picture, risk, policies, prediction."""
    return _fit([_tell_spec(one) for one in found.reviews], MOST_TEXT)


def _tell_verdict(review: Review) -> str:
    if not review.is_valid:
        return f"**can't be loaded**, {_count(len(review.faults), 'error')}"
    if review.forbidden:
        return f"**forbidden** by {_count(len(review.forbidden), 'policy', 'policies')}"
    if review.is_removed:
        return "removed"
    if review.unclear:
        return prose(f"can't be judged: {review.unclear[0]}")
    if review.before is None:
        return "new and valid"
    if not review.changes:
        return "valid; only its text changes, not what it does"
    tier = f", {review.decision.tier.name} risk" if review.decision else ""
    return (
        f"valid, {_count(len(review.changes), 'change')}{tier}; {_tell_briefly(review.predicted)}"
    )


def _tell_briefly(predicted: Predicted | Unpredicted | None) -> str:
    if isinstance(predicted, Predicted):
        return f"a run {_usd(predicted.cost_usd.mid)} and {_seconds(predicted.latency_s.mid)}"
    return predicted.reason if predicted else "no estimate"


def _tell_spec(review: Review) -> str:
    renamed = f" (was {code_span(review.previous_path)})" if review.previous_path else ""
    parts = [f"### {code_span(review.path)}{renamed}"]
    parts += _tell_problems(review)
    parts += [f"- {prose(reason)}" for reason in review.unclear]
    if review.is_removed:
        parts.append("This workflow is removed.")
    if review.after and not review.before:
        parts.append(f"A new workflow of {_count(len(review.after.nodes), 'step')}.")
    if review.before and review.after and review.is_compared:
        parts.append(
            render_changes(review.changes, review.before, review.after, "markdown").strip()
        )
    parts += [*_tell_policies(review), *_tell_risk(review), *_tell_prediction(review.predicted)]
    return "\n\n".join(parts)


def _tell_problems(review: Review) -> Iterable[str]:
    found = (*review.faults, *review.warnings)
    if found:
        yield "\n".join(_tell_problem(each) for each in found[:_MOST_DIAGNOSTICS])
    if len(found) > _MOST_DIAGNOSTICS:
        yield f"… and {len(found) - _MOST_DIAGNOSTICS} more; `flujo validate` lists all of them."


def _tell_problem(found: Diagnostic) -> str:
    hint = f"; {prose(found.hint)}" if found.hint else ""
    place = f"line {found.line}:{found.column}" if found.line else "the file"
    return f"- {found.severity.value}, {place}: {prose(found.message)}{hint}"


def _tell_policies(review: Review) -> Iterable[str]:
    if review.broken:
        yield "**Policies** (those of the base branch)"
        yield "\n".join(
            f"- {each.action.value.lower().replace('_', ' ')}"
            f"{', nobody can tell yet' if each.is_undecided else ''}: {prose(each.message)}"
            for each in review.broken
        )


def _tell_risk(review: Review) -> Iterable[str]:
    if review.decision:
        yield f"**Risk: {review.decision.tier.name}**, for your information; it decides nothing here"
        yield "\n".join(f"- {prose(reason)}" for reason in review.decision.reasons[:5])


def _tell_prediction(predicted: Predicted | Unpredicted | None) -> Iterable[str]:
    if predicted is None:
        return
    if isinstance(predicted, Unpredicted):
        yield f"**Cost and time:** {predicted.reason}."
        return
    before = predicted.before
    simulated = " Simulated: some runs were made with `sim:` models." if predicted.simulated else ""
    yield (
        f"**Cost and time** of {predicted.runs} past runs, re-enacted from telemetry alone.{simulated}\n\n"
        "| a run | before | change | 90 % interval |\n|---|---|---|---|\n"
        f"| costs | {_usd(before.cost_usd, sign='')} | {_usd(predicted.cost_usd.mid)}"
        f" | {_between(predicted.cost_usd, _usd)} |\n"
        f"| takes | {_seconds(before.latency_s, sign='')} | {_seconds(predicted.latency_s.mid)}"
        f" | {_between(predicted.latency_s, _seconds)} |\n\n"
        f"{_count(predicted.recovered, 'failed run')} would succeed,"
        f" {_count(predicted.lost, 'successful one')} would fail."
    )


def _tell_settings(settings: SettingsForecast) -> Sequence[str]:
    if settings.error:
        place = f"{settings.error.path}:{settings.error.line}:{settings.error.column}"
        return [f"- settings: {code_span(place)} {prose(settings.error.reason)}"]
    if not settings.changes:
        return ["- settings: nothing changes"]
    told = [
        f"- {code_span(each.name)}: {code_span(each.before)} → {code_span(each.after)}"
        for each in settings.changes
    ]
    specs = f"they select {_count(settings.specs_after, 'spec')}, now {settings.specs_before}"
    return ["", f"**Settings**, in effect after merging; {specs}", "", *told]


def _fit(sections: Iterable[str], limit: int) -> str:
    """Join sections as long as they fit; what doesn't is left out whole, so that nothing is cut in two."""
    fitting: list[str] = []
    left_out = 0
    for section in sections:
        size = sum(len(one) + 2 for one in fitting) + len(section)
        if size <= limit - 100:
            fitting.append(section)
        else:
            left_out += 1
    if left_out:
        fitting.append(f"… {left_out} more left out: there is no room here. Try `flujo diff`.")
    return "\n\n".join(fitting)


def _between(interval: Interval, write: Callable[[float], str]) -> str:
    return f"{write(interval.low)} … {write(interval.high)}"


def _count(number: int, one: str, several: str = "") -> str:
    return f"{number} {one if number == 1 else several or one + 's'}"


def _usd(amount: float, *, sign: str = "+") -> str:
    return f"{_sign(amount, sign)}${abs(amount):,.5f}"


def _seconds(amount: float, *, sign: str = "+") -> str:
    return f"{_sign(amount, sign)}{abs(amount):,.2f} s"


def _sign(amount: float, plus: str) -> str:
    return "−" if amount < 0 else plus
