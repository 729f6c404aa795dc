"""Imports of the user's skills: from source only, from one folder only, and never mistaken for another module.

An absolute import of a file that lies beside the spec would find nothing, or silently something else that is installed
under that name. It is refused with what to do, before the module runs.
"""

import ast
import sys
from collections.abc import Iterator, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType

from workflow import SkillError

_MAX_BYTES = 1024 * 1024


class SkillImporter(MetaPathFinder):
    """Finds the modules under one private namespace in one folder; knows nothing of any other name."""

    def __init__(self, namespace: str, folder: Path) -> None:
        self.namespace = namespace
        self.folder = folder

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where a module of the namespace is; a folder without `__init__.py` is a package too."""
        del path, target
        root, *names = fullname.split(".")
        if root != self.namespace:
            return None
        place = self.folder.joinpath(*names)
        if names and place.with_suffix(".py").is_file():
            return self._spec(fullname, place.with_suffix(".py"))
        if (place / "__init__.py").is_file() and names:
            return self._spec(fullname, place / "__init__.py", package=place)
        if place.is_dir():
            package = ModuleSpec(fullname, None, is_package=True)
            package.submodule_search_locations = [str(place)]
            return package
        return None

    def _spec(self, fullname: str, file: Path, package: Path | None = None) -> ModuleSpec | None:
        if not file.resolve().is_relative_to(self.folder):
            raise SkillError(f"{file.name} leads out of the spec's folder; copy it into the folder")
        places = [str(package)] if package else None
        loader = _SourceLoader(file, self.folder)
        return spec_from_file_location(
            fullname, file, loader=loader, submodule_search_locations=places
        )


class _SourceLoader(Loader):
    """Runs a module from its source: a stale or foreign bytecode file is never read, and none is left behind."""

    def __init__(self, file: Path, folder: Path) -> None:
        self.file = file
        self.folder = folder

    def exec_module(self, module: ModuleType) -> None:
        exec(self._compile(), module.__dict__)  # noqa: S102 -- running the user's module is the point

    def get_source(self, fullname: str) -> str:
        """Return the module's text, for tracebacks."""
        del fullname
        return self.file.read_text(encoding="utf-8")

    def _compile(self) -> CodeType:
        if self.file.stat().st_size > _MAX_BYTES:
            raise SkillError(f"{self._name} is larger than {_MAX_BYTES} bytes; split it")
        tree = ast.parse(self.file.read_bytes(), str(self.file))
        for line, name in _absolute_imports(tree):
            self._check_import(line, name)
        return compile(tree, str(self.file), "exec", dont_inherit=True)

    def _check_import(self, line: int, name: str) -> None:
        """Refuse a name that is also the user's own; the standard library's names always mean the standard library."""
        if name in sys.stdlib_module_names:
            return
        for place in (self.file.parent, self.folder):
            if _is_module(place / name):
                raise SkillError(
                    f"{self._name}:{line}: {name!r} lies beside the spec; use a relative import "
                    f"(`from {self._dots(place)}{name} import …`), or rename it if the installed {name!r} is meant"
                )

    def _dots(self, place: Path) -> str:
        return "." * (1 + len(self.file.parent.relative_to(place).parts))

    @property
    def _name(self) -> str:
        return str(self.file.relative_to(self.folder))


def _absolute_imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the line and the first segment of every absolute import."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name.partition(".")[0]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.lineno, node.module.partition(".")[0]


def _is_module(place: Path) -> bool:
    if place.with_suffix(".py").is_file():
        return True
    return place.is_dir() and any(place.glob("*.py"))
