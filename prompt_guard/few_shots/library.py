"""Reads the examples shipped inside this package, once; they are part of the code, like its source."""

from functools import lru_cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue


class FewShot(BaseModel):
    """One example: what was found, how things stood, the patch in references, and the tier it is judged at."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    tier: Literal["LOW", "MEDIUM", "HIGH"]
    opportunity: dict[str, JsonValue]
    current: dict[str, dict[str, JsonValue]]
    operations: tuple[dict[str, JsonValue], ...]
    why: str = Field(max_length=200)


@lru_cache(maxsize=1)
def load_few_shots() -> tuple[FewShot, ...]:
    """Return the examples in the order of their file names."""
    folder = files(__package__)
    found = sorted(
        (entry for entry in folder.iterdir() if entry.name.endswith(".json")),
        key=lambda entry: entry.name,
    )
    return tuple(FewShot.model_validate_json(entry.read_bytes()) for entry in found)
