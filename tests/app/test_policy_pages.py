"""The pages on tests and policies are true: their examples parse, their tables are complete, the CI template runs."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.settings import parse_settings
from policy_dsl import Action, Enforcement, RecordType
from workflow import RESULT_NAMES, EmbeddedTest, TestOutcome, compile_program, parse_workflow
from workflow.governance.packs import PACKS, load_pack
from workflow.governance.personal_data import PersonalData

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = ("reference/embedded-tests.md", "reference/policies.md", "how-to/write-policies.md")
BASE = """\
version: "0.1"
agents: {a: {model: "sim:small"}}
steps:
  - {name: lookup, uses: agents.a}
  - {name: answer, uses: agents.a}
"""
TEMPLATE = DOCS / "how-to" / "flujo-test.yml"


def read(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def examples(kind: str) -> list[str]:
    return [
        block
        for page in PAGES
        for block in re.findall(rf"^```{kind}\n(.*?)^```", read(page), re.DOTALL | re.MULTILINE)
    ]


@pytest.mark.parametrize("example", examples("yaml"))
def test_an_example_is_part_of_a_valid_spec(example: str) -> None:
    compile_program(parse_workflow(BASE + example))


@pytest.mark.parametrize("example", examples("yaml settings"))
def test_an_example_of_settings_is_valid(example: str) -> None:
    parse_settings(example)


def test_the_page_on_tests_lists_every_field_outcome_and_fact() -> None:
    page = read("reference/embedded-tests.md")
    assert all(f"| `{name}` |" in page for name in EmbeddedTest.model_fields)
    assert all(f"| {outcome} |" in page for outcome in TestOutcome)
    facts = RESULT_NAMES.fields["result"]
    assert isinstance(facts, RecordType)
    assert all(f"result.{name}" in page for name in facts.fields)


def test_the_page_on_policies_lists_every_pack_action_and_kind() -> None:
    page = read("reference/policies.md")
    ids = [policy.id for name in PACKS for policy in load_pack(name)]
    assert all(f"`{name}`" in page for name in (*PACKS, *ids))
    assert all(f"| `{word}` |" in page for word in (*Action, *Enforcement))
    assert all(f"`{kind}`" in page for kind in PersonalData)


def template() -> Any:
    return yaml.safe_load(TEMPLATE.read_text(encoding="utf-8"))


def test_the_template_pins_every_action_and_may_only_read() -> None:
    text, workflow = TEMPLATE.read_text(encoding="utf-8"), template()
    assert workflow["permissions"] == {"contents": "read"}
    steps = workflow["jobs"]["flujo-test"]["steps"]
    used = [step["uses"] for step in steps if "uses" in step]
    assert used
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action) for action in used)
    assert not any("${{" in step.get("run", "") for step in steps)
    assert "secrets" not in text
    assert "pull_request_target" not in text


@pytest.mark.parametrize("passing", [True, False])
def test_the_templates_script_tests_every_spec(tmp_path: Path, passing: bool) -> None:
    (script,) = [
        step["run"]
        for step in template()["jobs"]["flujo-test"]["steps"]
        if step.get("name") == "Test every spec"
    ]
    folder = tmp_path / "re po"
    (folder / "flows").mkdir(parents=True)
    source = (ROOT / "examples" / "minimal" / "hello.flow.yaml").read_text(encoding="utf-8")
    wanted = source if passing else source.replace("'Flujo' in", "'Nobody' in")
    (folder / "flows" / "it's $(touch hacked).flow.yaml").write_text(wanted, encoding="utf-8")
    shutil.copy(ROOT / "examples" / "minimal" / "hello.flow.yaml", folder / "a b.flow.yml")
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "flujo").write_text(f'#!/bin/sh\nexec {sys.executable} -m app "$@"\n')
    (tools / "flujo").chmod(0o755)
    environ = {
        "HOME": str(tmp_path),
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
    }
    for command in (["git", "init", "-q"], ["git", "add", "."]):
        subprocess.run(command, cwd=folder, env=environ, check=True)
    done = subprocess.run(
        ["bash", "-e", "-c", script], cwd=folder, env=environ, capture_output=True, check=False
    )
    assert done.returncode == (0 if passing else 1), done.stdout + done.stderr
    names = sorted(path.name for path in (folder / "reports").iterdir())
    assert names == ["a b.flow.yml.xml", "flows-it's $(touch hacked).flow.yaml.xml"]
    assert not (folder / "hacked").exists()
