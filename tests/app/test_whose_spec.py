"""Telemetry of the command line carries its repository's name on GitHub, and none where there is no such name."""

import subprocess
from pathlib import Path

import pytest

from app.bootstrap.whose_spec import name_repository

ENTERPRISE = {"FLUJO_GITHUB_API_URL": "https://github.acme.example/api/v3"}


@pytest.mark.parametrize(
    ("origin", "more", "expected"),
    [
        ("git@github.com:acme/flows.git", {}, "acme/flows"),
        (
            "https://github.com/acme/flows",
            {"FLUJO_GITHUB_API_URL": "https://api.github.com"},
            "acme/flows",
        ),
        ("https://github.acme.example/acme/flows.git", ENTERPRISE, "acme/flows"),
        ("https://github.com/acme/flows", ENTERPRISE, ""),
        ("https://gitlab.example/acme/flows", {}, ""),
        ("", {}, ""),
    ],
)
def test_the_name_is_that_of_origin(
    tmp_path: Path, origin: str, more: dict[str, str], expected: str
) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    if origin:
        subprocess.run(["git", "-C", str(tmp_path), "remote", "add", "origin", origin], check=True)
    spec = tmp_path / "a.flow.yaml"
    spec.write_text("name: a\n", encoding="utf-8")
    assert name_repository(spec, {"PATH": "/usr/bin:/bin", **more}) == expected


def test_outside_of_a_repository_there_is_none(tmp_path: Path) -> None:
    spec = tmp_path / "a.flow.yaml"
    spec.write_text("name: a\n", encoding="utf-8")
    assert name_repository(spec, {"PATH": "/usr/bin:/bin"}) == ""
