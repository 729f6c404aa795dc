"""Ranking: value per minute of attention, and no two patches on one spot at once."""

from meta_agent import Candidate, FixedCosts, Gains, Interval, Opportunity, RoiEstimate, rank
from workflow import parse_patch

_NOTHING = Interval(0, 0, 0)


def _candidate(title: str, path: str = "/steps/0/config/max_retries") -> Candidate:
    opportunity = Opportunity("transient_failures", "lookup", "steps[0]", "9f" * 32, "", 60)
    patch = parse_patch([{"op": "add", "path": path, "value": 1}])
    return Candidate(opportunity, patch, title, "Because.", "heuristic:retries", "retries")


def _estimate(mid: float, *, low: float = 0.0, minutes: float = 1.0) -> RoiEstimate:
    return RoiEstimate(
        low=min(low, mid),
        mid=mid,
        high=mid + 1,
        gains=Gains(_NOTHING, _NOTHING, _NOTHING),
        costs=FixedCosts(0, 0, 0),
        review_minutes=minutes,
        runs=60,
        basis="",
        simulated=False,
    )


def _titles(*entries: tuple[Candidate, RoiEstimate | None]) -> list[str]:
    return [ranked.candidate.title for ranked in rank(entries)]


def _apart(title: str) -> Candidate:
    return _candidate(title, f"/steps/{len(title)}{ord(title[0])}/config")


def test_value_per_review_minute_decides() -> None:
    quick = (_apart("quick"), _estimate(10, minutes=1))
    slow = (_apart("slow"), _estimate(30, minutes=5))
    assert _titles(slow, quick) == ["quick", "slow"]


def test_equal_value_is_decided_by_the_lower_bound() -> None:
    sure = (_apart("sure"), _estimate(10, low=8))
    hope = (_apart("hope"), _estimate(10, low=-20))
    assert _titles(hope, sure) == ["sure", "hope"]


def test_a_loss_doesnt_look_smaller_for_taking_longer_to_review() -> None:
    large = (_apart("large"), _estimate(-10, minutes=15))
    small = (_apart("small"), _estimate(-2, minutes=1))
    assert _titles(large, small) == ["small", "large"]


def test_what_has_no_estimate_comes_last_in_the_given_order() -> None:
    known = (_apart("known"), _estimate(-5))
    assert _titles((_apart("b"), None), (_apart("a"), None), known) == ["known", "b", "a"]


def test_candidates_on_one_spot_queue_behind_the_best() -> None:
    best = _candidate("best", "/steps/0/config")
    nested = _candidate("nested", "/steps/0/config/timeout_s")
    beside = _candidate("beside", "/steps/1/config")
    sibling = _candidate("sibling", "/steps/0/config_of_another")
    ranked = rank(
        [
            (nested, _estimate(5)),
            (best, _estimate(9)),
            (beside, _estimate(3)),
            (sibling, _estimate(1)),
        ]
    )
    assert [(one.candidate.title, one.behind and one.behind.title) for one in ranked] == [
        ("best", None),
        ("nested", "best"),
        ("beside", None),
        ("sibling", None),
    ]


def test_a_free_price_of_attention_divides_nothing() -> None:
    assert _titles((_apart("x"), _estimate(3, minutes=0))) == ["x"]


def test_a_moves_source_counts_as_touched() -> None:
    best = _candidate("best", "/steps/3")
    opportunity = best.opportunity
    patch = parse_patch([{"op": "move", "from": "/steps/3", "path": "/steps/9"}])
    move = Candidate(opportunity, patch, "move", "Because.", "model", "other")
    [_, queued] = rank([(best, _estimate(2)), (move, _estimate(1))])
    assert queued.behind is best
