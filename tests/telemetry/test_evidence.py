"""Which runs may say what is worth improving: the laws of both rules."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry import Run, limit_sources, set_extremes_apart
from tests.telemetry.builders import SHA256, make_attempt, make_run, make_step_run


def make_runs(source: str, count: int, *, sender: str = "", spec_sha256: str = SHA256) -> list[Run]:
    step = make_step_run("draft", [make_attempt()])
    return [
        replace(
            make_run([step], run_id=f"{sender}{source}-{number:05}", spec_sha256=spec_sha256),
            source=source,
            sender=sender,
        )
        for number in range(count)
    ]


def make_priced(costs: list[str]) -> list[Run]:
    return [
        make_run([make_step_run("draft", [make_attempt(cost_usd=cost)])], run_id=f"run-{number}")
        for number, cost in enumerate(costs)
    ]


@settings(deadline=None, max_examples=50)
@given(
    counts=st.lists(st.integers(1, 60), min_size=2, max_size=5),
    share=st.sampled_from([0.5, 0.6, 0.75, 0.9, 1.0]),
)
def test_no_source_has_more_than_its_share(counts: list[int], share: float) -> None:
    runs = [run for number, count in enumerate(counts) for run in make_runs(f"s{number}", count)]
    kept = limit_sources(runs, max_share=share)
    by_source = [sum(run.source == f"s{number}" for run in kept) for number in range(len(counts))]
    assert max(by_source) <= share * len(kept) + 1e-9
    smaller = sorted(zip(counts, by_source, strict=True))[:-1]
    assert all(before == after for before, after in smaller)


@settings(deadline=None, max_examples=50)
@given(count=st.integers(0, 60))
def test_a_single_source_stays_whole(count: int) -> None:
    runs = make_runs("", count)
    assert limit_sources(runs) == tuple(runs)


def test_a_sender_who_invents_sources_still_has_one_share() -> None:
    flood = [run for n in range(200) for run in make_runs(f"made-up-{n}", 1, sender="one")]
    kept = limit_sources([*flood, *make_runs("a", 10, sender="two")])
    assert [sum(run.sender == name for run in kept) for name in ("one", "two")] == [10, 10]


def test_the_same_name_under_two_tokens_is_two_sources() -> None:
    runs = [*make_runs("worker", 10, sender="one"), *make_runs("worker", 10, sender="two")]
    assert limit_sources(runs) == tuple(runs)


_OWNERS = st.tuples(st.sampled_from("ABC"), st.sampled_from("xyz"))


@settings(deadline=None, max_examples=50)
@given(counts=st.dictionaries(_OWNERS, st.integers(1, 40), min_size=1, max_size=9))
def test_neither_sources_nor_senders_have_more_than_their_share(
    counts: dict[tuple[str, str], int],
) -> None:
    runs = [
        run
        for (sender, source), count in counts.items()
        for run in make_runs(source, count, sender=sender)
    ]
    kept = limit_sources(runs)
    for owners in ([run.sender for run in kept], [(run.sender, run.source) for run in kept]):
        if len(set(owners)) > 1:
            assert max(Counter(owners).values()) <= len(owners) / 2
    assert kept


def test_what_is_kept_of_a_flood_is_spread_over_it() -> None:
    kept = limit_sources([*make_runs("flood", 100), *make_runs("honest", 4)])
    flood = [run.run_id for run in kept if run.source == "flood"]
    assert flood == ["flood-00000", "flood-00025", "flood-00050", "flood-00075"]


def test_versions_are_judged_apart() -> None:
    runs = [*make_runs("a", 50), *make_runs("b", 50, spec_sha256="ab" * 32)]
    assert limit_sources(runs) == tuple(runs)


@pytest.mark.parametrize("share", [0.0, 0.49, 1.01, float("nan")])
def test_a_share_that_makes_no_sense_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="share"):
        limit_sources([], max_share=share)


@pytest.mark.parametrize(
    ("costs", "kept"),
    [
        (["0.01"] * 90 + ["1"] * 10, 90),
        (["0.01"] * 89 + ["1"] * 11, 100),
        (["0"] * 95 + ["10000"] * 5, 95),
        (["0.01"] * 50 + ["0.07"] * 50, 100),
        (["0.01"] * 28 + ["1"], 29),
        ([], 0),
    ],
)
def test_rare_extremes_are_set_apart_and_common_ones_are_how_it_is(
    costs: list[str], kept: int
) -> None:
    assert len(set_extremes_apart(make_priced(costs))) == kept
