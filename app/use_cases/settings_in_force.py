"""Which settings a repository works by: its default branch's, or the last good ones while those can't be read."""

from dataclasses import dataclass

from app.errors import SettingsError
from app.ports import Branch, CodeHost
from app.settings import SETTINGS_PATH, Settings, parse_settings
from app.store import KeptSettings, Store, find_kept_settings, keep_settings


@dataclass(frozen=True, slots=True)
class SettingsInForce:
    """Settings, and what is wrong with newer ones that can't be read."""

    settings: Settings
    error: SettingsError | None = None


def read_settings_in_force(host: CodeHost, default: Branch, store: Store) -> SettingsInForce:
    """Return the settings of the default branch as it is now, all defaults where there never were good ones."""
    with store.snapshot() as rows:
        kept = find_kept_settings(rows)
    last_good = _parse_kept(kept)
    if last_good and kept and kept.commit == default.commit:
        return SettingsInForce(last_good)
    try:
        text = read_settings_text(host, default.commit)
        settings = parse_settings(text)
    except SettingsError as error:
        return SettingsInForce(last_good or Settings(), error)
    with store.transaction() as rows:
        keep_settings(rows, KeptSettings(default.commit, text))
    return SettingsInForce(settings)


def _parse_kept(kept: KeptSettings | None) -> Settings | None:
    """Parse what was good once; another version of ours may see that otherwise."""
    try:
        return parse_settings(kept.text) if kept else None
    except SettingsError:
        return None


def read_settings_text(host: CodeHost, commit: str) -> str:
    """Return the settings file of a commit, `""` when there is none; raises `SettingsError` for what is no text."""
    content = host.read_file(commit, SETTINGS_PATH)
    try:
        return "" if content is None else content.decode()
    except UnicodeDecodeError as error:
        raise SettingsError("isn't UTF-8 text", path=SETTINGS_PATH) from error
