"""The commands that speak to GitHub, from the shell to the GitHub for tests."""

import json
import os
import re
import subprocess
import threading
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from pydantic import JsonValue

from app.adapters.git.remotes import parse_remote
from app.adapters.manifest_page import ManifestPage, open_manifest_page
from app.cli.main import run_command
from app.github import PERMISSIONS, parse_address
from tests.app.test_cli_schemas import check
from tests.e2e.github_server import APP_ID, INSTALLATION_ID, WEBHOOK_SECRET, Fault, GitHubServer
from tests.e2e.hook_receiver import open_receiver

_EXAMPLE = Path(__file__).parents[2] / "examples" / "minimal" / "hello.flow.yaml"

Ask = Callable[..., Any]


@pytest.fixture
def ask(
    github: GitHubServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Ask:
    """Runs a command with `--format json` in an empty folder, as the App and as bob."""
    (tmp_path / "key.pem").write_text(github.key, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name, value in {
        "API_URL": github.url,
        "APP_ID": str(APP_ID),
        "PRIVATE_KEY_FILE": "key.pem",
        "WEBHOOK_SECRET": WEBHOOK_SECRET,
        "TOKEN": "token-of-bob",
    }.items():
        monkeypatch.setenv(f"FLUJO_GITHUB_{name}", value)

    def run(*arguments: str, code: int, schema: str) -> Any:
        assert run_command([*arguments, "--format", "json"]) == code
        answer = json.loads(capsys.readouterr().out)
        check(answer, schema)
        return answer

    return run


def _doctor(ask: Ask, code: int = 1) -> dict[str, Any]:
    found = ask("github", "doctor", code=code, schema="github-doctor")
    return {one["name"]: one for one in found["findings"]}


def _make_flaky(github: GitHubServer, ask: Ask) -> None:
    text = _EXAMPLE.read_text(encoding="utf-8").replace("sim:small", "sim:flaky")
    Path("hello.flow.yaml").write_text(text, encoding="utf-8")
    github.person("bob").commit({"hello.flow.yaml": text.encode()})
    ask(
        *("run", "hello.flow.yaml", "--runs", "120", "--every", "3600"),
        *("--input", '{"question": "What is a workflow?", "name": "Ada"}'),
        *("--telemetry", "runs.jsonl", "--record", "recordings"),
        code=0,
        schema="run",
    )


def test_suggestions_become_pull_requests_once(github: GitHubServer, ask: Ask) -> None:
    _make_flaky(github, ask)
    _in_git(f"{github.url}/acme/flows.git")
    command = (
        *("suggest", "hello.flow.yaml", "--telemetry", "runs.jsonl", "--recordings", "recordings"),
        "--create-pr",
    )
    first = ask(*command, code=0, schema="suggest")["pull_requests"]
    again = ask(*command, code=0, schema="suggest")["pull_requests"]
    assert [one["where"] for one in first] == [one["where"] for one in again]
    wheres = [one["where"] for one in first if one["where"]]
    pulls = github.person().get("/pulls")
    assert sorted(pull["html_url"] for pull in pulls) == sorted(wheres)
    assert wheres
    assert "```mermaid" in pulls[0]["body"]
    assert pulls[0]["user"]["login"] == "bob"


def _in_git(origin: str) -> None:
    for arguments in (["init", "-q", "-b", "main"], ["remote", "add", "origin", origin]):
        subprocess.run(["git", *arguments], check=True)


def test_nothing_is_opened_without_a_token(
    github: GitHubServer, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    _make_flaky(github, ask)
    monkeypatch.delenv("FLUJO_GITHUB_TOKEN")
    arguments = ("suggest", "hello.flow.yaml", "--telemetry", "runs.jsonl", "--create-pr")
    answer = ask(*arguments, "--github", "acme/flows", code=2, schema="error")
    assert "FLUJO_GITHUB_TOKEN" in answer["error"]


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("git@github.com:acme/flows.git", "acme/flows"),
        ("https://github.com/acme/flows", "acme/flows"),
        ("https://bob:secret@GitHub.com/acme/flows.git/", "acme/flows"),
        ("ssh://git@github.com:22/acme/flows.git", "acme/flows"),
        ("git@github.com.evil.example:acme/flows.git", None),
        ("https://github.com@evil.example/acme/flows", None),
        ("https://evil.example/github.com/acme/flows", None),
        ("https://github.com/acme/flows/tree/main", None),
        ("/home/ada/flows", None),
        ("", None),
    ],
)
def test_origin_counts_only_on_exactly_that_host(address: str, name: str | None) -> None:
    assert parse_remote(address, "github.com") == name


def test_a_healthy_app_has_only_the_address_of_its_webhook_wrong_here(
    github: GitHubServer, ask: Ask
) -> None:
    found = _doctor(ask)
    assert [name for name, one in found.items() if not one["ok"]] == ["webhook"]
    assert "not https" in found["webhook"]["detail"]


def test_each_thing_that_is_wrong_is_told_with_what_to_do(
    github: GitHubServer, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    github.control("suspend", {"installation_id": INSTALLATION_ID, "suspended": True})
    monkeypatch.delenv("FLUJO_GITHUB_WEBHOOK_SECRET")
    app: JsonValue = {
        "id": APP_ID, "slug": "flujo", "name": "Flujo", "events": ["push"],
        "permissions": {"metadata": "read", "contents": "read", "workflows": "write"},
    }  # fmt: skip
    github.fail(Fault("GET /app$", status=200, body=app))
    found = _doctor(ask)
    assert "contents: write" in found["permissions"]["detail"]
    assert "not needed: workflows" in found["permissions"]["detail"]
    assert "pull_request" in found["events"]["detail"]
    assert found["secret"]["advice"]
    assert found["installation on acme"]["detail"] == "suspended"


def test_a_secret_that_differs_shows_in_the_deliveries(github: GitHubServer, ask: Ask) -> None:
    with open_receiver() as hook:
        hook.answer = 401
        github.reset(webhook_url=hook.url)
        github.person().commit({"README.md": b"2"})
        hook.wait_until(lambda: "push" in hook.events)
        assert "secrets differ" in _doctor(ask)["deliveries"]["advice"]


def test_a_key_of_another_app_ends_the_examination(github: GitHubServer, ask: Ask) -> None:
    github.fail(Fault("GET /app$", status=401))
    found = _doctor(ask)
    assert not found["key"]["ok"]
    assert "permissions" not in found


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("APP_ID", ""),
        ("APP_ID", "flujo"),
        ("PRIVATE_KEY_FILE", ""),
        ("PRIVATE_KEY_FILE", "none.pem"),
        ("PRIVATE_KEY", "both"),
        ("API_URL", "http://github.example.com"),
    ],
)
def test_a_variable_that_is_wrong_is_named(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"FLUJO_GITHUB_{name}", value)
    answer = ask("github", "doctor", code=2, schema="error")
    assert "FLUJO_GITHUB" in answer["error"] or "can't be the address" in answer["error"]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "github.com",
        "http://api.github.com",
        "https://api.github.com@evil.example",
        "https://user:pass@api.github.com",
        "https://api.github.com\\@evil.example",
        "https://api.github.com?x=1",
        "https://xn--gthub-cta\u0456.com",
        "ftp://api.github.com",
    ],
)
def test_no_address_may_look_like_another(url: str) -> None:
    with pytest.raises(Exception, match="can't be the address"):
        parse_address(url)


