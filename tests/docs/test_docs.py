import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from app.cli.main import COMMANDS, run_command
from tests.docs.pages import ROOT, Block, Page, list_pages, read_page
from workflow import parse_workflow

PAGES = {page.name: page for page in list_pages()}
SHELLS = {"console", "sh"}
SOURCES = (
    "app",
    "diff_ux",
    "meta_agent",
    "policy_dsl",
    "prompt_guard",
    "telemetry",
    "trust_tiers",
    "workflow",
)

every_page = pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)


def runnable_blocks(page: Page) -> list[Block]:
    """Blocks marked as ```console exit=N, which run, and as ```yaml file=NAME, which are written before what follows.

    They do so in order, in one fresh folder a page.
    """
    return [block for block in page.blocks if "file" in block.marks or is_shell(block)]


def is_shell(block: Block) -> bool:
    return block.language in SHELLS and "exit" in block.marks


RUNNABLE = {name: page for name, page in PAGES.items() if any(map(is_shell, page.blocks))}
ADRS = {name: page for name, page in PAGES.items() if name.startswith("docs/adr/0")}
TUTORIALS = {name: page for name, page in PAGES.items() if name.startswith("docs/tutorials/")}


@every_page
def test_every_relative_link_resolves(page: Page) -> None:
    broken = [target for target in page.links if not leads_somewhere(page, target)]
    assert broken == []


def leads_somewhere(page: Page, target: str) -> bool:
    if re.match(r"[a-z]+:", target):
        return True
    path, _, fragment = unquote(target).partition("#")
    goal = (page.path.parent / path).resolve() if path else page.path
    if not goal.exists() or not goal.is_relative_to(ROOT):
        return False
    return not fragment or goal.suffix != ".md" or fragment in read_page(goal).anchors


@every_page
def test_no_page_names_a_place_on_somebodys_machine(page: Page) -> None:
    found = re.findall(
        r"(?<![\w.~])/(?:work|home|root|Users|private|mnt)/\S*|[A-Z]:\\\S+", page.text
    )
    assert found == []


@every_page
def test_every_make_target_that_is_mentioned_exists(page: Page) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    named = set(re.findall(r"`make ([a-z]+)", page.text)) | set(
        re.findall(r"^\$? ?make ([a-z]+)", page.text, re.MULTILINE)
    )
    assert named <= targets


@pytest.fixture(scope="module")
def orders_url() -> Iterator[str]:
    server = ROOT / "examples" / "support-triage" / "order_server.py"
    command = [sys.executable, str(server), "--port", "0", "--slow", "0", "--seed", "7"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


@pytest.mark.parametrize("page", RUNNABLE.values(), ids=RUNNABLE)
def test_commands_marked_as_runnable_exit_as_stated(
    page: Page, tmp_path: Path, orders_url: str
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    shutil.copytree(ROOT / "examples", home / "examples")
    environ = build_environment(tmp_path, orders_url)
    folder = home
    for block in runnable_blocks(page):
        if "file" in block.marks:
            (folder / block.marks["file"]).write_text(block.body, encoding="utf-8")
            continue
        commands = read_commands(block)
        wanted = [0] * (len(commands) - 1) + [int(block.marks["exit"])]
        for command, code in zip(commands, wanted, strict=True):
            if command.startswith("cd "):
                folder = (folder / command.removeprefix("cd ")).resolve()
                continue
            done = subprocess.run(
                ["bash", "-c", command], cwd=folder, env=environ, capture_output=True, text=True
            )
            assert done.returncode == code, f"{command}\n{done.stdout}{done.stderr}"


def build_environment(tmp_path: Path, orders_url: str) -> dict[str, str]:
    """A shell where `flujo` is this checkout and git knows somebody, and nothing else of ours."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name, arguments in (("flujo", "-m app"), ("python", "")):
        tool = tools / name
        tool.write_text(f'#!/bin/sh\nexec {sys.executable} {arguments} "$@"\n', encoding="utf-8")
        tool.chmod(0o755)
    who = {"NAME": "Ada", "EMAIL": "ada@example.com"}
    identity = {
        f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in who.items()
    }
    return {
        **identity,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "HOME": str(tmp_path),
        "ORDERS_URL": orders_url,
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
    }


def read_commands(block: Block) -> list[str]:
    """Return what is typed: lines behind `$ ` of a console, all lines of a script."""
    lines = re.sub(r"\\\n\s*", " ", block.body).splitlines()
    if block.language == "console":
        lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    return [line for line in lines if line.strip() and not line.startswith("#")]


@pytest.mark.parametrize("page", TUTORIALS.values(), ids=TUTORIALS)
def test_every_spec_in_a_tutorial_is_valid(page: Page) -> None:
    specs = [block.body for block in page.blocks if block.language == "yaml"]
    for text in specs:
        if "steps:" in text:
            assert parse_workflow(text, path=page.name).warnings == ()


@pytest.mark.parametrize("page", ADRS.values(), ids=ADRS)
def test_every_decision_record_has_the_five_headings(page: Page) -> None:
    headings = re.findall(r"^## (.+)$", page.text, re.MULTILINE)
    assert headings == ["Context", "Decision", "Consequences", "Alternatives", "Enforced by"]


def test_decision_records_are_numbered_without_repetition() -> None:
    numbers = [Path(name).name[:4] for name in ADRS]
    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize("page", ADRS.values(), ids=ADRS)
def test_every_decision_record_is_listed_on_the_map(page: Page) -> None:
    assert f"adr/{page.path.name}" in PAGES["docs/README.md"].links


def test_the_map_lists_every_page() -> None:
    listed = {f"docs/{target.partition('#')[0]}" for target in PAGES["docs/README.md"].links}
    pages = {name for name in PAGES if name.startswith("docs/")} - {"docs/README.md"}
    assert pages - listed == set()


def test_the_architecture_fits_on_two_screens() -> None:
    assert len(PAGES["ARCHITECTURE.md"].text.splitlines()) <= 150


@pytest.mark.parametrize("command", [*COMMANDS, "patch apply"])
def test_the_reference_of_the_command_line_names_every_option(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command([*command.split(), "--help"]) == 0
    options = set(re.findall(r"^  (--[a-z-]+)", capsys.readouterr().out, re.MULTILINE)) - {"--help"}
    _, heading, rest = PAGES["docs/reference/cli.md"].text.partition(f"## `flujo {command}")
    section = rest.partition("\n## ")[0]
    assert heading
    assert {option for option in options - {"--format"} if option not in section} == set()


def test_the_reference_of_the_command_line_links_every_schema() -> None:
    schemas = {path.name for path in (ROOT / "docs/reference/schemas").glob("*.json")}
    links = {Path(target).name for target in PAGES["docs/reference/cli.md"].links}
    assert schemas - links == set()


def test_every_type_in_the_glossary_exists() -> None:
    page = PAGES["docs/reference/glossary.md"]
    first_cells = re.findall(r"^\| (`[^|]+`) \|", page.text, re.MULTILINE)
    names = {name for cell in first_cells for name in re.findall(r"`([A-Z][A-Za-z]+)`", cell)}
    source = "\n".join(
        path.read_text(encoding="utf-8")
        for folder in SOURCES
        for path in sorted((ROOT / folder).rglob("*.py"))
    )
    known = set(re.findall(r"^(?:class (\w+)|(\w+) =)", source, re.MULTILINE))
    assert names
    assert names - {name for pair in known for name in pair} == set()
