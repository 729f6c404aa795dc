"""Which policies a workflow is under: an organisation's, those of the packs it names, and its own."""

from collections.abc import Iterable

from policy_dsl import Policy, merge_policies
from workflow.format.spec import WorkflowSpec
from workflow.governance.packs import load_pack


def policies_in_force(
    spec: WorkflowSpec, organisation: Iterable[Policy] = ()
) -> tuple[Policy, ...]:
    """Return all of them, the highest authority first: a lower one may only add to a higher one, or tighten it."""
    packs = (load_pack(name) for name in spec.policy_packs)
    return merge_policies(organisation, *packs, spec.policies)
