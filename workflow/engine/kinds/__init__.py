"""How each kind of container runs the steps inside it, one module a kind."""

from workflow.engine.kinds.enclosure import Enclosure
from workflow.engine.kinds.run_container import run_container

__all__ = ["Enclosure", "run_container"]
