from dataclasses import replace

import pytest

from app.proposal import Proposal
from app.store import LedgerRecord, Prediction
from app.use_cases.present_proposal import describe_record, present, usd
from diff_ux import render_pr_body, render_terminal
from tests.app.sweeping import LETTERS_SPEC, NOW, compose_retries, read, run_often


@pytest.fixture(scope="module")
def proposal() -> Proposal:
    return compose_retries(3, run_often(read(LETTERS_SPEC)))


def line(realised_usd: float | None, proposal_id: str = "p", days: int = 0) -> LedgerRecord:
    predicted = Prediction(1.0, 2.0, 3.0)
    return LedgerRecord(proposal_id, predicted, realised_usd, 100, NOW, horizon_days=days)


def test_every_figure_says_that_it_is_simulated(proposal: Proposal) -> None:
    view = present(proposal)
    assert view.is_simulated
    assert "imulated" in render_pr_body(view)


def test_the_view_holds_what_was_computed(proposal: Proposal) -> None:
    view = present(proposal, undo="git branch --delete it")
    assert proposal.roi is not None
    assert view.verdict
    assert view.figures[-1].value == usd(proposal.roi.mid)
    assert view.undo == "git branch --delete it"
    assert view.tier == "LOW"
    names = [figure.label for figure in view.figures]
    assert names == ["success before", "success after", "net a month"]
    assert any(row.label == "paired runs" and row.before == "120" for row in view.evidence)


def test_without_an_estimate_no_figure_is_invented(proposal: Proposal) -> None:
    view = present(replace(proposal, roi=None))
    assert view.figures == ()
    assert "no estimate" in view.verdict.lower()


def test_violations_and_a_better_one_are_noted(proposal: Proposal) -> None:
    view = present(replace(proposal, violations=("policy 'p': no",), behind="Retry twice"))
    assert view.notes[0] == "policy 'p': no"
    assert "Retry twice" in view.notes[1]


def test_both_renderings_name_the_change(proposal: Proposal) -> None:
    view = present(proposal)
    (sentence,) = view.sentences
    assert "Retry write up to 3 times" in sentence.text
    assert "up to 3 times" in render_pr_body(view)
    assert render_terminal(view)


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0.0, "$0.00"), (1.005, "$1.00"), (-3.5, "−$3.50"), (99.994, "$99.99"), (1234.5, "$1,234")],
)
def test_money_reads_as_people_write_it(amount: float, text: str) -> None:
    assert usd(amount) == text


def test_the_track_record_counts_what_was_measured() -> None:
    assert describe_record(()) == "nothing measured yet"
    assert describe_record((line(None),)) == "nothing measured yet"
    text = describe_record((line(2.0, "a"), line(9.0, "b"), line(None, "c")))
    held = "1 of the last 2 predictions held their 90 % interval"
    assert text == f"{held}; realised / predicted 2.75"


def test_a_patch_counts_once_at_its_longest_horizon() -> None:
    ledger = (line(9.0), line(2.0, days=30), line(9.0, days=7), line(9.0))
    assert describe_record(ledger).startswith("1 of the last 1 ")


def test_who_did_not_look_into_the_ledger_says_nothing_of_it(proposal: Proposal) -> None:
    assert "Track record" not in render_pr_body(present(proposal))
    assert "nothing measured yet" in render_pr_body(present(proposal, ledger=()))
    assert "1 of the last 1 predictions" in render_pr_body(present(proposal, ledger=(line(2.0),)))


def test_only_the_last_twenty_predictions_count() -> None:
    early = [line(9.0, f"early-{number}") for number in range(10)]
    late = [line(2.0, f"late-{number}") for number in range(20)]
    assert describe_record((*early, *late)).startswith("20 of the last 20 predictions held")
