"""Every payload that people collected of GitHub, and what may be wrong with one: handled or ignored, never an error."""

import copy
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.store import Work
from app.webhooks.events import RULES, find_work
from app.webhooks.facts import Facts, read_facts
from tests.app.webhooks.senders import PULL_REQUEST, Sender, open_sender

EXAMPLES = Path(__file__).parents[2] / "e2e/node_modules/@octokit/webhooks-examples"
needs_examples = pytest.mark.skipif(
    not EXAMPLES.is_dir(), reason="needs `npm ci --ignore-scripts` in tests/e2e"
)


@cache
def read_examples() -> tuple[tuple[str, dict[str, Any]], ...]:
    found = orjson.loads((EXAMPLES / "api.github.com" / "index.json").read_bytes())
    return tuple((event["name"], example) for event in found for example in event["examples"])


@pytest.fixture(scope="module")
def sender(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sender]:
    with open_sender(tmp_path_factory.mktemp("webhooks")) as opened:
        yield opened


@needs_examples
def test_all_collected_payloads_are_handled_or_ignored(sender: Sender) -> None:
    examples = read_examples()
    assert (len({event for event, _ in examples}), len(examples)) == (58, 329)
    results = []
    for event, payload in examples:
        installed = {"installation": {"id": 5}, **payload}
        for body in (payload, installed):
            answer = sender.deliver(orjson.dumps(body), event=event)
            assert answer.status_code == 202, (event, answer.text)
        results.append((event, answer.json()["result"]))
    known = {rule.event for rule in RULES}
    assert {result for event, result in results if event not in known} == {"ignored"}
    accepted = {event for event, result in results if result == "accepted"}
    collected = {event for event, _ in examples}
    assert accepted == known & collected - {"push"} | ({"push"} & accepted)


def _find_paths(value: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield (*path, name)
            yield from _find_paths(inner, (*path, name))


_ODD: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        True,
        False,
        0,
        -1,
        2**63,
        2**80,
        1.5,
        "",
        "x" * 999,
        "\ud7ff",
        [],
        {},
        [[]],
        {"id": "1"},
    ]
)


@needs_examples
@settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_a_payload_with_anything_missing_or_of_another_type_is_no_error(
    sender: Sender, data: st.DataObject
) -> None:
    event, payload = data.draw(st.sampled_from(read_examples()))
    mutated = {"installation": {"id": 5}, **copy.deepcopy(payload)}
    for _ in range(data.draw(st.integers(1, 4))):
        path = data.draw(st.sampled_from(sorted(_find_paths(mutated)) or [("x",)]))
        *parents, last = path
        place: Any = mutated
        for name in parents:
            place = place[name]
        if data.draw(st.booleans()):
            place.pop(last, None)
        else:
            place[last] = data.draw(_ODD)
    body = orjson.dumps(mutated, option=orjson.OPT_NON_STR_KEYS) if _fits(mutated) else b"{}"
    assert sender.deliver(body, event=event).status_code == 202


def _fits(value: object) -> bool:
    try:
        orjson.dumps(value)
    except TypeError:
        return False
    return True


@settings(deadline=None, max_examples=100)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "action",
                        "id",
                        "installation",
                        "issue",
                        "number",
                        "pull_request",
                        "repository",
                    ]
                ),
                inner,
            )
        ),
    ).map(lambda value: {"installation": value, "pull_request": value, "repository": value})
)
def test_facts_are_numbers_hashes_and_states_whatever_is_sent(payload: dict[str, Any]) -> None:
    facts = read_facts(orjson.dumps(payload))
    assert 0 <= facts.installation_id < 2**63
    assert 0 <= facts.number < 2**63
    for rule in RULES:
        for work in find_work(rule.event, facts):
            assert len(work.key) < 64


def change(**parts: Any) -> Facts:
    return read_facts(orjson.dumps({**PULL_REQUEST, **parts}))


def test_a_pull_request_of_a_fork_is_the_same_work() -> None:
    head = {"sha": "b" * 40, "repo": {"id": 99, "fork": True}}
    facts = change(pull_request={"number": 3, "head": head})
    assert find_work("pull_request", facts) == (Work("github:7", "pull_request", "3", 5),)
    gone = change(pull_request={"number": 3, "head": {"sha": "b" * 40, "repo": None}})
    assert find_work("pull_request", gone) == find_work("pull_request", facts)


@pytest.mark.parametrize("action", ["renamed", "transferred", "archived", "deleted"])
def test_a_repository_that_moves_keeps_its_number(action: str) -> None:
    facts = change(action=action, pull_request=None, repository={"id": 7, "full_name": "other/x"})
    assert find_work("repository", facts) == (Work("github:7", "repository", "", 5),)


def test_a_suspended_installation_is_read_anew() -> None:
    facts = read_facts(b'{"action":"suspend","installation":{"id":5,"suspended_at":"x"}}')
    assert find_work("installation", facts) == (Work("installation:5", "installation", "", 5),)


def test_without_an_installation_nothing_is_done() -> None:
    assert find_work("pull_request", change(installation=None)) == ()


def test_a_comment_asks_for_a_command_only_when_a_person_wrote_it_just_now() -> None:
    parts: dict[str, Any] = {"issue": {"number": 3}, "comment": {"id": 11}, "pull_request": None}
    person, bot = {"id": 1, "type": "User"}, {"id": 2, "type": "Bot"}
    created = change(action="created", sender=person, **parts)
    assert find_work("issue_comment", created) == (Work("github:7", "command", "3/11", 5),)
    for other in (
        change(action="edited", sender=person, **parts),
        change(action="deleted", sender=person, **parts),
        change(action="created", sender=bot, **parts),
    ):
        assert find_work("issue_comment", other) == ()


def test_a_push_counts_on_the_default_branch_only() -> None:
    on_main = change(ref="refs/heads/main", after="c" * 40, pull_request=None)
    assert [work.kind for work in find_work("push", on_main)] == ["default_branch"]
    for ref in ("refs/heads/other", "refs/tags/main", "main", None):
        assert find_work("push", change(ref=ref, pull_request=None)) == ()


def test_a_box_ticked_in_an_issue_counts_and_one_in_a_pull_request_does_not() -> None:
    issue: dict[str, Any] = {"number": 9}
    facts = change(action="edited", issue=issue, pull_request=None)
    assert [work.kind for work in find_work("issues", facts)] == ["dashboard"]
    also = change(action="edited", issue={**issue, "pull_request": {}}, pull_request=None)
    assert find_work("issues", also) == ()


def test_an_action_that_is_not_in_the_table_asks_for_nothing() -> None:
    assert find_work("pull_request", change(action="auto_merge_enabled")) == ()
    assert find_work("pull_request", change(action="Opened; DROP TABLE work")) == ()
