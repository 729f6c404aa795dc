"""The title of a pull request: one line that GitHub shows, and that a squash merge makes the subject of a commit.

Commits act on more than pages do: they close issues, mention people, and tell CI to look away.
"""

import re

from diff_ux.safe_text import shorten, show_invisible

MAX_TITLE = 255
"""Characters that every place which stores a title takes."""

_ACTING_SIGNS = str.maketrans("[]<>", "()()", "*`@#")
_ISSUE = re.compile(r"\b(GH|[A-Z][A-Z0-9]+)-(?=\d)", re.IGNORECASE)
_COMMIT = re.compile(r"\b(?=[0-9a-f]*[0-9])[0-9a-f]{7,64}\b", re.IGNORECASE)


def render_title(title: str) -> str:
    """Return a title of 1 to 255 characters that refers to nobody and nothing; the same when rendered again."""
    shown = show_invisible(" ".join(title.split()))
    plain = shown.translate(_ACTING_SIGNS).replace("://", ": //").replace("www.", "www .")
    unlinked = _COMMIT.sub("…", _ISSUE.sub(r"\1 ", plain))
    # A line that begins with a slash or a dash could be read as a command or an option.
    return shorten(" ".join(unlinked.split()).lstrip("/-!. "), MAX_TITLE) or "Change a workflow"
