"""A declared place for untrusted text in a prompt: fenced, capped, cleaned and marked. Nothing uses one by default.

A fence is no barrier to a model that wants to be fooled. It makes the text recognisable: to the reader, and by its
canary to `check_patch`, which refuses any patch that carries it.
"""

from dataclasses import dataclass

from prompt_guard.characters import remove_unsafe

MAX_SLOT_CHARS = 4_000
_MIN_CANARY_CHARS = 16


@dataclass(frozen=True, slots=True)
class Slot:
    """Untrusted text for a prompt; `canary` is a fresh random word of 16 or more letters and digits."""

    name: str
    text: str
    canary: str
    max_chars: int = 1_000

    def __post_init__(self) -> None:
        """Raises `ValueError` for a name or canary that could be mistaken for text, or a cap out of range."""
        if not self.name.isidentifier() or not self.name.isascii():
            raise ValueError("a slot's name is an ASCII identifier")
        if not (self.canary.isascii() and self.canary.isalnum()):
            raise ValueError("a canary consists of ASCII letters and digits")
        if len(self.canary) < _MIN_CANARY_CHARS:
            raise ValueError(f"a canary has at least {_MIN_CANARY_CHARS} characters")
        if not 0 < self.max_chars <= MAX_SLOT_CHARS:
            raise ValueError(f"a slot holds 1 to {MAX_SLOT_CHARS} characters")


def render_slot(slot: Slot) -> str:
    """Return the fenced text; every line of it starts with `| `, so it can't close the fence."""
    cleaned = remove_unsafe(slot.text).replace(slot.canary, "")[: slot.max_chars]
    lines = [f"| {line}" for line in cleaned.replace("\t", " ").split("\n")]
    opening = f"<untrusted {slot.name} {slot.canary}>"
    return "\n".join([opening, *lines, f"</untrusted {slot.name} {slot.canary}>"])
