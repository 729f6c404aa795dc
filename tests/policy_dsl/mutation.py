"""Mutation testing of the evaluator: one small change to the source at a time; a change no test notices survives.

Run as a script it prints `{"mutants": N, "survivors": […]}`. Each mutant runs in a fork of a process that has imported
everything but `policy_dsl`; one that doesn't end in time has been noticed. First the unchanged modules are tried: if
they don't survive, the tests fail for another reason, and nothing is said of any mutant.
"""

import ast
import copy
import importlib.abc
import importlib.machinery
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2]
MODULES = ("evaluator", "operators")
_QUICK = (
    "what_it_costs",
    "operators",
    "functions",
    "types",
    "policies",
    "explain",
    "sandbox",
    "reference",
)
_THOROUGH = ("grammar", "linting", "fuzz")
_LIMIT_S = 90
_FAILED, _NOT_COLLECTED = 1, 2
"""The exit codes of pytest that mean a test noticed: one failed, or the mutant couldn't even be imported."""
_COULD_NOT_RUN = 4

_PAIRS: tuple[tuple[type[ast.AST], type[ast.AST]], ...] = (
    (ast.Eq, ast.NotEq),
    (ast.Lt, ast.LtE),
    (ast.Gt, ast.GtE),
    (ast.Is, ast.IsNot),
    (ast.In, ast.NotIn),
    (ast.And, ast.Or),
    (ast.Add, ast.Sub),
    (ast.Mult, ast.FloorDiv),
)
_SWAPS = {old: new for pair in _PAIRS for old, new in (pair, pair[::-1])}


@dataclass(frozen=True)
class Mutant:
    """A module with `new` in the place of `old`, or unchanged; `name` says where and which."""

    name: str
    module: str
    original: ast.Module
    old: ast.AST | None = None
    new: ast.AST | None = None

    def build(self) -> ast.Module:
        """Return the changed tree."""
        changed = copy.deepcopy(self.original, {id(self.old): self.new} if self.old else {})
        return ast.fix_missing_locations(changed)


class NothingTestedError(Exception):
    """Raised when the tests could not be run, or fail without any mutation: then no mutant was tested."""


def list_controls() -> list[Mutant]:
    """Return each module unchanged."""
    return [Mutant(f"{module}.py unchanged", module, _parse(module)) for module in MODULES]


def list_mutants() -> list[Mutant]:
    """Return every mutant of every module, in the order of the source."""
    return [mutant for module in MODULES for mutant in _mutate(module)]


def _mutate(module: str) -> Iterator[Mutant]:
    tree = _parse(module)
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    for function in functions:
        for old in _nodes_in(function.body):
            for what, new in _changes_of(old):
                line = getattr(old, "lineno", function.lineno)
                yield Mutant(f"{module}.py:{line} {function.name}: {what}", module, tree, old, new)


def _parse(module: str) -> ast.Module:
    tree = ast.parse((ROOT / "policy_dsl" / f"{module}.py").read_text(encoding="utf-8"))
    _tell_operators_apart(tree)
    return tree


def _tell_operators_apart(tree: ast.Module) -> None:
    """Python's parser uses one and the same node for every `==` of a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            node.ops = [type(sign)() for sign in node.ops]
        elif isinstance(node, ast.BinOp | ast.BoolOp | ast.UnaryOp):
            node.op = type(node.op)()


def _nodes_in(body: Sequence[ast.stmt]) -> Iterator[ast.AST]:
    for statement in body:
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            continue  # a docstring
        if isinstance(statement, ast.FunctionDef):
            yield from _nodes_in(statement.body)
        else:
            yield from _expressions_of(statement)


def _expressions_of(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "ctx"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.FunctionDef):
                yield from _nodes_in(child.body)
            elif isinstance(child, ast.AST) and not isinstance(child, ast.JoinedStr):
                yield from _expressions_of(child)


def _changes_of(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    if type(node) in _SWAPS:
        new = _SWAPS[type(node)]
        yield f"{type(node).__name__} to {new.__name__}", new()
    match node:
        case ast.Constant(value=bool(value)):
            yield f"{value} to {not value}", ast.Constant(not value)
        case ast.Constant(value=int(value)):
            yield f"{value} to {value + 1}", ast.Constant(value + 1)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield "not removed", operand
        case ast.If() | ast.IfExp():
            changed = copy.copy(node)
            changed.test = ast.UnaryOp(ast.Not(), node.test)
            yield "condition turned round", changed
        case ast.Return(value=value) if value is not None and not _is_none(value):
            yield "returns None", ast.Return(ast.Constant(None))
        case ast.Expr(value=ast.Call()) | ast.Raise():
            yield f"{ast.unparse(node)[:40]} removed", ast.Pass()


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Puts a mutant in the place of its module."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(
        self, fullname: str, path: object = None, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != f"policy_dsl.{self._mutant.module}":
            return None
        return importlib.machinery.ModuleSpec(fullname, self)

    def exec_module(self, module: ModuleType) -> None:
        code = compile(self._mutant.build(), f"{self._mutant.module}.py", "exec")
        exec(code, module.__dict__)


def is_killed(mutant: Mutant) -> bool:
    """Whether a test notices the mutant; the quick ones are asked first. Raises `NothingTestedError`."""
    return any(
        _fork(mutant, [f"tests/policy_dsl/test_{name}.py" for name in names])
        for names in (_QUICK, _THOROUGH)
    )


def _fork(mutant: Mutant, files: Sequence[str]) -> bool:
    child = os.fork()
    if child == 0:
        _run_tests(mutant, files)
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
        # Plain asserts: what is imported before the fork can't be rewritten any more, and pytest would stop at that.
        options += ["--assert=plain", "--hypothesis-seed=0"]
        code = int(pytest.main(["-x", "-q", *options, *files]))
    finally:
        os._exit(code)


def _wait(child: int) -> int:
    """Return the child's exit code; one that takes too long is ended, and counts as a failure."""
    until = time.monotonic() + _LIMIT_S
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return _FAILED


def main(part: int, parts: int) -> None:
    """Try every `parts`-th mutant from `part` on, and print what survived."""
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    import hypothesis
    import pydantic
    import pytest
    import re2
    import yaml

    assert all((hypothesis, pydantic, pytest, re2, yaml))  # imported once, for all forks
    for control in list_controls():
        if is_killed(control):
            raise NothingTestedError(f"{control.name}: the tests fail without any mutation")
    chosen = list_mutants()[part::parts]
    survivors = [mutant.name for mutant in chosen if not is_killed(mutant)]
    sys.stdout.write(json.dumps({"mutants": len(chosen), "survivors": survivors}) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
