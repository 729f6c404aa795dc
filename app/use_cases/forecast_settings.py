"""Tells what changed settings would change, before anybody merges them."""

from collections.abc import Iterator
from dataclasses import dataclass

import orjson
from pydantic import JsonValue

from app.errors import SettingsError
from app.settings import SETTINGS_PATH, Settings, parse_settings


@dataclass(frozen=True, slots=True)
class ChangedSetting:
    """A setting by its dotted name, with both values as JSON text."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class SettingsForecast:
    """What would change, and how many specs are selected; or what is wrong with the new settings."""

    changes: tuple[ChangedSetting, ...] = ()
    specs_before: int = 0
    specs_after: int = 0
    error: SettingsError | None = None


def forecast_settings(
    before: Settings, content: bytes | None, paths: tuple[str, ...]
) -> SettingsForecast:
    """Compare the settings in force with a new file (None: it is removed) in a repository of these paths."""
    try:
        after = parse_settings("" if content is None else content.decode())
    except SettingsError as error:
        return SettingsForecast(error=error)
    except UnicodeDecodeError:
        return SettingsForecast(error=SettingsError("isn't UTF-8 text", path=SETTINGS_PATH))
    old, new = (
        dict(_flatten(before.model_dump(mode="json"))),
        dict(_flatten(after.model_dump(mode="json"))),
    )
    changes = tuple(
        ChangedSetting(name, _write(old.get(name)), _write(new.get(name)))
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    )
    counts = len(before.select_specs(paths)), len(after.select_specs(paths))
    return SettingsForecast(changes, *counts)


def _flatten(value: JsonValue, name: str = "") -> Iterator[tuple[str, JsonValue]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _flatten(inner, f"{name}.{key}" if name else key)
    else:
        yield name, value


def _write(value: JsonValue) -> str:
    return orjson.dumps(value).decode()
