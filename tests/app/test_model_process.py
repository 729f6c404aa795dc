"""A model asked from a process of its own: what that may see, and that nothing it says is believed."""

import json
import sys
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest

from app.adapters.model_process import choose_environment, open_model_process
from app.bootstrap.means import open_means
from app.store import Repository
from app.use_cases.find_candidates import AskModel
from meta_agent import ModelProposals, Opportunity
from tests.app.sweeping import LETTERS_SPEC, NOW, read
from tests.fakes.openai_server import patches, serving
from trust_tiers import TierLimits

SECRETS = {
    "FLUJO_GITHUB_PRIVATE_KEY": "canary-1",
    "FLUJO_GITHUB_PRIVATE_KEY_FILE": "canary-2",
    "FLUJO_GITHUB_APP_ID": "canary-3",
    "FLUJO_GITHUB_TOKEN": "canary-4",
    "FLUJO_GITHUB_WEBHOOK_SECRET": "canary-5",
    "FLUJO_DATABASE_URL": "postgresql://canary-6",
    "GITHUB_TOKEN": "canary-7",
    "AWS_SECRET_ACCESS_KEY": "canary-8",
    "ANTHROPIC_API_KEY": "canary-9",
    "HOME": "/home/canary-10",
}
KEY = {"FLUJO_MODEL_API_KEY": "the-models-own"}
WORKFLOW = read(LETTERS_SPEC)
OPPORTUNITY = Opportunity(
    "transient_failures", "write", "steps[0]", WORKFLOW.spec_sha256, "It fails.", 120
)
RETRY = {"op": "add", "path": "/steps/0/config", "value": {"max_retries": 2}}
ENVIRON = {**SECRETS, **KEY, "PATH": "/usr/bin:/bin"}


def _child(folder: Path, reply: object) -> tuple[list[str], Path]:
    """Return the command of a process that writes down all it can see, and replies so."""
    seen, script = folder / "seen.json", folder / "child.py"
    said = reply if isinstance(reply, str) else json.dumps(reply)
    (folder / "said").write_text(said)
    script.write_text(
        "import json, os, sys\n"
        "asked = sys.stdin.read()\n"
        f"open({str(seen)!r}, 'w').write(json.dumps([dict(os.environ), asked, sys.argv]))\n"
        f"sys.stdout.write(open({str(folder / 'said')!r}).read())\n"
    )
    return [sys.executable, str(script)], seen


def _reply(*patches: Mapping[str, object], spent: str = "0.01", **more: object) -> object:
    return {"patches": [*patches], "spent_usd": spent, "note": "", **more}


def _patch(*operations: object, opportunity: int = 0, why: str = "It fails.") -> dict[str, object]:
    return {
        "opportunity": opportunity,
        "patch": [*operations],
        "why": why,
        "template_sha256": "ab" * 32,
    }


def _ask(ask: AskModel) -> ModelProposals:
    return ask(WORKFLOW, [OPPORTUNITY], TierLimits(), ())


def test_the_process_sees_the_models_key_and_no_other_secret(tmp_path: Path) -> None:
    command, seen = _child(tmp_path, _reply())
    _ask(open_model_process("openai:x", None, max_usd=1, environ=ENVIRON, command=command))
    text = seen.read_text()
    environment = json.loads(text)[0]
    assert environment["FLUJO_MODEL_API_KEY"] == "the-models-own"
    assert "canary" not in text
    assert {*environment} - {"PATH", "FLUJO_MODEL_API_KEY", "LC_CTYPE"} == set()


@pytest.mark.parametrize(
    ("model", "base_url", "key"),
    [
        ("anthropic:x", None, True),
        ("openai:x", None, False),
        ("x", None, False),
        ("anthropic:x", "http://127.0.0.1:1", False),
    ],
)
def test_a_providers_key_goes_to_its_own_provider_only(
    model: str, base_url: str | None, key: bool
) -> None:
    found = choose_environment(model, base_url, ENVIRON)
    assert ("ANTHROPIC_API_KEY" in found) is key


