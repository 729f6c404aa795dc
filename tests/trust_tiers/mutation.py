"""Mutation testing of the gate, in the way of `tests/policy_dsl/mutation.py`; run as a script it prints what survived.

Each mutant runs in a fork of a process that has imported everything but `trust_tiers`.
"""

import ast
import importlib.abc
import importlib.machinery
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.policy_dsl.mutation import (  # noqa: E402 -- as a script it must find the tests first
    Mutant,
    NothingTestedError,
    _changes_of,
    _nodes_in,
    _tell_operators_apart,
    _wait,
)

MODULES = (
    "classification",
    "deciders",
    "guards",
    "knobs",
    "patch_class",
    "residue",
    "window",
    "rules.backoff",
    "rules.documentation",
    "rules.models",
    "rules.order",
    "rules.retries",
    "rules.timeouts",
    "rules.token_limits",
    "rules.validators",
)
_QUICK = (
    "rules",
    "reasons",
    "knobs",
    "hand_made_changes",
    "deciders",
    "patch_class",
    "window",
    "limits_of_a_run",
)
_THOROUGH = ("laws",)
_FAILED, _NOT_COLLECTED = 1, 2
_COULD_NOT_RUN = 4


def list_controls() -> list[Mutant]:
    """Return each module unchanged."""
    return [Mutant(f"{module} unchanged", module, _parse(module)) for module in MODULES]


def list_mutants() -> list[Mutant]:
    """Return every mutant of every module, in the order of the source."""
    return [mutant for module in MODULES for mutant in _mutate(module)]


def is_killed(mutant: Mutant, tests: Sequence[Sequence[str]] = (_QUICK, _THOROUGH)) -> bool:
    """Whether a test notices the mutant; the quick ones are asked first. Raises `NothingTestedError`."""
    return any(_fork(mutant, names) for names in tests)


def _mutate(module: str) -> Iterator[Mutant]:
    tree = _parse(module)
    for function in (node for node in tree.body if isinstance(node, ast.FunctionDef)):
        for old in _nodes_in(function.body):
            for what, new in _changes_of(old):
                line = getattr(old, "lineno", function.lineno)
                yield Mutant(f"{module}:{line} {function.name}: {what}", module, tree, old, new)


def _parse(module: str) -> ast.Module:
    path = ROOT / "trust_tiers" / f"{module.replace('.', '/')}.py"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    _tell_operators_apart(tree)
    return tree


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Puts a mutant in the place of its module."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(
        self, fullname: str, path: object = None, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != f"trust_tiers.{self._mutant.module}":
            return None
        return importlib.machinery.ModuleSpec(fullname, self)

    def exec_module(self, module: ModuleType) -> None:
        code = compile(self._mutant.build(), f"{self._mutant.module}.py", "exec")
        exec(code, module.__dict__)


def _fork(mutant: Mutant, names: Sequence[str]) -> bool:
    child = os.fork()
    if child == 0:
        _run_tests(mutant, [f"tests/trust_tiers/test_{name}.py" for name in names])
    code = _wait(child)
    if code not in (0, _FAILED, _NOT_COLLECTED):
        raise NothingTestedError(f"{mutant.name}: pytest ended with {code}")
    return code != 0


def _run_tests(mutant: Mutant, files: Sequence[str]) -> None:
    """Run the tests on the mutant, in a process of its own, which ends here."""
    import pytest
    from hypothesis.configuration import set_hypothesis_home_dir

    code = _COULD_NOT_RUN
    try:
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        set_hypothesis_home_dir(tempfile.gettempdir())
        sys.meta_path.insert(0, _Finder(mutant))
        plugins = ("cacheprovider", "xdist", "flujo")
        options = [word for name in plugins for word in ("-p", f"no:{name}")]
        options += ["--assert=plain", "--hypothesis-seed=0"]
        code = int(pytest.main(["-x", "-q", *options, *files]))
    finally:
        os._exit(code)


def prepare() -> None:
    """Import once, for all forks, what the tests need beside the package itself."""
    os.chdir(ROOT)
    import hypothesis
    import pydantic
    import pytest
    import yaml

    import workflow

    assert all((hypothesis, pydantic, pytest, yaml, workflow))


def main(part: int, parts: int) -> None:
    """Try every `parts`-th mutant from `part` on, and print what survived."""
    prepare()
    for control in list_controls()[:1]:
        if is_killed(control):
            raise NothingTestedError(f"{control.name}: the tests fail without any mutation")
    chosen = list_mutants()[part::parts]
    survivors = [mutant.name for mutant in chosen if not is_killed(mutant)]
    sys.stdout.write(json.dumps({"mutants": len(chosen), "survivors": survivors}) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
