"""The tests of the evaluator notice when it is changed: all mutants under FLUJO_VERIFY=1, a few of them otherwise."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.policy_dsl.mutation import MODULES, is_killed, list_controls, list_mutants

SCRIPT = Path(__file__).with_name("mutation.py")
ROOT = SCRIPT.parents[2]
NEEDED = 0.95
SAMPLE = (
    "operators.py negated: condition turned round",
    "operators.py is_missing: Is to IsNot",
    "evaluator.py _chain: 1 to 2",
)
verify_only = pytest.mark.skipif(
    not os.environ.get("FLUJO_VERIFY"), reason="takes minutes: FLUJO_VERIFY=1 runs it"
)


def without_line(name: str) -> str:
    place, _, rest = name.partition(" ")
    return f"{place.partition(':')[0]} {rest}"


def test_a_mutant_differs_from_its_module_in_one_place_and_is_still_python() -> None:
    originals = {one.module: ast.unparse(one.build()).splitlines() for one in list_controls()}
    mutants = list_mutants()
    assert len(mutants) > 200
    assert {mutant.module for mutant in mutants} == set(MODULES)
    for mutant in mutants[::20]:
        tree = mutant.build()
        compile(tree, "mutant", "exec")
        before, after = originals[mutant.module], ast.unparse(tree).splitlines()
        assert before != after
        if len(before) == len(after):
            changed = [old for old, new in zip(before, after, strict=True) if old != new]
            assert len(changed) == 1, mutant.name


def run_sample() -> None:
    """Runs in a process of its own, because it forks."""
    by_name = {without_line(mutant.name): mutant for mutant in list_mutants()}
    found = {name: is_killed(by_name[name]) for name in SAMPLE}
    sys.stdout.write(json.dumps(found))


def run_script(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


def test_the_tests_notice_a_sample_of_mutants_and_not_the_module_itself() -> None:
    code = (
        "from tests.policy_dsl import mutation, test_mutation as t;"
        "control = mutation.list_controls()[1];"
        "quick = [f'tests/policy_dsl/test_{name}.py' for name in ('operators', 'functions')];"
        "assert not mutation._fork(control, quick), 'fails without any mutation';"
        "t.run_sample()"
    )
    assert json.loads(run_script("-c", code)) == dict.fromkeys(SAMPLE, True)


def test_tests_that_cannot_run_kill_nothing() -> None:
    code = (
        "from tests.policy_dsl import mutation\n"
        "try:\n"
        "    mutation._fork(mutation.list_controls()[0], ['tests/policy_dsl/nowhere.py'])\n"
        "except mutation.NothingTestedError as error:\n"
        "    print(error)\n"
    )
    assert "pytest ended with 4" in run_script("-c", code)


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
