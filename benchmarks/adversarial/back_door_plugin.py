"""A plugin of pytest that plants the back door which the environment names, before anything of ours is imported."""

import importlib.abc
import importlib.machinery
import os
import sys
from types import ModuleType

from benchmarks.adversarial.back_doors import DOOR_VARIABLE, ROOT, BackDoor, find_door


class Planter(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives the changed module in the place of the real one."""

    def __init__(self, door: BackDoor) -> None:
        self._door = door

    def find_spec(
        self, fullname: str, _path: object = None, _target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Answer for the one module only."""
        if fullname != self._door.module:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, origin=str(ROOT / self._door.path))

    def exec_module(self, module: ModuleType) -> None:
        """Run the source with the door in it."""
        source = (ROOT / self._door.path).read_text(encoding="utf-8")
        exec(compile(self._door.change(source), self._door.path, "exec"), module.__dict__)


def plant() -> None:
    """Plant the door that the environment names, if it names one."""
    name = os.environ.get(DOOR_VARIABLE)
    if name is None:
        return
    door = find_door(name)
    assert door.module not in sys.modules, "it was imported before"
    sys.meta_path.insert(0, Planter(door))


plant()
