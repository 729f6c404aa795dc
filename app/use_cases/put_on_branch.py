"""The commit that offers a proposal, wherever its branch is: the patched spec, and a message that says what changes."""

from dataclasses import dataclass

from app.ports import CodeHost, CommitRef
from app.use_cases.commit_messages import PROPOSAL_TRAILER, write_message
from diff_ux import describe_changes
from workflow import JsonPatch, Workflow, diff_workflows, patch_workflow


@dataclass(frozen=True, slots=True)
class OfferedChange:
    """A proposal's patch on one version of its spec."""

    proposal_id: str
    title: str
    base: Workflow
    after: Workflow

    @property
    def content(self) -> bytes:
        """What the file is to hold."""
        return self.after.text.encode()


def patch_offer(proposal_id: str, title: str, base: Workflow, patch: JsonPatch) -> OfferedChange:
    """Apply a proposal's patch to a version of its spec; raises what `patch_workflow` raises."""
    return OfferedChange(proposal_id, title, base, patch_workflow(base, patch))


def commit_offer(host: CodeHost, change: OfferedChange, parent: str) -> CommitRef:
    """Make the commit, on no branch yet; raises `BadInputError` when the file holds the change already."""
    changes = diff_workflows(change.base, change.after)
    sentences = [sentence.text for sentence in describe_changes(changes)]
    return host.prepare_commit(
        parent=parent,
        path=change.base.path,
        content=change.content,
        message=write_message(change.title, sentences, {PROPOSAL_TRAILER: change.proposal_id}),
    )
