"""The check's page: nothing on it acts, nothing breaks GitHub's limits, and a browser draws it."""

import os
import re
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from app.behaviours.commands.parse import find_command
from app.behaviours.pull_request_review import PullRequestReview
from app.behaviours.review_page import render_summary, render_text, render_title
from app.errors import SettingsError
from app.forge import CheckConclusion, CheckRun, CheckStatus
from app.settings import Settings
from app.use_cases.forecast_settings import ChangedSetting, SettingsForecast
from app.use_cases.repository_check import CheckVerdict, judge_check
from app.use_cases.review_change import Grounding, Review, review_change
from tests.diff_ux.chromium import needs_browser, read_dom, take_picture, write_page
from tests.meta_agent.builders import fail_at_times, make_runs, make_workflow
from workflow import Diagnostic, SpecError, parse_workflow

BASE = make_workflow()
RETRIED = make_workflow(lookup_config="{max_retries: 2}", draft_config="{timeout_s: 20}")
_CODE = re.compile(r"(?s)(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)")
_PICTURES = os.environ.get("FLUJO_CHECK_PICTURE")


def review_all() -> PullRequestReview:
    runs = make_runs(BASE, 200, lookup=fail_at_times(0.3))
    try:
        broken = parse_workflow(BASE.text.replace("agents.writer", "agents.nobody"))
    except SpecError as error:
        invalid = review_change("flows/broken.flow.yaml", BASE, error, Grounding(Settings()))
    else:
        raise AssertionError(broken)
    changed = review_change(BASE.path, BASE, RETRIED, Grounding(Settings(), runs=runs))
    forecast = SettingsForecast((ChangedSetting("mode", '"propose"', '"auto-low"'),), 3, 2)
    return PullRequestReview((changed, invalid), CheckVerdict.RED, forecast)


def bare(markdown: str) -> str:
    return _CODE.sub("", markdown)


@settings(deadline=None, max_examples=60)
@given(st.text(min_size=1, max_size=80), st.text(min_size=1, max_size=80))
def test_no_name_and_no_message_acts(name: str, message: str) -> None:
    hostile = f"{name} @everyone ![x](https://evil.example) <img src=x> fixes #1 {message}"
    fault = Diagnostic("some-id", hostile, hostile, hostile, 3, 1)
    found = PullRequestReview(
        (Review(hostile, faults=(fault,), unclear=(hostile,), previous_path=hostile),),
        CheckVerdict.ABSENT,
        SettingsForecast(error=SettingsError(hostile, path=hostile, line=1, column=1)),
        notes=(hostile,),
    )
    for page in (render_title(found), render_summary(found), render_text(found)):
        for acting in ("@everyone", "](", "<img", "#1", "https://"):
            assert acting not in bare(page)


def test_the_page_stays_within_githubs_limit() -> None:
    faults = tuple(Diagnostic("some-id", "`" * 70 + "x" * 300, line=n + 1) for n in range(200))
    many = tuple(Review(f"flows/{n}.flow.yaml", faults=faults) for n in range(25))
    found = PullRequestReview(many, CheckVerdict.ABSENT)
    assert len(render_text(found)) <= 65_535
    assert "more left out" in render_text(found)
    assert len(render_summary(found)) <= 65_535


def test_failure_is_only_for_what_is_invalid_or_forbidden() -> None:
    def conclude(*reviews: Review, is_clear: bool = True, unseen: int = 0) -> CheckConclusion:
        found = PullRequestReview(reviews, CheckVerdict.RED, unseen=unseen, is_clear=is_clear)
        return found.conclusion

    invalid = Review("a", faults=(Diagnostic("x", "y"),))
    assert conclude(Review("a")) is CheckConclusion.SUCCESS
    assert conclude(invalid) is CheckConclusion.FAILURE
    assert conclude(Review("a", unclear=("why",))) is CheckConclusion.NEUTRAL
    assert conclude(Review("a"), is_clear=False) is CheckConclusion.NEUTRAL
    assert conclude(Review("a"), unseen=1) is CheckConclusion.NEUTRAL
    assert conclude(invalid, Review("a", unclear=("why",))) is CheckConclusion.FAILURE


def test_own_tests_are_those_of_another_app() -> None:
    def run(app_id: int | None, conclusion: CheckConclusion | None) -> CheckRun:
        status = CheckStatus.COMPLETED if conclusion else CheckStatus.QUEUED
        return CheckRun(1, "flujo test", "a" * 40, status, conclusion, app_id, "", "")

    def judge(runs: list[CheckRun], *, our_app_id: int | None = None) -> CheckVerdict:
        return judge_check(runs, "a" * 40, Settings().tests, our_app_id=our_app_id).verdict

    green, red = CheckConclusion.SUCCESS, CheckConclusion.FAILURE
    assert judge([]) is CheckVerdict.ABSENT
    assert judge([run(None, green)]) is CheckVerdict.ABSENT
    assert judge([run(7, green)], our_app_id=7) is CheckVerdict.ABSENT
    assert judge([run(1, green)]) is CheckVerdict.GREEN
    assert judge([run(1, None)]) is CheckVerdict.PENDING
    assert judge([run(1, green), run(2, red)]) is CheckVerdict.RED
    assert judge([run(1, CheckConclusion.SKIPPED)]) is CheckVerdict.RED


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=60), st.sampled_from(["> ", "    ", "<!-- ", "`", "x", "\u200b", "\uff0f"]))
def test_a_command_is_never_found_behind_something_else(text: str, before: str) -> None:
    line = text.replace("\n", " ").replace("\r", " ").replace("/flujo", "")
    assert find_command(f"{before}/flujo help {line}") is None


@needs_browser
def test_a_browser_draws_the_page(tmp_path: Path) -> None:
    found = review_all()
    body = f"# {render_title(found)}\n\n{render_summary(found)}\n\n{render_text(found)}"
    page = tmp_path / "check.html"
    write_page(page, body)
    dom = read_dom(page)
    assert dom.count('aria-roledescription="flowchart-v2"') == 1
    assert "Syntax error" not in dom
    assert "<img" not in dom
    if _PICTURES:
        take_picture(page, Path(_PICTURES), 1900)
