"""kill -9 at every durable step of all the App does on GitHub: the end is the same, and nothing is there twice."""

import os
from pathlib import Path

import pytest

from tests.app.behaviours.disturbed_scenes import SCENES, open_scene
from tests.app.behaviours.disturbing import Play, Watched, Witness

_SAMPLE = None if os.environ.get("FLUJO_VERIFY") else 5
"""How many of a scene's steps it dies at in a short run, spread over all."""


@pytest.mark.parametrize("name", SCENES)
def test_whenever_it_dies_it_ends_as_if_it_had_not(name: str, quick_folder: Path) -> None:
    begun = open_scene(name)
    witness = Witness(folder=quick_folder, works=begun.works)
    ended = Play(begun, quick_folder, Watched(fuse=witness), witness).run()
    assert ended.is_quiet
    assert len(witness.seen) > 5
    deaths = [*witness.seen.values()]
    for left in deaths[:: len(deaths) // _SAMPLE if _SAMPLE else 1]:
        again = Play(left, quick_folder).run()
        assert again == ended, left.database.name
