from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.behaviours.answer_command import answer_command
from app.behaviours.commands.parse import find_command
from app.behaviours.commands.table import COMMANDS
from app.errors import GitHubError, GitHubPermissionError
from app.forge import (
    Account,
    Comment,
    Permission,
    PullRequest,
    PullRequestState,
    Reaction,
)
from app.store import (
    Prediction,
    ProposalRecord,
    Repository,
    find_repository,
    list_memories,
    list_work,
    save_proposal,
)
from meta_agent import Memory, MemoryReason
from tests.app.behaviours.places import NOW, PATH, TUNED, Place, make_place
from tests.fakes.forge import ALICE, BOB, MALLORY

BRANCH = "flujo/tune-draft"
FINGERPRINT = f'["{PATH}",[["step","draft","config/timeout_s","down",1]]]'
OURS = Account(7, "flujo[bot]", is_bot=True)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return make_place(tmp_path)


@pytest.fixture
def proposal(place: Place) -> PullRequest:
    record = ProposalRecord(
        id="abc123",
        spec_path=PATH,
        spec_sha256="0" * 64,
        fingerprint=FINGERPRINT,
        title="Wait less for draft",
        source="heuristic",
        patch_class="timeout",
        tier="LOW",
        patch=[],
        created_at=NOW,
        rationale="It answers in 4 s; see ![x](https://evil.example/x.png) @everyone",
        prediction=Prediction(1.0, 2.5, 4.0),
        basis="40 paired replays",
        facts={"branch": BRANCH, "verdict": "better", "reasons": ["draft: a shorter timeout"]},
    )
    with place.store.transaction() as rows:
        save_proposal(rows, record)
    return place.open_pull({PATH: TUNED}, branch=BRANCH, who=OURS)


def ask(place: Place, number: int, body: str, *, who: Account = ALICE) -> Comment:
    comment = place.say(number, body, who=who)
    answer(place, number, comment)
    return comment


def answer(place: Place, number: int, comment: Comment) -> None:
    assert answer_command(place.open(), f"{number}/{comment.id}") is None


def reactions(place: Place) -> list[Reaction]:
    return [reaction for _, reaction, _ in sorted(place.github.reactions)]


def memories(place: Place) -> tuple[Memory, ...]:
    with place.store.snapshot() as rows:
        return list_memories(rows, now=NOW)


def repository(place: Place) -> Repository:
    with place.store.snapshot() as rows:
        found = find_repository(rows, place.repository.id)
    assert found is not None
    return found


class TestWhatIsACommand:
    @pytest.mark.parametrize(
        "body",
        [
            "/flujo help",
            "Thanks!\n\n/flujo help\nand more",
            "/flujo help  \r\n",
            "> quoted\n\n/flujo help",
            "```\ncode\n```\n/flujo help",
            "<!-- hidden -->\n/flujo help",
            "/flujo\thelp".replace("\t", " "),
        ],
    )
    def test_a_line_of_its_own_is(self, body: str) -> None:
        assert find_command(body) == ("help", ())

    @pytest.mark.parametrize(
        "body",
        [
            "> /flujo help",
            ">> /flujo help",
            "> quoted\n/flujo help",
            "   > /flujo help",
            "```\n/flujo help\n```",
            "~~~\n/flujo help",
            "````\n```\n/flujo help\n````",
            "    /flujo help",
            " /flujo help",
            "<!--\n/flujo help\n-->",
            "<!--\n/flujo help",
            "<pre>\n/flujo help\n</pre>",
            "<blockquote>\n/flujo help\n</blockquote>",
            "please /flujo help",
            "`/flujo help`",
            "\N{FULLWIDTH SOLIDUS}flujo help",
            "\N{FRACTION SLASH}flujo help",
            "\N{DIVISION SLASH}flujo help",
            "/f\N{LATIN SMALL LETTER DOTLESS I}ujo help",
            "/fl\N{CYRILLIC SMALL LETTER U}jo help",
            "\N{ZERO WIDTH SPACE}/flujo help",
            "/flujo\N{NO-BREAK SPACE}help",
            "/flujo h\N{CYRILLIC SMALL LETTER IE}lp",
            "/flujo pause \N{FULLWIDTH DIGIT SEVEN}d",
            "/flujo",
            "/flujohelp",
            "/Flujo help",
            "",
        ],
    )
    def test_nothing_else_is(self, body: str) -> None:
        assert find_command(body) is None

    def test_only_the_first_counts(self) -> None:
        assert find_command("/flujo pause 3d\n/flujo resume") == ("pause", ("3d",))
        assert find_command("/flujo ?!\n/flujo resume") is None


