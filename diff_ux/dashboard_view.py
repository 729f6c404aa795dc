"""What the dashboard of a repository shows: plain values, composed by whoever knows them, rendered here."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """A box that acts when somebody ticks it; `id` is ours (`open:1f2e`), `label` our own words."""

    id: str
    label: str
    is_ticked: bool = False


@dataclass(frozen=True, slots=True)
class DashboardItem:
    """One line: a title, where it belongs (a path or `""`), what more there is to say, its pull request (0: none)."""

    title: str
    where: str = ""
    facts: tuple[str, ...] = ()
    number: int = 0
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class DashboardSection:
    """Items under a title of our own, the most wanted first; one without items isn't shown."""

    title: str
    items: tuple[DashboardItem, ...]


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """A patch that was measured: what it was to bring and what it brought, as it should read."""

    title: str
    predicted: str
    realised: str
    measured: str


@dataclass(frozen=True, slots=True)
class LadderLine:
    """A class of patches: how often it ended well or was taken back, and what it may do by itself."""

    name: str
    clean: int
    taken_back: int
    autonomy: str


@dataclass(frozen=True, slots=True)
class DashboardView:
    """All that the dashboard issue says; every text but titles of sections and labels of boxes may come from data.

    `status` says in a sentence whether anything is written; `boxes` are those that concern all of the repository.
    """

    status: str
    boxes: tuple[Box, ...] = ()
    sections: tuple[DashboardSection, ...] = ()
    record: str = ""
    ledger: tuple[LedgerLine, ...] = ()
    ladder: tuple[LadderLine, ...] = ()
