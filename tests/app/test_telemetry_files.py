import asyncio
import os
from pathlib import Path

import pytest

from app.adapters.agents import open_agents
from app.adapters.telemetry_files import (
    TelemetryWriter,
    read_recordings,
    read_telemetry,
    write_recordings,
)
from app.errors import BadInputError
from telemetry import Span
from tests.app.sweeping import LETTERS_SPEC, NOW, Ran, read, run_often
from workflow import (
    SpanCollector,
    VirtualTimeLoop,
    compile_program,
    perform_live,
    run_program,
    write_recording,
)


@pytest.fixture(scope="module")
def letters() -> Ran:
    return run_often(read(LETTERS_SPEC), 5)


def collect_spans(runs: int) -> list[list[Span]]:
    collector = SpanCollector()
    batches = []
    program = compile_program(read(LETTERS_SPEC))
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        for number in range(runs):
            runner.run(
                run_program(
                    program,
                    {"question": "Why?"},
                    perform=perform_live(open_agents(), lambda _: pytest.fail("no skills here")),
                    run_id=f"{number:032x}",
                    started_at=NOW,
                    seed=number,
                    listeners=[collector],
                )
            )
            batches.append(list(collector.take()))
    return batches


@pytest.fixture
def telemetry(tmp_path: Path) -> Path:
    path = tmp_path / "deep" / "runs.jsonl"
    with TelemetryWriter(path, repository="acme/letters") as writer:
        for spans in collect_spans(3):
            writer.write(spans)
    return path


class TestTelemetry:
    def test_what_was_written_is_read(self, telemetry: Path) -> None:
        found = read_telemetry([telemetry])
        assert len(found.assembled.runs) == 3
        assert (found.bad_lines, found.notes) == ((), ())

    def test_a_run_is_a_line(self, telemetry: Path) -> None:
        lines = telemetry.read_bytes().splitlines(keepends=True)
        assert len(lines) == 3
        assert all(line.endswith(b"\n") for line in lines)

    def test_more_is_appended(self, telemetry: Path) -> None:
        before = telemetry.read_bytes()
        with TelemetryWriter(telemetry, repository="acme/letters") as writer:
            writer.write(collect_spans(1)[0])
        assert telemetry.read_bytes().startswith(before)
        assert telemetry.read_bytes().count(b"\n") == 4

    def test_files_are_read_together(self, telemetry: Path, tmp_path: Path) -> None:
        empty = tmp_path / "empty.jsonl"
        empty.write_bytes(b"\n\n")
        assert len(read_telemetry([telemetry, empty]).assembled.runs) == 3

    def test_a_bad_line_is_named_and_the_others_count(self, telemetry: Path) -> None:
        lines = telemetry.read_bytes().splitlines(keepends=True)
        telemetry.write_bytes(lines[0] + b"{nonsense\n" + b"".join(lines[1:]))
        found = read_telemetry([telemetry])
        assert len(found.assembled.runs) == 3
        (bad,) = found.bad_lines
        assert bad.startswith(f"{telemetry}:2: ")
        assert found.notes == (f"skipped {bad}",)

    def test_a_last_line_that_was_cut_off_is_a_bad_line(self, telemetry: Path) -> None:
        telemetry.write_bytes(telemetry.read_bytes()[:-40])
        found = read_telemetry([telemetry])
        assert (len(found.assembled.runs), len(found.bad_lines)) == (2, 1)

    @pytest.mark.parametrize("content", [b"nonsense\n", b"\x00\xff\xfe", b"[1, 2]\n", b"{\n{\n"])
    def test_a_file_without_a_good_line_is_refused(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "runs.jsonl"
        path.write_bytes(content)
        with pytest.raises(BadInputError, match=r"no line of .* is OTLP trace data"):
            read_telemetry([path])

    def test_an_empty_file_holds_no_runs(self, tmp_path: Path) -> None:
        path = tmp_path / "runs.jsonl"
        path.touch()
        assert read_telemetry([path]).assembled.runs == ()

    def test_no_files_hold_no_runs(self) -> None:
        assert read_telemetry([]).assembled.runs == ()

    def test_an_incomplete_run_is_noted(self, tmp_path: Path) -> None:
        path = tmp_path / "runs.jsonl"
        (spans,) = collect_spans(1)
        with TelemetryWriter(path, repository="acme/letters") as writer:
            writer.write([span for span in spans if span.parent_span_id])
        (note,) = read_telemetry([path]).notes
        assert note == "1 runs are incomplete and don't count"

    @pytest.mark.parametrize("name", ["nowhere.jsonl", "."])
    def test_what_is_no_file_is_refused(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(BadInputError, match=str(tmp_path)):
            read_telemetry([tmp_path / name])

    def test_a_place_that_can_not_be_written_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(BadInputError), TelemetryWriter(tmp_path / "file/x", repository="a"):
            pass

    def test_the_file_is_closed_after_an_interruption(self, tmp_path: Path) -> None:
        before = len(os.listdir("/proc/self/fd"))
        with (
            pytest.raises(KeyboardInterrupt),
            TelemetryWriter(tmp_path / "runs.jsonl", repository="a"),
        ):
            raise KeyboardInterrupt
        assert len(os.listdir("/proc/self/fd")) == before


class TestRecordings:
    def test_what_was_written_is_read_by_name(self, tmp_path: Path, letters: Ran) -> None:
        write_recordings(tmp_path / "deep/recordings", letters.recordings)
        assert read_recordings([tmp_path / "deep/recordings"]) == list(letters.recordings)

    def test_nothing_is_left_beside_them(self, tmp_path: Path, letters: Ran) -> None:
        write_recordings(tmp_path, letters.recordings)
        assert sorted(path.suffix for path in tmp_path.iterdir()) == [".json"] * 5

    def test_a_half_written_one_is_not_read(self, tmp_path: Path, letters: Ran) -> None:
        write_recordings(tmp_path, letters.recordings)
        (tmp_path / "half.part").write_bytes(write_recording(letters.recordings[0])[:50])
        assert len(read_recordings([tmp_path])) == 5

    @pytest.mark.parametrize("content", [b"", b"{", b"{}", b"\xff", b"[]"])
    def test_one_that_can_not_be_read_is_named_in_one_line(
        self, tmp_path: Path, letters: Ran, content: bytes
    ) -> None:
        write_recordings(tmp_path, letters.recordings)
        bad = tmp_path / "bad.json"
        bad.write_bytes(content)
        with pytest.raises(BadInputError) as caught:
            read_recordings([tmp_path])
        assert str(caught.value).startswith(str(bad))
        assert "\n" not in str(caught.value)

    def test_a_folder_that_is_not_there_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(BadInputError, match="no such folder of recordings"):
            read_recordings([tmp_path / "nowhere"])

    def test_a_place_that_can_not_be_written_is_refused(self, tmp_path: Path, letters: Ran) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(BadInputError):
            write_recordings(tmp_path / "file", letters.recordings)
