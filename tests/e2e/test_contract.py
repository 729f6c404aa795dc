"""Held against GitHub's own OpenAPI description: our requests, and the answers of the GitHub for tests."""

import json
import re

import pytest
from pydantic import JsonValue

from tests.e2e.contract.cut_openapi import OPERATIONS
from tests.e2e.contract.requests_checked import DESCRIPTION, find_violations
from tests.e2e.github_server import Asked, GitHubServer


def _asked(verb: str, url: str, body: JsonValue = None) -> Asked:
    path = url.partition("?")[0]
    return Asked(
        verb=verb, path=path, url=url, body=body, agent=None, caller={}, status=0, fault=None
    )


@pytest.mark.parametrize(
    ("verb", "url", "body"),
    [
        ("POST", "/repos/acme/flows/pulls", {"title": "T", "head": "h"}),
        ("POST", "/repos/acme/flows/check-runs", {"name": "n", "head_sha": "s", "status": "odd"}),
        ("PUT", "/repos/acme/flows/pulls/1/merge", {"merge_method": "octopus"}),
        ("PATCH", "/repos/acme/flows/git/refs/heads/flujo/x", {"sha": "s", "force": "yes"}),
        ("POST", "/repos/acme/flows/issues/comments/1/reactions", {"content": "wave"}),
        ("GET", "/repos/acme/flows/commits/s/check-runs?filter=newest", None),
        ("GET", "/repos/acme/flows/secrets", None),
    ],
)
def test_what_github_does_not_document_is_found(verb: str, url: str, body: JsonValue) -> None:
    assert find_violations([_asked(verb, url, body)]) != []


@pytest.mark.parametrize(
    ("verb", "url", "body"),
    [
        ("GET", "/repos/acme/flows/git/ref/heads/flujo/a/b", None),
        ("GET", "/repos/acme/flows/compare/main...flujo/a/b?per_page=250", None),
        ("GET", "/repos/acme/flows/branches/flujo/a/protection", None),
        ("PATCH", "/repos/acme/flows/git/refs/heads/flujo/x", {"sha": "s", "force": True}),
    ],
)
def test_names_with_slashes_are_fine(verb: str, url: str, body: JsonValue) -> None:
    assert find_violations([_asked(verb, url, body)]) == []


def _documented(verb: str, path: str) -> set[str]:
    described = json.loads(DESCRIPTION.read_text(encoding="utf-8"))
    return set(described["paths"][path][verb.lower()]["responses"])


def _template(path: str) -> str:
    """Return which of the documented paths this one is of."""
    for template in sorted(OPERATIONS, key=lambda one: -len(one)):
        pattern = re.sub(r"\\\{(ref|basehead|branch)\\\}", ".+", re.escape(template))
        if re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", pattern), path):
            return template
    raise AssertionError(f"{path} isn't in the description")


def _play(github: GitHubServer) -> None:
    """Go through everything that GitHub refuses and emulate doesn't, or with another status."""
    bob = github.person("bob")
    main = bob.head()
    for name, content in (("flujo/1", b"1"), ("flujo/2", b"2")):
        bob.branch(name, bob.make_commit(main, {"README.md": content}))
    opening = {"title": "T", "head": "flujo/1", "base": "main", "body": ""}
    for changes in ({}, {}, {"head": "none"}, {"base": "none"}, {"title": "T" * 257}):
        bob.try_to("POST", "/pulls", {**opening, **changes})
    bob.try_to("POST", "/pulls", {**opening, "head": "flujo/2"})
    for sha in ("0" * 40, bob.head("flujo/1"), bob.head("flujo/1")):
        bob.try_to("PUT", "/pulls/1/merge", {"sha": sha})
    bob.try_to("PUT", "/pulls/2/merge", {"sha": bob.head("flujo/2")})
    bob.try_to("POST", "/check-runs", {"name": "n", "head_sha": main})
    bob.try_to("PATCH", "/git/refs/heads/none", {"sha": main})
    bob.try_to("PATCH", "/git/refs/heads/flujo/2", {"sha": main})
    bob.try_to("GET", "/git/ref/heads/none")


def test_the_server_answers_with_documented_statuses_only(github: GitHubServer) -> None:
    _play(github)
    answered = {(entry.verb, _template(entry.path), str(entry.status)) for entry in github.log()}
    undocumented = {
        (verb, path, status)
        for verb, path, status in answered
        # 403 is documented for few operations, and GitHub gives it for all of them.
        if status not in _documented(verb, path) | {"401", "403"}
    }
    assert undocumented == set()


def test_refusals_have_githubs_statuses(github: GitHubServer) -> None:
    _play(github)
    merges = [entry.status for entry in github.log() if entry.path.endswith("/merge")]
    assert merges == [409, 200, 405, 405]
    openings = [
        entry.status
        for entry in github.log()
        if entry.name.endswith("POST /repos/acme/flows/pulls")
    ]
    assert openings == [201, 422, 422, 422, 422, 201]


def test_nobody_gets_in_with_an_unknown_token(github: GitHubServer) -> None:
    stranger = github.person()
    for token in ("token nonsense", "Bearer eyJhbGciOiJub25lIn0.e30."):
        answer = type(stranger)(github.url, token, stranger.repository).try_to("GET", "")
        assert answer.status_code == 401


def test_a_push_to_the_head_of_a_pull_request_is_told(github: GitHubServer) -> None:
    bob = github.person("bob")
    bob.branch("flujo/1", bob.make_commit(bob.head(), {"README.md": b"1"}))
    number = bob.send("POST", "/pulls", {"title": "T", "head": "flujo/1", "base": "main"})["number"]
    pushed = bob.commit({"README.md": b"2"}, branch="flujo/1")
    assert bob.get(f"/pulls/{number}")["head"]["sha"] == pushed
