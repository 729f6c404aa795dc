"""A repository's own facts. See https://docs.github.com/en/rest/repos/repos#get-a-repository."""

from pydantic import BaseModel

from app.forge import Repository
from app.github.api import RepositoryApi, parse


def read_repository(api: RepositoryApi) -> Repository:
    """Return what the repository is called and how it stands now."""
    found = parse(_WireRepository, api.read(""), "a repository")
    return Repository(
        id=found.id,
        full_name=found.full_name,
        default_branch=found.default_branch,
        is_private=found.private,
        is_archived=found.archived or found.disabled,
        is_fork=found.fork,
    )


class _WireRepository(BaseModel):
    id: int
    full_name: str
    default_branch: str
    private: bool
    archived: bool = False
    disabled: bool = False
    fork: bool = False