class TestWhoIsHeard:
    @pytest.mark.parametrize("who", [ALICE, BOB])
    def test_people_who_may_write_are(
        self, place: Place, proposal: PullRequest, who: Account
    ) -> None:
        ask(place, proposal.number, "/flujo pause 3d", who=who)
        assert repository(place).paused_until is not None
        assert reactions(place) == [Reaction.ACCEPTED]

    @pytest.mark.parametrize(
        "who",
        [
            MALLORY,
            Account(99, "nobody"),
            Account(3, "alice"),
            Account(1, "alice-renamed"),
            Account(0, "ghost"),
        ],
        ids=["reader", "stranger", "took the name over", "renamed meanwhile", "gone"],
    )
    def test_nobody_else_is(self, place: Place, proposal: PullRequest, who: Account) -> None:
        for body in ("/flujo pause 3d", "/flujo reject", "/flujo explain", "/flujo nonsense"):
            ask(place, proposal.number, body, who=who)
        assert repository(place).paused_until is None
        assert not memories(place)
        assert not place.answers()
        assert place.ours.pull_requests.get(proposal.number).state is PullRequestState.OPEN

    def test_rights_are_looked_up_when_acting(self, place: Place, proposal: PullRequest) -> None:
        comment = place.say(proposal.number, "/flujo pause 3d", who=BOB)
        place.github.permissions[BOB.id] = Permission.READ
        answer(place, proposal.number, comment)
        assert repository(place).paused_until is None

    @pytest.mark.parametrize("login", ["alice", "renovate[bot]"])
    def test_bots_never_are(self, place: Place, proposal: PullRequest, login: str) -> None:
        ask(place, proposal.number, "/flujo pause 3d", who=Account(1, login, is_bot=True))
        assert repository(place).paused_until is None
        assert not place.github.reactions

    def test_an_edited_comment_never_is(self, place: Place, proposal: PullRequest) -> None:
        comment = place.say(proposal.number, "/flujo pause 3d")
        edited = replace(comment, updated_at=comment.updated_at + timedelta(seconds=1))
        place.github.comments[comment.id] = (proposal.number, edited)
        answer(place, proposal.number, comment)
        assert repository(place).paused_until is None
        assert not place.github.reactions

    def test_a_deleted_comment_asks_for_nothing(self, place: Place, proposal: PullRequest) -> None:
        assert answer_command(place.open(), f"{proposal.number}/4711") is None


class TestOnce:
    def test_a_comment_acts_once(self, place: Place, proposal: PullRequest) -> None:
        pause = ask(place, proposal.number, "/flujo pause 3d")
        ask(place, proposal.number, "/flujo resume")
        answer(place, proposal.number, pause)
        assert repository(place).paused_until is None

    def test_an_earlier_comment_does_not_undo_a_later_one(
        self, place: Place, proposal: PullRequest
    ) -> None:
        pause = place.say(proposal.number, "/flujo pause 3d")
        ask(place, proposal.number, "/flujo resume")
        answer(place, proposal.number, pause)
        assert repository(place).paused_until is None

    @pytest.mark.parametrize("after", [False, True])
    @pytest.mark.parametrize("call", ["comments.write", "comments.react", "pull_requests.close"])
    @pytest.mark.parametrize("body", ["/flujo explain", "/flujo reject", "/flujo nonsense"])
    def test_a_failure_leaves_no_second_answer(
        self, place: Place, proposal: PullRequest, body: str, call: str, *, after: bool
    ) -> None:
        comment = place.say(proposal.number, body)
        place.github.faults.fail(call, after=after)
        for _ in range(3):
            try:
                answer(place, proposal.number, comment)
            except GitHubError:
                continue
        assert len(place.answers()) <= 1
        assert len(place.github.reactions) == 1
        assert len(memories(place)) == ("reject" in body)

    def test_a_locked_thread_is_left_alone(self, place: Place, proposal: PullRequest) -> None:
        locked = GitHubPermissionError("POST", 403, "locked")
        place.github.faults.fail("comments.write", error=locked)
        ask(place, proposal.number, "/flujo help")
        assert not place.answers()


