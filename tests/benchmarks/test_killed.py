"""Killed at any point, a change leaves the old bytes or the new ones, and the journal says which."""

import json
import os
import subprocess
import sys

from benchmarks.adversarial.back_doors import ROOT

FULL = bool(os.environ.get("FLUJO_VERIFY"))
ROUNDS, EVERY = (20, 1) if FULL else (1, 3)


def test_a_kill_at_every_point_leaves_old_or_new_and_a_journal_that_explains_it() -> None:
    command = [sys.executable, "-m", "benchmarks.adversarial.killed"]
    done = subprocess.run(
        [*command, str(ROUNDS), str(EVERY)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["wrong"] == []
    assert found["kills"] >= 40 * ROUNDS // EVERY
    assert set(found["ended"]) <= {"old → old", "new → new", "new → old"}
    assert len(found["ended"]) > 1
