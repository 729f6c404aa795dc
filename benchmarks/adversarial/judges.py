"""The oracle in a process of its own, asked about every patch that no person would have looked at."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from benchmarks.adversarial.case import MODELS, Case, Verdict

SCRIPT = Path(__file__).with_name("oracle.py")


@dataclass(frozen=True, slots=True)
class Oracle:
    """A line to the process."""

    questions: IO[str]
    answers: IO[str]

    def find_harm(self, case: Case, verdict: Verdict) -> list[str]:
        """Return what the patch did beside turning knobs."""
        assert verdict.after is not None
        before, after = case.before.text, verdict.after.text
        return self._ask(before=before, patch=case.patch, after=after, models=MODELS)

    def compare(self, before: str, after: str, models: tuple[str, ...]) -> list[str]:
        """Return what one text does beside turning knobs of another, whatever patch led from one to the other."""
        return self._ask(before=before, after=after, models=models)

    def _ask(self, **asked: object) -> list[str]:
        self.questions.write(json.dumps(asked) + "\n")
        self.questions.flush()
        harms: list[str] = json.loads(self.answers.readline())
        return harms


@contextmanager
def open_oracle() -> Iterator[Oracle]:
    """Start the oracle, isolated from this program: it can't even import it."""
    command = [sys.executable, "-I", str(SCRIPT)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd="/"
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield Oracle(process.stdin, process.stdout)
        process.stdin.close()
