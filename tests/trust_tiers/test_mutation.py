"""The tests of the gate notice when it is changed: all mutants under FLUJO_VERIFY=1, a few of them otherwise."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.trust_tiers.mutation import MODULES, list_mutants

SCRIPT = Path(__file__).with_name("mutation.py")
ROOT = SCRIPT.parents[2]
NEEDED = 0.95
verify_only = pytest.mark.skipif(
    not os.environ.get("FLUJO_VERIFY"), reason="takes minutes: FLUJO_VERIFY=1 runs it"
)


def test_there_are_mutants_of_every_part_of_the_gate() -> None:
    mutants = list_mutants()
    assert {mutant.module for mutant in mutants} == set(MODULES)
    assert len(mutants) > 200


def test_the_tests_notice_a_sample_of_mutants_and_not_the_module_itself() -> None:
    code = (
        "from tests.trust_tiers import mutation as m\n"
        "m.prepare()\n"
        "tests = (('rules',),)\n"
        "control = next(c for c in m.list_controls() if c.module == 'rules.retries')\n"
        "assert not m.is_killed(control, tests), 'fails without any mutation'\n"
        "chosen = [one for one in m.list_mutants() if one.module == 'rules.retries'][:2]\n"
        "print(all(m.is_killed(one, tests) for one in chosen))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines()[-1:] == ["True"], done.stderr


@verify_only
def test_at_least_95_percent_of_all_mutants_are_noticed() -> None:
    parts = [
        subprocess.Popen(
            [sys.executable, str(SCRIPT), str(part), "2"], stdout=subprocess.PIPE, text=True
        )
        for part in range(2)
    ]
    answers = [json.loads(process.communicate()[0].splitlines()[-1]) for process in parts]
    assert [process.returncode for process in parts] == [0, 0]
    mutants = sum(answer["mutants"] for answer in answers)
    survivors = [name for answer in answers for name in answer["survivors"]]
    assert mutants == len(list_mutants())
    assert 1 - len(survivors) / mutants >= NEEDED, "\n".join(survivors)
