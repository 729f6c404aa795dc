"""What the pull request that sets a repository up says, and the settings it adds; all data in it is escaped."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from app.errors import BadInputError, SettingsError
from app.github import PERMISSIONS
from app.jobs.slots import find_next_slot
from app.settings import SETTINGS_PATH, Mode, Settings
from app.use_cases.survey_repository import Survey
from diff_ux import code_span, prose

TITLE: Final = "Set up Flujo"
COMMIT_MESSAGE: Final = f"Set up Flujo\n\nAdds {SETTINGS_PATH}; nothing else changes.\n"

FIRST_SETTINGS: Final = """\
# yaml-language-server: $schema=flujo-config.schema.json
# For help in your editor: `flujo schema --config --output .github/flujo-config.schema.json` writes that file.
# Flujo reads this one from the default branch. Everything has a default; what you leave out keeps it.

# Proposes improvements as pull requests and applies none of them by itself.
# Others: silent (nothing is shown), auto-low (applies what is of low risk once your tests pass), auto-medium.
mode: propose

# Where your workflows are:
# specs: ["**/*.flow.yaml", "workflows/**/*.yaml"]

# When to look for improvements: minute hour day month weekday. `null`: only when asked.
schedule: "0 6 * * 1"
timezone: UTC

# limits:
#   open_proposals: 3   # pull requests at the same time
#   prs_per_hour: 2
"""
"""What the pull request adds: the defaults that people most often change."""

_WEEK: Final = timedelta(days=7)
_MOST_SLOTS: Final = 200
_MOST_LISTED: Final = 20
_HAPPENS: Final = {
    Mode.SILENT: "Nothing is shown to anybody, and nothing is applied.",
    Mode.PROPOSE: "Nothing. Every improvement is a pull request, and people merge it.",
    Mode.AUTO_LOW: "What is of low risk, after your own tests pass on that very commit.",
    Mode.AUTO_MEDIUM: "What is of low risk, and of medium risk after a day beside real runs, once your own tests pass.",
}


@dataclass(frozen=True, slots=True)
class OnboardingView:
    """What is told: `settings` as the branch has them, or the `error` in them."""

    settings: Settings
    survey: Survey
    now: datetime
    error: SettingsError | None = None


def render_onboarding(view: OnboardingView) -> str:
    """Return the body of the pull request, a few thousand characters of Markdown."""
    return "\n".join(_tell(view)) + "\n"


def forecast_pull_requests(settings: Settings, survey: Survey, now: datetime) -> str:
    """Say how many pull requests a week are to be expected; never more than the limits let through."""
    caps, sweeps = settings.limits, _count_sweeps(settings, now)
    if settings.mode is Mode.SILENT or not caps.open_proposals or not caps.prs_per_hour:
        return "None: these settings show nothing."
    if not sweeps:
        return "None by itself: there is no schedule. `flujo suggest --create-pr` opens them."
    most = min(sweeps, 7) * caps.open_proposals
    limits = f"{caps.open_proposals} open at a time, {caps.prs_per_hour} an hour"
    if not survey.runs:
        return f"None until there is telemetry; then at most {most} ({limits})."
    return f"About {min(survey.found, most)}, at most {most} ({limits})."


def _tell(view: OnboardingView) -> Iterator[str]:
    yield f"This adds `{SETTINGS_PATH}`, nothing else. **Merge it to switch Flujo on; close it to do without.**"
    yield "Flujo reads the telemetry of your workflows and proposes what makes them cheaper, faster or more reliable."
    yield "Edit the file on this branch if you like: this text follows."
    yield ""
    if view.error is not None:
        where = f" (line {view.error.line}, column {view.error.column})" if view.error.line else ""
        yield f"> **The file can't be read{where}:** {prose(view.error.reason)}"
        yield "> Below is what the defaults would do."
        yield ""
    yield from _tell_specs(view.survey)
    yield from _section(
        "Pull requests a week", forecast_pull_requests(view.settings, view.survey, view.now)
    )
    yield from _tell_findings(view.survey)
    yield from _section("Applied by itself", _HAPPENS[view.settings.mode])
    yield from _section("What it may spend", _tell_spending(view.settings))
    yield from _tell_permissions()
    yield "<details><summary>How to stop it later</summary>"
    yield ""
    yield "`/flujo pause` in any comment, `mode: silent` in the file, the label `flujo:hold`, or uninstall the App."
    yield ""
    yield "</details>"


def _section(title: str, text: str) -> Iterator[str]:
    yield from (f"### {title}", "", text, "")


def _tell_specs(survey: Survey) -> Iterator[str]:
    count = len(survey.specs) + survey.unread
    yield from (f"### Workflows found: {count}", "")
    if not count:
        yield "None: `specs` in the file selects nothing in this branch."
    for spec in survey.specs[:_MOST_LISTED]:
        problem = f": can't be used yet, {prose(spec.problem)}" if spec.problem else ""
        yield f"- {code_span(spec.path)}{problem}"
    if count > _MOST_LISTED:
        yield f"- and {count - _MOST_LISTED} more"
    yield ""


def _tell_findings(survey: Survey) -> Iterator[str]:
    yield from ("### What telemetry says", "")
    if not survey.runs:
        yield (
            "No telemetry of these versions yet. Make a token with `flujo tokens create` on the server and send OTLP to"
            " it: `docs/how-to/send-telemetry.md` of Flujo tells how."
        )
    elif not survey.findings:
        yield f"Nothing stands out in {survey.runs:,} runs."
    for each in survey.findings:
        hint = "" if each.enough else " (too few runs to be sure)"
        yield f"- {code_span(each.path)}: {prose(each.summary)}{hint}"
    yield ""


def _tell_spending(settings: Settings) -> str:
    ceiling = f"${settings.models.max_usd_per_sweep:,.2f}"
    return f"At most {ceiling} a sweep, and only if the server has a model to ask; without one it costs nothing."


def _tell_permissions() -> Iterator[str]:
    yield from ("<details><summary>What it may do here, and why</summary>", "")
    yield from ("| permission | access | what for |", "|---|---|---|")
    for each in PERMISSIONS:
        yield f"| {each.title} | {each.access} | {each.reason} |"
    yield from ("", "Commits go to branches under `flujo/` only.", "", "</details>", "")


def _count_sweeps(settings: Settings, now: datetime) -> int:
    """Count the slots of the coming week, up to a number that no limit lets through."""
    if settings.schedule is None:
        return 0
    moments: list[datetime] = [now]
    while len(moments) <= _MOST_SLOTS:
        following = _next(settings, moments)
        if following is None or following - now > _WEEK:
            break
        moments.append(following)
    return len(moments) - 1


def _next(settings: Settings, moments: Sequence[datetime]) -> datetime | None:
    try:
        return find_next_slot(settings.schedule or "", settings.timezone, after=moments[-1])
    except BadInputError:
        return None