@pytest.mark.parametrize(
    ("url", "web"),
    [
        ("https://api.github.com", "https://github.com"),
        ("https://git.example.com/api/v3/", "https://git.example.com"),
        ("https://api.acme.ghe.com", "https://acme.ghe.com"),
        ("https://api.example.com/api/v3", "https://api.example.com"),
    ],
)
def test_pages_are_where_people_see_them(url: str, web: str) -> None:
    assert parse_address(url).web_url == web


def _register(ask: Ask, monkeypatch: pytest.MonkeyPatch, *more: str, code: int, schema: str) -> Any:
    """Run `create-app` with a person who follows its page, and GitHub, which sends them back."""
    threads: list[threading.Thread] = []

    def follow(url: str) -> bool:
        threads.append(threading.Thread(target=_agree, args=(url,)))
        threads[0].start()
        return True

    monkeypatch.setattr("webbrowser.open", follow)
    answer = ask(
        *("github", "create-app", "--name", "Flujo of acme", "--organization", "acme"),
        *("--webhook-url", "https://flujo.example.com/webhooks/github", *more),
        code=code,
        schema=schema,
    )
    for thread in threads:
        thread.join()
    return answer


def _agree(url: str) -> None:
    page = requests.get(url, timeout=10).text
    target = unescape(re.findall(r'action="([^"]*)"', page)[0])
    manifest = json.loads(unescape(re.findall(r'name="manifest" value="([^"]*)"', page)[0]))
    assert urlsplit(target).path == "/organizations/acme/settings/apps/new"
    assert manifest["default_permissions"] == {one.name: one.access for one in PERMISSIONS}
    assert not manifest["public"]
    state = parse_qs(urlsplit(target).query)["state"][0]
    back = manifest["redirect_url"]
    assert (
        requests.get(back, params={"code": "evil", "state": "guessed"}, timeout=10).status_code
        == 404
    )
    requests.get(back, params={"code": "a-code", "state": state}, timeout=10)


def test_an_app_is_registered_and_its_key_kept_from_others(
    github: GitHubServer, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = _register(ask, monkeypatch, "--directory", "kept", code=0, schema="github-create-app")
    key, environment = Path(answer["key_file"]), Path(answer["environment_file"])
    assert key.read_text(encoding="utf-8") == github.key
    assert {os.stat(file).st_mode & 0o777 for file in (key, environment)} == {0o600}
    assert f"FLUJO_GITHUB_APP_ID={APP_ID}" in environment.read_text(encoding="utf-8")
    assert answer["install_url"].endswith("/apps/flujo/installations/new")
    assert WEBHOOK_SECRET not in json.dumps(answer)


def test_a_key_that_is_there_is_not_overwritten(
    github: GitHubServer, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("flujo.private-key.pem").write_text("mine", encoding="utf-8")
    answer = _register(ask, monkeypatch, code=2, schema="error")
    assert "can't be written" in answer["error"]
    assert Path("flujo.private-key.pem").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("name", "webhook_url", "told"),
    [
        ("Flujo", "http://flujo.example.com", "can't receive events"),
        ("", "https://flujo.example.com", "1 to 34"),
        ("F" * 35, "https://flujo.example.com", "1 to 34"),
    ],
)
def test_what_github_would_refuse_is_told_before_a_browser_opens(
    ask: Ask, name: str, webhook_url: str, told: str
) -> None:
    arguments = ("github", "create-app", "--name", name, "--webhook-url", webhook_url)
    assert told in ask(*arguments, code=2, schema="error")["error"]


def test_an_answer_without_a_code_is_not_the_one_we_wait_for() -> None:
    with open_manifest_page("state") as page:
        assert isinstance(page, ManifestPage)
        assert page.answer("/created?state=state")[0] == 400
        assert page.answer("/created?code=x")[0] == 404
        assert page.answer("/favicon.ico")[0] == 404
