"""Policies to import by name: each pack is a file of this folder, part of the code like its source."""

from workflow.governance.packs.library import PACKS, load_pack

__all__ = ["PACKS", "load_pack"]
