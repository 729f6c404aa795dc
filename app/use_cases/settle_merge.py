"""What a merged pull request came to: our change as it was, people's version of it to learn from, or something else."""

from dataclasses import dataclass

from app.errors import BadInputError
from app.ports import CodeHost
from app.settings import Settings
from app.store import Application, ProposalRecord
from app.use_cases.fit_offer import fit_version
from app.use_cases.landings import World
from app.use_cases.put_on_branch import OfferedChange
from app.use_cases.read_spec import read_spec
from meta_agent import Correction, learn_corrections
from workflow import PatchError, SpecError, Workflow, parse_patch


@dataclass(frozen=True, slots=True)
class Merged:
    """Either what was applied, or what is to be learned; neither where people merged something else."""

    application: Application | None = None
    corrections: tuple[Correction, ...] = ()


def read_merge(world: World, commit: str, record: ProposalRecord, settings: Settings) -> Merged:
    """Look at what a merge commit made of the spec.

    It is our change only if the spec is exactly what the patch makes of the version merged into.
    """
    parent = world.host.first_parent(commit)
    before = _read(world.host, parent, record, settings) if parent else None
    after = _read(world.host, commit, record, settings)
    if before is None or after is None:
        return Merged()
    ours = fit_version(before, record, settings)
    if isinstance(ours, OfferedChange) and ours.after.spec_sha256 == after.spec_sha256:
        return Merged(_compose(world, commit, parent, record, before, after))
    try:
        return Merged(corrections=learn_corrections(parse_patch([*record.patch]), after))
    except PatchError:
        return Merged()


def _compose(
    world: World,
    commit: str,
    parent: str,
    record: ProposalRecord,
    before: Workflow,
    after: Workflow,
) -> Application:
    return Application(
        proposal_id=record.id,
        commit=commit,
        path=record.spec_path,
        blob_before=world.host.blob_sha(parent, record.spec_path) or "",
        blob_after=world.host.blob_sha(commit, record.spec_path) or "",
        spec_sha256_before=before.spec_sha256,
        spec_sha256_after=after.spec_sha256,
        applied_at=world.now,
    )


def _read(
    host: CodeHost, commit: str, record: ProposalRecord, settings: Settings
) -> Workflow | None:
    try:
        return read_spec(host, commit, record.spec_path, allow=settings.skills.allow)
    except (SpecError, BadInputError):
        return None
