"""The user's own skills: `package.module:function`, loaded from the spec's folder under a private namespace.

Nothing is added to `sys.path` and no module of the user's ever stands under its own name in `sys.modules`: two folders
with the same package names don't collide, and none can take the place of an installed module. Functions of an installed
package are skills only where the settings allow its modules.
"""

import hashlib
import importlib
import itertools
import sys
import traceback
from collections.abc import Callable, Sequence
from importlib.util import decode_source
from pathlib import Path
from types import ModuleType

from app.adapters.real_time import in_real_time
from app.adapters.skill_imports import SkillImporter
from workflow import (
    Skill,
    SkillError,
    SkillPath,
    declaration_of,
    is_allowed_skill,
    read_manifest,
    refuse_skill_reference,
    split_skill_reference,
)

_folders = itertools.count(1)


class SkillFolder:
    """The skills beside one spec; each instance loads its own copy, so an edited file needs a new instance."""

    def __init__(self, folder: Path, *, allow: Sequence[str] = ()) -> None:
        self.folder = folder.resolve()
        self.allow = tuple(allow)
        digest = hashlib.sha256(str(self.folder).encode()).hexdigest()[:12]
        self.namespace = f"flujo_skills_{digest}_{next(_folders)}"
        self._found: dict[str, Skill] = {}
        self._importer: SkillImporter | None = None

    def find(self, reference: str) -> Skill:
        """Return the skill; raises `SkillError`, whose message says what to do."""
        if reference not in self._found:
            self._found[reference] = in_real_time(self._load(reference))
        return self._found[reference]

    def _load(self, reference: str) -> Skill:
        reason = refuse_skill_reference(reference)
        if reason:
            raise SkillError(f"{reference!r}: {reason}")
        path = split_skill_reference(reference)
        module = self._import(path, reference)
        function = getattr(module, path.function, None)
        if function is None:
            raise SkillError(
                f"{reference!r}: {path.files[0]} defines no function {path.function!r}; define it there"
            )
        if not callable(function) or not _is_defined_in(module, path.function):
            raise SkillError(
                f"{reference!r}: {path.function!r} isn't a function defined in {path.files[0]}; "
                "name the module that defines it"
            )
        return _describe(reference, function)

    def _import(self, path: SkillPath, reference: str) -> ModuleType:
        is_beside = any((self.folder / file).is_file() for file in path.files)
        if not is_beside and is_allowed_skill(path.module, self.allow):
            return _import_installed(path.module, reference)
        if self._importer is None:
            self._importer = SkillImporter(self.namespace, self.folder)
            # First in line: the ordinary finder would follow a package's path past every check.
            sys.meta_path.insert(0, self._importer)
        try:
            return importlib.import_module(f"{self.namespace}.{path.module}")
        except SkillError as error:
            raise SkillError(f"{reference!r}: {error}") from error
        except (Exception, SystemExit) as error:
            raise SkillError(f"{reference!r}: {self._explain(error, path.module)}") from error

    def _explain(self, error: BaseException, module_name: str) -> str:
        missing = error.name if isinstance(error, ModuleNotFoundError) and error.name else ""
        if f"{self.namespace}.{module_name}.".startswith(f"{missing}."):
            return f"there is no {_file(module_name)} beside the spec; create it"
        if missing.startswith(f"{self.namespace}."):
            file = _file(missing.removeprefix(f"{self.namespace}."))
            return f"there is no {file} beside the spec ({module_name} needs it); create it"
        if isinstance(error, SyntaxError):
            return f"{self._relative(error.filename or '')}:{error.lineno}: {error.msg}"
        frames = traceback.extract_tb(error.__traceback__)
        ours = [frame for frame in frames if Path(frame.filename).is_relative_to(self.folder)]
        where = f"{self._relative(ours[-1].filename)}:{ours[-1].lineno}: " if ours else ""
        return f"{where}importing it failed with {type(error).__name__}: {error}"

    def _relative(self, filename: str) -> str:
        path = Path(filename)
        return str(path.relative_to(self.folder)) if path.is_relative_to(self.folder) else filename


def _import_installed(module_name: str, reference: str) -> ModuleType:
    try:
        return importlib.import_module(module_name)
    except (Exception, SystemExit) as error:
        raise SkillError(
            f"{reference!r}: `skills.allow` names an installed package, but importing it failed with "
            f"{type(error).__name__}: {error}"
        ) from error


def _is_defined_in(module: ModuleType, function: str) -> bool:
    """Tell whether the module's own source defines the function: one it only imports is no skill of its."""
    file = getattr(module, "__file__", None)
    if not file or not file.endswith(".py"):
        return False
    source = decode_source(Path(file).read_bytes())
    return read_manifest(source, "", function) is not None


def _describe(reference: str, function: Callable[..., object]) -> Skill:
    summary = (function.__doc__ or "").strip().partition("\n")[0]
    return Skill(reference, function, declaration_of(function).side_effects, summary)


def _file(module_name: str) -> str:
    return module_name.replace(".", "/") + ".py"
