"""What the App asks of GitHub beyond a host of code: facts, pull requests, comments, issues, checks, people, rules.

`Forge` is one repository; `AppForge` is what an App may ask without one. Nothing here knows how GitHub is spoken to:
`app.github` does, and tests use `tests/fakes/forge.py`.
"""

from app.forge.apps import (
    App,
    AppForge,
    HookConfig,
    HookDelivery,
    Installation,
    InstalledRepository,
)
from app.forge.checks import (
    Annotation,
    AnnotationLevel,
    CheckConclusion,
    CheckReport,
    CheckRun,
    Checks,
    CheckStatus,
)
from app.forge.commits import ChangedFile, CommitFacts, Comparison, FileStatus
from app.forge.forge import Forge, Repository
from app.forge.people import Account, People, Permission
from app.forge.protection import BranchRules, RequiredCheck
from app.forge.pull_requests import (
    MergeKind,
    MergeMethod,
    MergeOutcome,
    MergeRequest,
    PullRequest,
    PullRequestDraft,
    PullRequests,
    PullRequestState,
)
from app.forge.threads import Comment, Comments, Issue, IssueDraft, Issues, Label, Labels, Reaction

__all__ = [
    "Account",
    "Annotation",
    "AnnotationLevel",
    "App",
    "AppForge",
    "BranchRules",
    "ChangedFile",
    "CheckConclusion",
    "CheckReport",
    "CheckRun",
    "CheckStatus",
    "Checks",
    "Comment",
    "Comments",
    "CommitFacts",
    "Comparison",
    "FileStatus",
    "Forge",
    "HookConfig",
    "HookDelivery",
    "Installation",
    "InstalledRepository",
    "Issue",
    "IssueDraft",
    "Issues",
    "Label",
    "Labels",
    "MergeKind",
    "MergeMethod",
    "MergeOutcome",
    "MergeRequest",
    "People",
    "Permission",
    "PullRequest",
    "PullRequestDraft",
    "PullRequestState",
    "PullRequests",
    "Reaction",
    "Repository",
    "RequiredCheck",
]
