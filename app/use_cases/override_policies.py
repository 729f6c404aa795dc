"""Overrides of soft-mandatory policies: by name, with a reason, on record."""

from collections.abc import Mapping, Sequence

from app.errors import BadInputError
from policy_dsl import Enforcement, Policy

_MAX_REASON = 500


def check_overrides(
    policies: Sequence[Policy], overridden: Sequence[str], reason: str
) -> Mapping[str, str]:
    """Return the reason by policy id; raises `BadInputError` for what can't be overridden, or not without a reason."""
    reason = " ".join(reason.split())
    if bool(reason) != bool(overridden):
        raise BadInputError("--override POLICY_ID and --reason TEXT go together")
    if len(reason) > _MAX_REASON:
        raise BadInputError(f"--reason takes up to {_MAX_REASON} characters")
    for policy_id in overridden:
        found = [policy for policy in policies if policy.id == policy_id]
        if not found:
            known = ", ".join(repr(policy.id) for policy in policies) or "none"
            raise BadInputError(f"--override: no policy {policy_id!r} is in force; known: {known}")
        if all(policy.enforcement is not Enforcement.SOFT_MANDATORY for policy in found):
            raise BadInputError(
                f"--override: policy {policy_id!r} is {found[0].enforcement};"
                " only soft-mandatory ones can be overridden"
            )
    return dict.fromkeys(overridden, reason)