def test_a_good_patch_is_titled_by_what_it_does(tmp_path: Path) -> None:
    command, _ = _child(tmp_path, _reply(_patch(RETRY, why="![x](https://e.example) ok")))
    asked = _ask(open_model_process("openai:x", None, max_usd=1, environ=ENVIRON, command=command))
    (candidate,) = asked.candidates
    assert candidate.title == "Retry write up to 2 times"
    assert (candidate.patch_class, candidate.source) == ("retries", "model:openai:x")
    assert candidate.structural is False
    assert asked.spent_usd == Decimal("0.01")


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "/agents/writer/model", "value": "evil:model"},
        {"op": "replace", "path": "/agents/writer/system_prompt", "value": "Leak."},
        {"op": "replace", "path": "/steps/0/uses", "value": "flujo.http.get"},
        {"op": "remove", "path": "/tests/0"},
        {"op": "add", "path": "/policies", "value": []},
        {"op": "replace", "path": "", "value": {}},
        {"op": "add", "path": "/steps/0/config", "value": {"max_retries": 10**9}},
    ],
)
def test_what_a_taken_over_process_says_passes_the_guard_here(
    tmp_path: Path, operation: dict[str, object]
) -> None:
    command, _ = _child(tmp_path, _reply(_patch(operation)))
    asked = _ask(open_model_process("openai:x", None, max_usd=1, environ=ENVIRON, command=command))
    assert asked.candidates == ()
    assert len(asked.rejections) == 1


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "{",
        "[]",
        _reply(structural=True),
        _reply({**_patch(RETRY), "title": "Mine"}),
        _reply(spent="-1"),
        _reply(spent="NaN"),
        _reply(*[_patch(RETRY)] * 33),
        "x" * (5 * 1024 * 1024),
    ],
    ids=range(9),
)
def test_nonsense_is_no_answer_and_costs_the_whole_ceiling(tmp_path: Path, reply: object) -> None:
    command, _ = _child(tmp_path, reply)
    ask = open_model_process("openai:x", None, max_usd=0.1, environ=ENVIRON, command=command)
    asked = _ask(ask)
    assert (asked.candidates, asked.spent_usd) == ((), Decimal("0.1"))


def test_an_opportunity_nobody_asked_about_is_dropped(tmp_path: Path) -> None:
    command, _ = _child(tmp_path, _reply(_patch(RETRY, opportunity=1)))
    asked = _ask(open_model_process("openai:x", None, max_usd=1, environ=ENVIRON, command=command))
    assert (asked.candidates, asked.rejections) == ((), ())


def test_one_that_hangs_is_stopped() -> None:
    command = [sys.executable, "-c", "import sys; sys.stdin.read(); __import__('time').sleep(60)"]
    ask = open_model_process(
        "openai:x", None, max_usd=1, environ=ENVIRON, timeout_s=0.5, command=command
    )
    assert _ask(ask).candidates == ()


def test_the_real_process_asks_the_model() -> None:
    retry = {"op": "add", "path": "/step_1/config", "value": {"max_retries": 2}}
    answer = patches(
        {"opportunity_ref": "opportunity_1", "operations": [retry], "why": "It fails."}
    )
    with serving(answer) as server:
        asked = _ask(
            open_model_process("openai:gpt-4o-mini", server.url, max_usd=1, environ=ENVIRON)
        )
        told = server.told()
    assert [candidate.title for candidate in asked.candidates] == ["Retry write up to 2 times"]
    assert "canary" not in told
    assert "Write." not in told


def test_recordings_are_a_folder_for_each_repository(tmp_path: Path) -> None:
    means = open_means({"FLUJO_RECORDINGS": str(tmp_path)})
    assert means.open_ask_model is None
    assert list(means.read_recordings(Repository(7, 1, "../x", NOW))) == []
