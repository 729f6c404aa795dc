"""The published schema of the settings is the one of the models, and agrees with them."""

import json
import os
from pathlib import Path

import orjson
import pytest
import yaml
from jsonschema import Draft202012Validator

from app.behaviours.onboarding_page import FIRST_SETTINGS
from app.cli.main import run_command
from app.errors import SettingsError
from app.settings import Settings, parse_settings
from app.use_cases.describe_settings import build_settings_schema

PAGE = Path(__file__).parents[2] / "docs/reference/schemas/config.schema.json"
SCHEMA = Draft202012Validator(build_settings_schema())


def test_the_published_schema_is_up_to_date() -> None:
    text = json.dumps(build_settings_schema(), indent=2, ensure_ascii=False) + "\n"
    if os.environ.get("FLUJO_UPDATE_GOLDEN"):
        PAGE.write_text(text, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == text


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["schema", "--config"]) == 0
    assert orjson.loads(capsys.readouterr().out) == build_settings_schema()


def test_it_is_a_schema_that_the_defaults_and_our_first_settings_fit() -> None:
    Draft202012Validator.check_schema(build_settings_schema())
    SCHEMA.validate(Settings().model_dump(mode="json"))
    SCHEMA.validate(yaml.safe_load(FIRST_SETTINGS))


@pytest.mark.parametrize(
    "text",
    [
        "mode: everything",
        "mod: propose",
        "limits: {open_proposals: 11}",
        "specs: []",
        "timezone: 5",
    ],
)
def test_what_it_refuses_the_reader_refuses_too(text: str) -> None:
    assert not SCHEMA.is_valid(yaml.safe_load(text))
    with pytest.raises(SettingsError):
        parse_settings(text)
