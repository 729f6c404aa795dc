"""Settings: defaults, mistakes with their place, and that the documented example is the truth."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from app.errors import SettingsError
from app.settings import Mode, Settings, parse_settings
from app.use_cases.read_settings import read_settings
from meta_agent import RoiSettings
from tests.fakes.code_host import FakeCodeHost
from trust_tiers import TierLimits

_REFERENCE = Path(__file__).parents[2] / "docs/reference/config.md"


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "{}", "mode: propose\n"])
def test_a_file_that_says_nothing_means_the_defaults(text: str) -> None:
    assert parse_settings(text) == Settings()


def test_by_default_nothing_is_applied_by_itself() -> None:
    assert Settings().mode is Mode.PROPOSE
    assert Settings().tier_limits == TierLimits()


def test_every_setting_is_read() -> None:
    found = parse_settings(
        "mode: auto-low\n"
        "specs: ['flows/*.yaml']\n"
        "models: {allow: ['sim:small']}\n"
        "tiers: {max_retries: 3, max_timeout_s: 60}\n"
        "roi: {value_per_success_usd: 0.5, runs_per_month: 900}\n"
        "evidence: {min_pairs: 50}\n"
        "limits: {open_proposals: 1, applied_per_sweep: 2}\n"
        "tests: {timeout_s: 30}\n"
        "skills: {allow: [acme.skills, 'tools.*']}\n"
        "schedule: '0 3 * * 1'\n"
        "timezone: Europe/Berlin\n"
    )
    assert found.mode is Mode.AUTO_LOW
    assert found.tier_limits.max_retries == 3
    assert found.tier_limits.allowed_models == ("sim:small",)
    assert (found.evidence.min_pairs, found.limits.applied_per_sweep) == (50, 2)
    assert (found.tests.timeout_s, found.schedule) == (30, "0 3 * * 1")
    assert found.roi.runs_per_month == 900
    assert found.skills.allow == ("acme.skills", "tools.*")


def test_the_prices_are_those_of_the_roi() -> None:
    assert RoiSettings(**Settings().roi.model_dump()) == RoiSettings()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mode: auto\n", r"flujo\.yml:1:1: mode: .*'silent'.*'auto-low'"),
        ("# hi\nmodes: propose\n", r":2:1: there is no setting 'modes'"),
        ("tiers:\n  max_retries: 99\n", r":2:3: tiers\.max_retries: .*less than or equal to 10"),
        ("tiers:\n  max_retries: true\n", r":2:3: tiers\.max_retries: .*integer"),
        ("tiers: {allowed_models: [a]}\n", r":1:1: write `tiers\.allowed_models`"),
        ("limits:\n  open_proposals: 1\n  applied_per_sweep: 5\n", r":3:3: "),
        ("specs: []\n", r":1:1: specs: "),
        ("specs:\n  - ok.yaml\n  - /etc/*\n", r":3:5: specs\.1: write a glob relative"),
        ("specs: ['../*.yaml']\n", r"relative"),
        ("specs: ['[z-a].yaml']\n", r"isn't a glob"),
        ("roi:\n  review_usd_per_hour: -1\n", r":2:3: roi\.review_usd_per_hour: "),
        ("evidence: {min_pairs: 1}\n", r"min_pairs"),
        ("schedule: hourly\n", r"five fields"),
        ("skills: {allow: ['*']}\n", r":1:18: skills\.allow\.0: '\*': write package\.module"),
        ("skills: {allow: ['os']}\n", r"'os' can't be allowed"),
        ("skills: {allow: ['os.*']}\n", r"'os' can't be allowed"),
        ("skills: {allow: ['workflow.calls']}\n", r"'workflow' can't be allowed"),
        ("skills: {allow: ['a.*.b']}\n", r"write package\.module"),
        ("skills: {allow: ['a:b']}\n", r"write package\.module"),
        ("timezone: Mars/Olympus\n", r"no time zone is called 'Mars/Olympus'"),
        ("timezone: ../../etc/passwd\n", r"no time zone"),
        ("- mode\n", r"settings are a mapping"),
        ("mode: propose\nmode: auto-low\n", r":2:\d+: "),
        ("mode: [\n", r"flujo\.yml:\d+:\d+: "),
        ("mode: !!python/object:os.system x\n", r"flujo\.yml:1:\d+: "),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        parse_settings(text)


def test_settings_come_from_the_default_branch() -> None:
    host = FakeCodeHost({".github/flujo.yml": b"mode: silent\n"})
    assert read_settings(host).mode is Mode.SILENT
    assert read_settings(FakeCodeHost({"x": b""})) == Settings()


def test_a_settings_file_that_is_no_text_is_refused() -> None:
    with pytest.raises(SettingsError, match="UTF-8"):
        read_settings(FakeCodeHost({".github/flujo.yml": b"\xff\xfe"}))


@pytest.mark.parametrize(
    ("path", "is_spec"),
    [
        ("pipeline.yaml", True),
        ("sub/pipeline.yaml", False),
        ("a.flow.yaml", True),
        ("deep/er/a.flow.yml", True),
        ("flujo/x.yaml", True),
        ("workflows/deep/x.yaml", True),
        (".github/workflows/ci.yaml", False),
        ("README.md", False),
    ],
)
def test_specs_are_found_by_their_names(path: str, is_spec: bool) -> None:
    assert Settings().select_specs((path,)) == ((path,) if is_spec else ())


def test_the_documented_example_spells_out_the_defaults() -> None:
    example = re.findall(r"```yaml\n(.*?)```", _REFERENCE.read_text(), re.DOTALL)[0]
    assert parse_settings(example) == Settings()


def test_every_setting_is_documented() -> None:
    text = _REFERENCE.read_text()
    names = [
        name if inner == "" else f"{name}.{inner}"
        for name, value in Settings()
        for inner in (type(value).model_fields if isinstance(value, BaseModel) else ("",))
        if f"{name}.{inner}" != "tiers.allowed_models"
    ]
    assert [name for name in names if f"`{name}`" not in text] == []
