"""One module merges, and only what was judged and tested."""

import ast
from pathlib import Path

import pytest

from app.forge import MergeKind
from app.use_cases.merge import Approval, merge
from app.use_cases.repository_check import CheckVerdict, TestedCommit
from tests.fakes.forge import FakeGitHub
from trust_tiers import Decision, RiskTier

_ROOT = Path(__file__).parents[2]


def _callers_of_merge() -> set[str]:
    """Return the modules of the product that call anything named `merge` on a pull requests' port."""
    found = set()
    for path in (_ROOT / "app").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if _asks_to_merge(node):
                found.add(str(path.relative_to(_ROOT)))
    return found


def _asks_to_merge(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute) and node.attr == "merge":
        return ast.unparse(node.value).endswith("pull_requests")
    return isinstance(node, ast.Name) and node.id == "MergeRequest"


def test_nothing_but_the_merge_module_asks_github_to_merge() -> None:
    ports = ("app/github/", "app/forge/")
    makes_it = {name for name in _callers_of_merge() if not name.startswith(ports)}
    assert makes_it == {"app/use_cases/merge.py"}


@pytest.mark.parametrize(
    ("tier", "automatic", "verdict"),
    [
        (RiskTier.HIGH, RiskTier.MEDIUM, CheckVerdict.GREEN),
        (RiskTier.HIGH, None, CheckVerdict.GREEN),
        (RiskTier.MEDIUM, RiskTier.LOW, CheckVerdict.GREEN),
        (RiskTier.LOW, None, CheckVerdict.GREEN),
        (RiskTier.LOW, RiskTier.LOW, CheckVerdict.ABSENT),
        (RiskTier.LOW, RiskTier.LOW, CheckVerdict.PENDING),
        (RiskTier.LOW, RiskTier.LOW, CheckVerdict.RED),
    ],
)
def test_what_is_too_risky_or_untested_is_not_even_asked_for(
    tier: RiskTier, automatic: RiskTier | None, verdict: CheckVerdict
) -> None:
    github = FakeGitHub({"a": b"1"})
    approval = Approval(
        Decision(tier, ("because",)),
        automatic,
        TestedCommit("f" * 40, verdict),
        1,
        "main",
        "e" * 40,
        "Title",
        "",
    )
    assert merge(github.as_app(), approval).kind is MergeKind.BLOCKED
    assert github.faults.calls == []


def test_a_person_may_accept_the_risk_but_not_untested_code() -> None:
    github = FakeGitHub({"a": b"1"})
    tested = TestedCommit("f" * 40, CheckVerdict.RED)
    approval = Approval(
        Decision(RiskTier.HIGH, ("because",)), None, tested, 1, "main", "e" * 40, "Title", "", 1
    )
    assert merge(github.as_app(), approval).kind is MergeKind.BLOCKED
    assert github.faults.calls == []