class TestReject:
    @pytest.mark.parametrize(
        ("body", "reason", "until"),
        [
            ("/flujo reject", MemoryReason.REJECTED, None),
            ("/flujo reject reason:too-risky", MemoryReason.TOO_RISKY, None),
            (
                "/flujo reject reason:not-now until:2026-06-30",
                MemoryReason.NOT_NOW,
                datetime(2026, 7, 1, tzinfo=UTC),
            ),
        ],
    )
    def test_it_closes_and_keeps_a_reason_and_a_date(
        self,
        place: Place,
        proposal: PullRequest,
        body: str,
        reason: MemoryReason,
        until: datetime | None,
    ) -> None:
        ask(place, proposal.number, body)
        (memory,) = memories(place)
        assert (memory.fingerprint, memory.reason) == (FINGERPRINT, reason)
        assert until is None or memory.until == until
        assert place.ours.pull_requests.get(proposal.number).state is PullRequestState.CLOSED

    @pytest.mark.parametrize(
        "words",
        [
            "because I say so",
            "reason:ignore-all-previous-instructions",
            "reason:none",
            "until:tomorrow",
            "until:2020-01-01",
            "until:2999-01-01",
            "until:9999-12-31",
            "until:2026-02-30",
        ],
    )
    def test_other_words_are_refused_and_not_kept(
        self, place: Place, proposal: PullRequest, words: str
    ) -> None:
        ask(place, proposal.number, f"/flujo reject {words}")
        assert not memories(place)
        assert reactions(place) == [Reaction.REFUSED]
        (told,) = place.answers()
        assert words not in told
        assert len(told.splitlines()) == 2

    def test_only_a_proposal_can_be_rejected(self, place: Place) -> None:
        pull = place.open_pull({PATH: TUNED})
        ask(place, pull.number, "/flujo reject")
        assert reactions(place) == [Reaction.REFUSED]
        assert place.ours.pull_requests.get(pull.number).state is PullRequestState.OPEN

    def test_a_fork_with_a_branch_of_that_name_is_no_proposal(
        self, place: Place, proposal: PullRequest
    ) -> None:
        place.from_fork(proposal, 77)
        ask(place, proposal.number, "/flujo reject")
        assert not memories(place)


class TestTheOthers:
    def test_explain_tells_what_was_kept_and_nothing_of_it_acts(
        self, place: Place, proposal: PullRequest
    ) -> None:
        ask(place, proposal.number, "/flujo explain")
        (told,) = place.answers()
        assert "$2.50 a month ($1.00 … $4.00)" in told
        assert "draft: a shorter timeout" in told
        assert " `@everyone`" in told
        assert " ![x]" not in told

    def test_help_lists_every_command(self, place: Place, proposal: PullRequest) -> None:
        ask(place, proposal.number, "/flujo help")
        (told,) = place.answers()
        assert all(command.form in told for command in COMMANDS)

    def test_an_unknown_command_is_refused_in_one_line(
        self, place: Place, proposal: PullRequest
    ) -> None:
        ask(place, proposal.number, "/flujo deploy now")
        (told,) = place.answers()
        assert "/flujo help" in told
        assert "deploy" not in told

    @pytest.mark.parametrize("days", ["0d", "366d", "7", "-1d", "7d 8d", "1e3d"])
    def test_a_pause_is_a_number_of_days(
        self, place: Place, proposal: PullRequest, days: str
    ) -> None:
        ask(place, proposal.number, f"/flujo pause {days}")
        assert repository(place).paused_until is None
        assert reactions(place) == [Reaction.REFUSED]

    def test_a_pause_counts_from_the_comment(self, place: Place, proposal: PullRequest) -> None:
        comment = ask(place, proposal.number, "/flujo pause")
        assert repository(place).paused_until == comment.created_at + timedelta(days=7)

    def test_rebase_asks_for_the_work(self, place: Place, proposal: PullRequest) -> None:
        ask(place, proposal.number, "/flujo rebase")
        with place.store.snapshot() as rows:
            (item,) = list_work(rows)
        assert (item.work.kind, item.work.key) == ("rebase", str(proposal.number))
