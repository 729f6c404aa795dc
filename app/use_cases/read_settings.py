"""Reads a repository's settings from its default branch, wherever the caller happens to be."""

from app.errors import SettingsError
from app.ports import CodeHost
from app.settings import SETTINGS_PATH, Settings, parse_settings


def read_settings(host: CodeHost) -> Settings:
    """Return the committed settings, all defaults when there is no such file; raises `SettingsError`."""
    content = host.read_file(host.default_branch().commit, SETTINGS_PATH)
    if content is None:
        return Settings()
    try:
        return parse_settings(content.decode())
    except UnicodeDecodeError as error:
        raise SettingsError("isn't UTF-8 text", path=SETTINGS_PATH) from error
