"""Runs the behaviours that one kind of work asks for, one after the other; what fails doesn't stop the rest."""

from collections.abc import Callable, Iterable

from app.errors import GitHubRateLimitedError
from app.jobs.handlers import Later

Step = Callable[[], Later | None]


def run_in_order(steps: Iterable[Step]) -> Later | None:
    """Make every step; return the first time that one of them wants to be made again.

    A limit of GitHub's ends it at once, for the rest would meet it too. Raises the first error after the last step.
    """
    errors: list[Exception] = []
    laters: list[Later] = []
    for step in steps:
        try:
            later = step()
        except GitHubRateLimitedError as error:
            return Later(error.until, "GitHub's limit")
        except Exception as error:
            errors.append(error)
            continue
        laters += [later] if later else []
    if errors:
        raise errors[0]
    return min(laters, key=lambda later: later.not_before, default=None)
