"""What a repository has learned: held-out runs used up, values preferred, effects that failed their tests."""

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import JsonValue

from app.ports import TestVerdict
from app.store import (
    Store,
    count_hold_out_uses,
    keep_correction,
    list_corrections,
    list_memories,
    list_proposals,
    open_store,
    use_hold_out,
)
from app.use_cases.offer_proposal import settle_offers
from app.use_cases.sweep import sweep
from meta_agent import Correction, MemoryReason
from tests.app.sweeping import (
    LETTERS,
    LETTERS_SPEC,
    NOW,
    OpenedTests,
    Ran,
    compose_retries,
    grist_of,
    make_actor,
    make_host,
    read,
    run_often,
    text_of,
)
from trust_tiers import RolloutState

PROPOSE = "mode: propose\nroi: {value_per_success_usd: 0.25, runs_per_month: 3000}\n"


@pytest.fixture(scope="module")
def letters() -> Ran:
    return run_often(read(LETTERS_SPEC))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path / "flujo.db")


def test_a_use_is_a_time_at_which_something_new_was_judged(store: Store) -> None:
    with store.transaction() as rows:
        assert count_hold_out_uses(rows, "v1") == 0
        use_hold_out(rows, "v1", ["a", "b"], at=NOW)
        use_hold_out(rows, "v1", ["a", "b"], at=NOW + timedelta(days=1))
        assert count_hold_out_uses(rows, "v1") == 1
        use_hold_out(rows, "v1", ["b", "c"], at=NOW + timedelta(days=2))
        assert count_hold_out_uses(rows, "v1") == 2
        assert count_hold_out_uses(rows, "v2") == 0


@pytest.mark.parametrize("preferred", [2, 0.5, True, "sim:small"])
def test_a_correction_is_kept_as_it_was_until_a_later_one(
    store: Store, preferred: JsonValue
) -> None:
    first = Correction("a.yaml", "step", "route/main/write", ("config", "max_retries"), 9)
    later = Correction("a.yaml", "step", "route/main/write", ("config", "max_retries"), preferred)
    with store.transaction() as rows:
        keep_correction(rows, first, at=NOW)
        keep_correction(rows, later, at=NOW + timedelta(days=1))
        assert list_corrections(rows, "a.yaml") == (later,)
        assert list_corrections(rows, "b.yaml") == ()


def test_a_sweep_counts_what_it_asked_of_the_held_out_runs(store: Store) -> None:
    workflow = read(LETTERS_SPEC)
    ran = run_often(workflow, 400)
    actor = make_actor(make_host(), store, settings=PROPOSE)
    uses = []
    for _ in range(2):
        done = sweep(actor, grist_of(ran, PROPOSE))
        uses += [one.proposal.evidence.hold_out_uses for one in done.handled]
        with store.transaction() as rows:
            assert count_hold_out_uses(rows, workflow.spec_sha256) == 1
    assert uses[0] == 1


def test_what_a_person_merged_instead_is_learned_and_proposed_next(
    store: Store, letters: Ran
) -> None:
    host = make_host()
    actor = make_actor(host, store, settings=PROPOSE)
    sweep(actor, grist_of(letters, PROPOSE))
    with store.transaction() as rows:
        (offered,) = list_proposals(rows)
    assert offered.patch[-1]["value"] == {"max_retries": 3}
    edited = LETTERS_SPEC.replace(
        '"{{ context.question }}"', '"{{ context.question }}"\n    config: {max_retries: 1}'
    )
    host.commit_elsewhere(LETTERS, edited.encode())
    settle_offers(actor.world)
    with store.transaction() as rows:
        (learned,) = list_corrections(rows, LETTERS)
        (closed,) = list_proposals(rows)
        assert list_memories(rows, now=NOW) == ()
    assert (learned.subject, learned.field, learned.preferred) == (
        "write",
        ("config", "max_retries"),
        1,
    )
    assert closed.state is RolloutState.EXPIRED
    host.commit_elsewhere(LETTERS, LETTERS_SPEC.encode())
    done = sweep(actor, grist_of(letters, PROPOSE))
    assert [one.proposal.patch.to_json()[-1]["value"] for one in done.handled] == [
        {"max_retries": 1}
    ]


def test_an_effect_whose_tests_failed_is_not_proposed_again_soon(
    store: Store, letters: Ran
) -> None:
    failing = OpenedTests([TestVerdict(passed=False, total=1, reasons=("it writes",))])
    host = make_host()
    actor = make_actor(host, store, tests=failing)
    actor.act(compose_retries(3, letters), applied_already=False)
    assert text_of(host) == LETTERS_SPEC
    with store.transaction() as rows:
        (memory,) = list_memories(rows, now=NOW)
    assert memory.reason is MemoryReason.FAILED_TESTS
    assert memory.until == NOW + timedelta(days=30)
