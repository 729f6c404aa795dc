"""What a branch's owners demand of a change, by branch protection and by rulesets together."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RequiredCheck:
    """A check that must succeed; `app_id` is None when any App may report it."""

    name: str
    app_id: int | None = None


@dataclass(frozen=True, slots=True)
class BranchRules:
    """The demands on a branch. `is_known` is False when we may not read all of them: then assume people must agree."""

    is_protected: bool
    is_known: bool
    required_checks: tuple[RequiredCheck, ...] = ()
    required_approvals: int = 0
    requires_code_owners: bool = False
    requires_pull_request: bool = False
