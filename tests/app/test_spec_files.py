from pathlib import Path

import pytest

from app.adapters.settings_files import settings_beside
from app.adapters.spec_files import open_spec, path_in_repository, read_text
from app.errors import BadInputError, SettingsError
from app.settings import Mode
from tests.app.sweeping import LETTERS_SPEC
from workflow import SpecError

FROM_FILE = LETTERS_SPEC.replace(
    "system_prompt: Write.", "system_prompt: {from_file: prompts/write.md}"
)


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return path


class TestSpecs:
    def test_a_spec_is_read_with_the_files_beside_it(self, tmp_path: Path) -> None:
        write(tmp_path / "prompts/write.md", "Write well.")
        assert open_spec(write(tmp_path / "a.flow.yaml", FROM_FILE)).spec_sha256

    def test_a_file_beside_it_is_part_of_its_identity(self, tmp_path: Path) -> None:
        spec = write(tmp_path / "a.flow.yaml", FROM_FILE)
        prompt = write(tmp_path / "prompts/write.md", "Write well.")
        before = open_spec(spec).spec_sha256
        write(prompt, "Write better.")
        assert open_spec(spec).spec_sha256 != before

    @pytest.mark.parametrize(
        "outside", ["../secret.md", "/etc/hostname", "prompts/../../secret.md"]
    )
    def test_files_elsewhere_are_never_read(self, tmp_path: Path, outside: str) -> None:
        write(tmp_path / "secret.md", "TOP SECRET")
        spec = write(tmp_path / "repo/a.flow.yaml", FROM_FILE.replace("prompts/write.md", outside))
        with pytest.raises(SpecError) as caught:
            open_spec(spec)
        assert "TOP SECRET" not in str(caught.value)

    def test_a_link_that_leads_out_is_not_followed(self, tmp_path: Path) -> None:
        secret = write(tmp_path / "secret.md", "TOP SECRET")
        spec = write(tmp_path / "repo/a.flow.yaml", FROM_FILE)
        (tmp_path / "repo/prompts").mkdir()
        (tmp_path / "repo/prompts/write.md").symlink_to(secret)
        with pytest.raises(SpecError):
            open_spec(spec)

    def test_line_ends_are_kept(self, tmp_path: Path) -> None:
        crlf = LETTERS_SPEC.replace("\n", "\r\n")
        assert open_spec(write(tmp_path / "a.flow.yaml", crlf)).text == crlf


class TestText:
    def test_no_file(self, tmp_path: Path) -> None:
        with pytest.raises(BadInputError, match="no such file"):
            read_text(tmp_path / "nowhere.yaml")

    def test_a_folder(self, tmp_path: Path) -> None:
        with pytest.raises(BadInputError, match="is a folder; name a file in it"):
            read_text(tmp_path)

    def test_bytes_that_are_no_text(self, tmp_path: Path) -> None:
        (tmp_path / "a.yaml").write_bytes(b"ab\xff")
        with pytest.raises(BadInputError, match=r"not UTF-8 text \(byte 2\)"):
            read_text(tmp_path / "a.yaml")

    def test_a_file_of_enormous_size(self, tmp_path: Path) -> None:
        with (tmp_path / "a.yaml").open("wb") as file:
            file.truncate(4 * 1024 * 1024 + 1)
        with pytest.raises(BadInputError, match="larger than 4 MiB"):
            read_text(tmp_path / "a.yaml")

    def test_a_name_that_no_file_can_have(self, tmp_path: Path) -> None:
        with pytest.raises(BadInputError):
            read_text(tmp_path / ("x" * 300))


class TestPaths:
    def test_inside_a_repository_they_start_at_its_top(self, tmp_path: Path) -> None:
        (tmp_path / ".git").mkdir()
        spec = write(tmp_path / "flows/a.flow.yaml", LETTERS_SPEC)
        assert path_in_repository(spec) == "flows/a.flow.yaml"

    def test_outside_of_one_the_name_must_do(self, tmp_path: Path) -> None:
        assert path_in_repository(write(tmp_path / "flows/a.yaml", LETTERS_SPEC)) == "a.yaml"


class TestSettings:
    def test_they_are_found_above_the_spec(self, tmp_path: Path) -> None:
        write(tmp_path / ".github/flujo.yml", "mode: auto-low\n")
        spec = write(tmp_path / "flows/deep/a.flow.yaml", LETTERS_SPEC)
        assert settings_beside(spec).mode is Mode.AUTO_LOW

    def test_those_of_a_repository_around_do_not_count(self, tmp_path: Path) -> None:
        write(tmp_path / ".github/flujo.yml", "mode: auto-low\n")
        (tmp_path / "inner/.git").mkdir(parents=True)
        assert settings_beside(tmp_path / "inner/a.flow.yaml").mode is Mode.PROPOSE

    def test_mistakes_are_placed(self, tmp_path: Path) -> None:
        path = write(tmp_path / ".github/flujo.yml", "mode: propose\nspecs: [a.yaml]\nmoed: x\n")
        with pytest.raises(SettingsError) as caught:
            settings_beside(tmp_path / "a.flow.yaml")
        assert str(caught.value) == f"{path}:3:1: there is no setting 'moed'"
