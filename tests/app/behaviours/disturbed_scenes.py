"""Where the App is disturbed: one scene for each thing it does on GitHub, as it stands just before."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from app.behaviours.end_proposal import ROLLOUT
from app.behaviours.sweep_repository import PUBLISH
from app.forge import MergeRequest
from app.jobs.reconcile import REVIEW
from app.jobs.schedules import SWEEP
from app.store import Work
from app.webhooks.events import COMMAND, DEFAULT_BRANCH, INSTALLATION, PULL_REQUEST
from tests.app.behaviours.disturbing import Begun, begin
from tests.app.behaviours.installing import SPEC_PATH, make_repository, make_server
from tests.app.behaviours.places import BROKEN, PATH, SPEC, Place, make_place
from tests.app.behaviours.proposing import (
    add_waiting,
    days,
    letters_ran,
    make_proposing,
    make_swept,
    only_pull,
    publish,
    send,
)
from tests.app.behaviours.rolling import make_rolling
from tests.app.jobs.workshops import START
from tests.app.sweeping import LETTERS, LETTERS_SPEC
from tests.fakes.forge import ALICE

_OURS = "github:1"
_OWNERS = "*.flow.yaml @alice\n"


def _work(kind: str, key: str = "") -> Work:
    return Work(_OURS, kind, key, 5)


def _begin_at(place: Place, keep: Path, *works: Work, days_later: float = 0) -> Begun:
    now = days(days_later)
    place.github.now = max(place.github.now, now)
    return begin(place.github, place.whole_store, works, now, keep=keep)


def _install(folder: Path, keep: Path) -> Begun:
    """Somebody installs the App."""
    github = make_repository({SPEC_PATH: SPEC})
    server = make_server(folder, github)
    work = Work(f"{INSTALLATION}:5", INSTALLATION, "", 5)
    github.now = START
    return begin(github, server.store, (work,), START, keep=keep)


def _join(folder: Path, keep: Path) -> Begun:
    """Somebody merges the pull request that sets us up."""
    github = make_repository({SPEC_PATH: SPEC})
    server = make_server(folder, github)
    server.hear_installation()
    (number,) = github.pulls
    person = github.as_person(ALICE).pull_requests
    person.merge(MergeRequest(number, person.get(number).head_commit, "Set up", ""))
    works = (_work(PULL_REQUEST, str(number)), _work(DEFAULT_BRANCH))
    return begin(github, server.store, works, server.clock.now, keep=keep)


def _sweep(folder: Path, keep: Path) -> Begun:
    """Telemetry is there, and a sweep is due."""
    place = make_proposing(folder, specs={LETTERS: LETTERS_SPEC, "CODEOWNERS": _OWNERS})
    send(place, letters_ran().runs)
    return _begin_at(place, keep, _work(SWEEP, "asked"))


def _publish(folder: Path, keep: Path) -> Begun:
    """Two proposals wait."""
    place = make_proposing(folder, specs={LETTERS: LETTERS_SPEC, "CODEOWNERS": _OWNERS})
    add_waiting(place, 2)
    return _begin_at(place, keep, _work(PUBLISH))


def _check(folder: Path, keep: Path) -> Begun:
    """Somebody breaks a spec in a pull request."""
    place = make_place(folder)
    number = place.open_pull({PATH: BROKEN}).number
    return _begin_at(place, keep, _work(PULL_REQUEST, str(number)))


def _published(folder: Path) -> Place:
    place = make_swept(folder)
    publish(place)
    return place


def _move_base(folder: Path, keep: Path) -> Begun:
    """The spec moves on the base branch."""
    place = _published(folder)
    place.push("main", {LETTERS: LETTERS_SPEC.replace("Because.", "Therefore.")})
    return _begin_at(place, keep, _work(DEFAULT_BRANCH), days_later=2)


def _grow_stale(folder: Path, keep: Path) -> Begun:
    """Nobody says anything for a month."""
    return _begin_at(_published(folder), keep, _work(REVIEW), days_later=31)


def _push_by_hand(folder: Path, keep: Path) -> Begun:
    """A person takes our branch in hand."""
    place = _published(folder)
    branch = only_pull(place).head_branch
    place.push(branch, {"README.md": "mine\n"})
    return _begin_at(place, keep, _work(PULL_REQUEST, "1"), days_later=1)


def _close(folder: Path, keep: Path) -> Begun:
    """A person closes a proposal."""
    place = _published(folder)
    place.github.as_person(ALICE).pull_requests.close(1)
    return _begin_at(place, keep, _work(PULL_REQUEST, "1"), days_later=1)


def _merge(folder: Path, keep: Path) -> Begun:
    """A person merges a proposal."""
    place = _published(folder)
    pull = only_pull(place)
    person = place.github.as_person(ALICE).pull_requests
    person.merge(MergeRequest(pull.number, pull.head_commit, pull.title, ""))
    return _begin_at(place, keep, _work(PULL_REQUEST, "1"), _work(DEFAULT_BRANCH), days_later=1)


def _reject(folder: Path, keep: Path) -> Begun:
    """A person says why not."""
    place = _published(folder)
    comment = place.say(1, "/flujo reject reason:bad-evidence")
    return _begin_at(place, keep, _work(COMMAND, f"1/{comment.id}"))


def _pause(folder: Path, keep: Path) -> Begun:
    """A person wants a quiet week."""
    place = _published(folder)
    comment = place.say(1, "/flujo pause 7d")
    return _begin_at(place, keep, _work(COMMAND, f"1/{comment.id}"))


def _land(folder: Path, keep: Path) -> Begun:
    """The tests of a small change are green, and so it goes by itself."""
    rolling = make_rolling(folder)
    rolling.advance()
    rolling.check()
    return _begin_at(rolling.place, keep, _work(ROLLOUT, rolling.record.id))


def _take_back(folder: Path, keep: Path) -> Begun:
    """The tests are red on the merged commit."""
    rolling = make_rolling(folder)
    rolling.land()
    rolling.check(rolling.application.commit, passes=False)
    return _begin_at(rolling.place, keep, _work(ROLLOUT, rolling.record.id))


SCENES: Mapping[str, Callable[[Path, Path], Begun]] = {
    "install": _install,
    "join": _join,
    "sweep": _sweep,
    "publish": _publish,
    "check": _check,
    "move the base": _move_base,
    "grow stale": _grow_stale,
    "push by hand": _push_by_hand,
    "close": _close,
    "merge": _merge,
    "reject": _reject,
    "pause": _pause,
    "land": _land,
    "take back": _take_back,
}
_KEPT = TemporaryDirectory(prefix="flujo-scenes-")


@cache
def open_scene(name: str) -> Begun:
    """Return how a scene begins; it is set up once a process."""
    folder = Path(_KEPT.name) / name.replace(" ", "-")
    return SCENES[name](folder / "making", folder)
