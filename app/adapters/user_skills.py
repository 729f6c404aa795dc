"""The user's own skills: `package.module:function`, loaded from the spec's folder under a private namespace.

Nothing is added to `sys.path` and no module of the user's ever stands under its own name in `sys.modules`: two folders
with the same package names don't collide, and none can take the place of an installed module.
"""

import hashlib
import importlib
import itertools
import re
import sys
import traceback
from pathlib import Path
from types import ModuleType

from app.adapters.skill_imports import SkillImporter
from workflow import SideEffects, Skill, SkillError
from workflow.calls import SKILL_MARK
from workflow.references import RESERVED_PACKAGES

_REFERENCE = re.compile(r"([^\W\d]\w*(?:\.[^\W\d]\w*)*):([^\W\d]\w*)")
_folders = itertools.count(1)


class SkillFolder:
    """The skills beside one spec; each instance loads its own copy, so an edited file needs a new instance."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        digest = hashlib.sha256(str(self.folder).encode()).hexdigest()[:12]
        self.namespace = f"flujo_skills_{digest}_{next(_folders)}"
        self._found: dict[str, Skill] = {}
        self._importer: SkillImporter | None = None

    def find(self, reference: str) -> Skill:
        """Return the skill; raises `SkillError`, whose message says what to do."""
        if reference not in self._found:
            self._found[reference] = self._load(reference)
        return self._found[reference]

    def _load(self, reference: str) -> Skill:
        match = _REFERENCE.fullmatch(reference)
        if not match:
            raise SkillError(f"{reference!r}: a skill is written as package.module:function")
        module_name, function_name = match.groups()
        package = module_name.partition(".")[0]
        if package in RESERVED_PACKAGES:
            raise SkillError(
                f"{reference!r}: the package name {package!r} is Flujo's own; rename yours"
            )
        function = getattr(self._import(module_name, reference), function_name, None)
        file = self._file(module_name)
        if function is None:
            raise SkillError(
                f"{reference!r}: {file} defines no function {function_name!r}; define it there"
            )
        if not callable(function):
            raise SkillError(f"{reference!r}: {function_name!r} in {file} isn't a function")
        side_effects = getattr(function, SKILL_MARK, SideEffects.UNKNOWN)
        summary = (function.__doc__ or "").strip().partition("\n")[0]
        return Skill(reference, function, side_effects, summary)

    def _import(self, module_name: str, reference: str) -> ModuleType:
        if self._importer is None:
            self._importer = SkillImporter(self.namespace, self.folder)
            # First in line: the ordinary finder would follow a package's path past every check.
            sys.meta_path.insert(0, self._importer)
        try:
            return importlib.import_module(f"{self.namespace}.{module_name}")
        except SkillError as error:
            raise SkillError(f"{reference!r}: {error}") from error
        except (Exception, SystemExit) as error:
            raise SkillError(f"{reference!r}: {self._explain(error, module_name)}") from error

    def _explain(self, error: BaseException, module_name: str) -> str:
        missing = error.name if isinstance(error, ModuleNotFoundError) and error.name else ""
        if f"{self.namespace}.{module_name}.".startswith(f"{missing}."):
            return f"there is no {self._file(module_name)} beside the spec; create it"
        if missing.startswith(f"{self.namespace}."):
            file = self._file(missing.removeprefix(f"{self.namespace}."))
            return f"there is no {file} beside the spec ({module_name} needs it); create it"
        if isinstance(error, SyntaxError):
            return f"{self._relative(error.filename or '')}:{error.lineno}: {error.msg}"
        frames = traceback.extract_tb(error.__traceback__)
        ours = [frame for frame in frames if Path(frame.filename).is_relative_to(self.folder)]
        where = f"{self._relative(ours[-1].filename)}:{ours[-1].lineno}: " if ours else ""
        return f"{where}importing it failed with {type(error).__name__}: {error}"

    def _file(self, module_name: str) -> str:
        return module_name.replace(".", "/") + ".py"

    def _relative(self, filename: str) -> str:
        path = Path(filename)
        return str(path.relative_to(self.folder)) if path.is_relative_to(self.folder) else filename
