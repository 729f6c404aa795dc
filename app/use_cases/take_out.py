"""Takes one of our changes out of a file that others edited since, if their edits and ours don't touch."""

from workflow import (
    EditError,
    PatchError,
    SpecError,
    diff_documents,
    edit_text,
    invert_patch,
    lock_patch,
    parse_yaml,
)


def take_out(before: bytes, ours: bytes, current: bytes) -> bytes | None:
    """Return `current` without what led from `before` to `ours`; None when that can't be told apart.

    The inverse of our change is applied under a lock: every value it touches must still be the one we wrote, and what
    it leaves must differ from `current` by that inverse and nothing else.
    """
    try:
        old, new, now = (parse_yaml(text.decode()).value for text in (before, ours, current))
        inverse = invert_patch(old, diff_documents(old, new))
        text = edit_text(current.decode(), lock_patch(new, inverse))
        taken = diff_documents(now, parse_yaml(text).value)
    except (SpecError, PatchError, EditError, UnicodeDecodeError):
        return None
    if taken.to_json() != diff_documents(new, old).to_json():
        return None
    return text.encode()
