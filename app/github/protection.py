"""What a branch's owners demand: the branch, its protection, and rulesets.

See https://docs.github.com/en/rest/branches/branch-protection and https://docs.github.com/en/rest/repos/rules.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from pydantic import BaseModel

from app.errors import GitHubNotFoundError, GitHubPermissionError
from app.forge import BranchRules, RequiredCheck
from app.github.api import RepositoryApi, in_path, parse


def read_branch_rules(api: RepositoryApi, branch: str) -> BranchRules:
    """Return all demands on a branch; what we may not read counts as unknown, never as nothing."""
    name = in_path(branch)
    is_protected = parse(_WireBranch, api.read(f"/branches/{name}"), "a branch").protected
    found = _Demands()
    protection = _read_protection(api, name) if is_protected else _WireProtection()
    if protection is None:
        found.is_known = False
    else:
        _add_protection(found, protection)
    _add_rules(found, _read_rules(api, name))
    return BranchRules(
        is_protected=is_protected or found.has_rules,
        is_known=found.is_known,
        required_checks=tuple(dict.fromkeys(found.checks)),
        required_approvals=found.approvals,
        requires_code_owners=found.code_owners,
        requires_pull_request=found.pull_request,
    )


@dataclass
class _Demands:
    """What was found so far; of two demands the stronger holds."""

    is_known: bool = True
    has_rules: bool = False
    checks: list[RequiredCheck] = field(default_factory=list)
    approvals: int = 0
    code_owners: bool = False
    pull_request: bool = False


class _WireBranch(BaseModel):
    protected: bool


class _WireCheck(BaseModel):
    context: str
    app_id: int | None = None
    integration_id: int | None = None


class _WireChecks(BaseModel):
    contexts: tuple[str, ...] = ()
    checks: tuple[_WireCheck, ...] = ()


class _WireReviews(BaseModel):
    required_approving_review_count: int = 1
    require_code_owner_reviews: bool = False


class _WireProtection(BaseModel):
    required_status_checks: _WireChecks | None = None
    required_pull_request_reviews: _WireReviews | None = None


class _WireParameters(BaseModel):
    required_approving_review_count: int = 0
    require_code_owner_review: bool = False
    required_status_checks: tuple[_WireCheck, ...] = ()


class _WireRule(BaseModel):
    type: str
    parameters: _WireParameters | None = None


def _read_protection(api: RepositoryApi, name: str) -> _WireProtection | None:
    try:
        return parse(_WireProtection, api.read(f"/branches/{name}/protection"), "protection")
    except GitHubPermissionError:
        return None
    except GitHubNotFoundError:
        return _WireProtection()  # protected by a ruleset alone


def _read_rules(api: RepositoryApi, name: str) -> Iterable[_WireRule]:
    try:
        pages = list(api.read_pages(f"/rules/branches/{name}"))
    except GitHubNotFoundError:
        return []  # an Enterprise server from before there were rulesets
    return [parse(_WireRule, item, "a rule") for item in pages]


def _add_protection(found: _Demands, protection: _WireProtection) -> None:
    checks, reviews = protection.required_status_checks, protection.required_pull_request_reviews
    if checks is not None:
        _add_checks(found, checks.checks or [_WireCheck(context=name) for name in checks.contexts])
    if reviews is not None:
        found.pull_request = True
        found.approvals = max(found.approvals, reviews.required_approving_review_count)
        found.code_owners |= reviews.require_code_owner_reviews


def _add_rules(found: _Demands, rules: Iterable[_WireRule]) -> None:
    for rule in rules:
        found.has_rules = True
        details = rule.parameters or _WireParameters()
        _add_checks(found, details.required_status_checks)
        found.approvals = max(found.approvals, details.required_approving_review_count)
        found.code_owners |= details.require_code_owner_review
        found.pull_request |= rule.type in {"pull_request", "merge_queue"}


def _add_checks(found: _Demands, checks: Iterable[_WireCheck]) -> None:
    for check in checks:
        app_id = check.app_id if check.integration_id is None else check.integration_id
        # -1 stands for "any App".
        found.checks.append(RequiredCheck(check.context, None if app_id == -1 else app_id))
