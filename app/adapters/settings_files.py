"""Settings for commands that look at files instead of a repository's default branch."""

from pathlib import Path

from app.adapters.spec_files import read_text
from app.settings import SETTINGS_PATH, Settings, parse_settings


def settings_beside(spec: Path) -> Settings:
    """Return the settings of the work tree the spec lies in, all defaults when there are none."""
    for folder in spec.resolve().parents:
        if (folder / SETTINGS_PATH).is_file():
            path = folder / SETTINGS_PATH
            return parse_settings(read_text(path), path=str(path))
        if (folder / ".git").exists():
            break
    return Settings()
