"""Does what a comment asks for, once: for people who may write here, when it is said by themselves and unedited.

Who asks is judged by their id, at the time of acting. All is read anew from GitHub; the event only gave two numbers.
"""

from typing import Final

from app.behaviours.commands.command import Answer, Asked, refuse
from app.behaviours.commands.parse import find_command
from app.behaviours.commands.table import COMMANDS
from app.behaviours.workplace import Workplace
from app.errors import GitHubNotFoundError, GitHubPermissionError
from app.forge import Comment, Permission, PullRequest, Reaction
from app.jobs.handlers import Later
from app.store import is_answered, mark_answered

_UNKNOWN: Final = refuse("I don't know that command; `/flujo help` lists those I know.")


def answer_command(place: Workplace, key: str) -> Later | None:
    """Answer a comment; the key is its thread's number and its own id, as `7/123`."""
    number, comment_id = (int(part) for part in key.split("/"))
    with place.store.snapshot() as rows:
        if is_answered(rows, comment_id):
            return None
    comment = place.forge.comments.get(comment_id)
    if comment is None or comment.is_edited or comment.author.is_bot:
        return None
    found = find_command(comment.body)
    if found is None:
        return None
    name, arguments = found
    if place.forge.people.permission(comment.author) >= Permission.WRITE:
        pull = _find_pull(place, number)
        asked = Asked(place, number, comment, pull, arguments, COMMANDS)
        _reply(asked, _act(asked, name))
    else:
        _react(place, comment, Reaction.REFUSED)
    _keep(place, comment_id, name)
    return None


def _act(asked: Asked, name: str) -> Answer:
    command = next((each for each in COMMANDS if each.name == name), None)
    return command.act(asked) if command else _UNKNOWN


def _reply(asked: Asked, answer: Answer) -> None:
    """Say what there is to say beside the comment, and react to it."""
    if answer.text:
        marker = f"<!-- flujo:answer comment={asked.comment.id} -->"
        try:
            asked.place.forge.comments.write(
                asked.number, marker=marker, body=f"{marker}\n{answer.text}"
            )
        except (GitHubPermissionError, GitHubNotFoundError):
            return  # the thread was locked or deleted meanwhile: nobody is there to be told
    reaction = Reaction.ACCEPTED if answer.is_accepted else Reaction.REFUSED
    _react(asked.place, asked.comment, reaction)


def _react(place: Workplace, comment: Comment, reaction: Reaction) -> None:
    try:
        place.forge.comments.react(comment.id, reaction)
    except (GitHubPermissionError, GitHubNotFoundError):
        return


def _keep(place: Workplace, comment_id: int, name: str) -> None:
    known = name if any(each.name == name for each in COMMANDS) else "unknown"
    with place.store.transaction() as rows:
        mark_answered(rows, comment_id, known, at=place.now)


def _find_pull(place: Workplace, number: int) -> PullRequest | None:
    try:
        return place.forge.pull_requests.get(number)
    except GitHubNotFoundError:
        return None
