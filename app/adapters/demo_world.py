"""The world of the demo: a repository of its own, and an order service on loopback that really fails at times."""

import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.errors import BadInputError

SPEC = "support-triage.flow.yaml"
URL_VARIABLE = "ORDERS_URL"
_LIVE_TEST = """
  # Added by the demo: it asks the order service for real, so it fails when the service does.
  - name: the order service answers
    tags: [live]
    input:
      ticket: {id: T-9, customer: Ada, subject: Where is it, text: "Where is my order A-10482?"}
    mocks:
      classify: {output: {category: billing}}
    assertions:
      - result.success
      - result.step['lookup'].output.found == true
"""
_TEST_ENVIRONMENT = f"""
tests:
  environment: [{URL_VARIABLE}]
"""


def find_example(name: str) -> Path:
    """Return the folder of a bundled example, in a checkout or in an installed package."""
    here = Path(__file__).resolve().parents[1]
    for folder in (here.parent / "examples" / name, here / "examples" / name):
        if folder.is_dir():
            return folder
    raise BadInputError(f"the example {name!r} isn't installed; run the demo from a checkout")


def make_repository(folder: Path) -> None:
    """Copy the example into a new git repository with one commit; raises `BadInputError` if something is there."""
    if folder.exists() and any(folder.iterdir()):
        raise BadInputError(f"{folder} isn't empty; name a folder the demo may make")
    shutil.copytree(
        find_example("support-triage"),
        folder,
        dirs_exist_ok=True,
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    for path, more in (
        (folder / SPEC, _LIVE_TEST),
        (folder / ".github/flujo.yml", _TEST_ENVIRONMENT),
    ):
        with path.open("a", encoding="utf-8") as file:
            file.write(more)
    (folder / ".gitignore").write_text(".flujo/\n__pycache__/\n", encoding="utf-8")
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "config", "user.name", "Flujo demo")
    git(folder, "config", "user.email", "demo@example.invalid")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Add the support triage workflow")


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder and return what it prints; raises `BadInputError` with git's own words."""
    try:
        done = subprocess.run(  # noqa: S603 -- an argument list
            ["git", "-c", "core.hooksPath=/dev/null", "-c", "commit.gpgsign=false", *arguments],  # noqa: S607
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        raise BadInputError("git isn't installed; install it and run the demo again") from None
    if done.returncode:
        raise BadInputError(f"git {arguments[0]}: {done.stderr.strip()}")
    return done.stdout.strip()


@contextmanager
def order_service(seed: int) -> Iterator[str]:
    """Start the order service and give its address; `ORDERS_URL` names it for skills while it runs."""
    script = find_example("support-triage") / "order_server.py"
    options = ["--port", "0", "--seed", str(seed), "--slow", "0.01", "--until-eof"]
    with subprocess.Popen(  # noqa: S603 -- our own interpreter and script
        [sys.executable, str(script), *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        before = os.environ.get(URL_VARIABLE)
        try:
            url = server.stdout.readline().strip()
            os.environ[URL_VARIABLE] = url
            yield url
        finally:
            server.terminate()
            os.environ.pop(URL_VARIABLE, None)
            if before is not None:
                os.environ[URL_VARIABLE] = before


def slow_down(url: str, latency_s: float) -> None:
    """Make every answer of the order service take this long, for real; 0 puts it back."""
    request = urllib.request.Request(f"{url}/_degrade?latency_s={latency_s}", method="POST")  # noqa: S310
    with urllib.request.urlopen(request, timeout=10):  # noqa: S310 -- loopback
        pass
