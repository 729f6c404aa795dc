"""Reads an organisation's policies where a repository's settings say, from the default branch."""

from app.errors import SettingsError
from app.ports import CodeHost
from app.settings import SETTINGS_PATH, Settings
from policy_dsl import Policy
from workflow import parse_policies


def read_organisation(
    host: CodeHost, settings: Settings, commit: str | None = None
) -> tuple[Policy, ...]:
    """Return the policies of a commit, by default the default branch's, none when the settings name no file.

    Raises `SettingsError` when the file they name isn't there, `SpecError` when it can't be understood: whoever wants
    policies never silently goes without.
    """
    path = settings.policies.organisation
    if path is None:
        return ()
    content = host.read_file(commit or host.default_branch().commit, path)
    if content is None:
        raise missing_policies(path, "the default branch")
    try:
        return parse_policies(content.decode(), path=path)
    except UnicodeDecodeError as error:
        raise SettingsError("isn't UTF-8 text", path=path) from error


def missing_policies(path: str, where: str) -> SettingsError:
    """Return the error that the settings name a file of policies that isn't there."""
    reason = f"policies.organisation: there is no {path} in {where}; add it, or remove the setting"
    return SettingsError(reason, path=SETTINGS_PATH)
