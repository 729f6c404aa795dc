"""Telemetry and recordings on disk: OTLP JSON lines like the OpenTelemetry Collector's, one file per recording."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from app.errors import BadInputError
from telemetry import Assembled, OtlpError, Span, assemble_runs, decode_line, encode_traces
from workflow import Recording, RecordingError, read_recording, write_recording

_MAX_RECORDING_BYTES = 256 * 1024 * 1024


class TelemetryWriter:
    """Appends spans to a file, a whole line at a time, so that an interruption leaves no half line."""

    def __init__(self, path: Path, *, repository: str) -> None:
        self._path = path
        named = {"flujo.repository": repository} if repository else {}
        self._resource = {"service.name": "flujo", **named}
        self._file = -1

    def __enter__(self) -> "TelemetryWriter":
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        except OSError as error:
            raise BadInputError(f"{self._path}: {error.strerror}") from None
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        os.close(self._file)

    def write(self, spans: Sequence[Span]) -> None:
        """Append the spans as one line."""
        line = encode_traces(spans, resource=self._resource)
        os.write(self._file, line if line.endswith(b"\n") else line + b"\n")


@dataclass(frozen=True, slots=True)
class TelemetryRead:
    """Runs of some files, and the lines that couldn't be read: `file:line: reason`."""

    assembled: Assembled
    bad_lines: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What didn't become a run, and why, one line each."""
        skipped = [f"skipped {line}" for line in self.bad_lines]
        if self.assembled.incomplete:
            skipped.append(f"{self.assembled.incomplete} runs are incomplete and don't count")
        for reason, spans in sorted(self.assembled.quarantined.items()):
            skipped.append(f"{spans} spans don't count: {reason}")
        return tuple(skipped)


def read_telemetry(paths: Iterable[Path]) -> TelemetryRead:
    """Read OTLP JSON-lines files; a line that doesn't parse is reported, the others count.

    Raises `BadInputError` when a file can't be read or not one of its lines is OTLP.
    """
    spans: list[Span] = []
    bad: list[str] = []
    for path in paths:
        read, wrong = _read_file(path)
        if wrong and not read:
            raise BadInputError(f"{wrong[0]} (no line of {path} is OTLP trace data)")
        spans += read
        bad += wrong
    return TelemetryRead(assemble_runs(spans), tuple(bad))


def write_recordings(folder: Path, recordings: Iterable[Recording]) -> None:
    """Write each recording to a file of its own, whole or not at all."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for recording in recordings:
            _write_whole(folder / f"{recording.run_id}.json", write_recording(recording))
    except OSError as error:
        raise BadInputError(f"{folder}: {error.strerror}") from None


def read_recordings(folders: Iterable[Path]) -> list[Recording]:
    """Read every recording in the folders, by file name; raises `BadInputError` naming the first that can't be read."""
    return [recording for folder in folders for recording in _read_folder(folder)]


def open_recording(path: Path) -> Recording:
    """Read one recording, changing nothing; raises `BadInputError` when the file can't be read or isn't one."""
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size > _MAX_RECORDING_BYTES:
                raise BadInputError(f"{path}: larger than 256 MiB; is it the right file?")
            return read_recording(file.read())
    except RecordingError as error:
        raise BadInputError(f"{path}: {error}") from None
    except OSError as error:
        raise BadInputError(f"{path}: {(error.strerror or str(error)).lower()}") from None


def find_recording(run: str, folder: Path | None) -> Path:
    """Return where a run is recorded: the file of that name, or else the run of that id in the folder."""
    if folder is None or _is_file(Path(run)):
        return Path(run)
    if not folder.is_dir():
        raise BadInputError(f"{folder}: no such folder of recordings")
    path = folder / f"{run}.json"
    if Path(run).name != run or not _is_file(path):
        raise BadInputError(f"{run!r} is neither a file nor the id of a run recorded in {folder}")
    return path


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name too long to be one
        return False


def _write_whole(path: Path, content: bytes) -> None:
    part = path.with_suffix(".part")
    try:
        part.write_bytes(content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _read_file(path: Path) -> tuple[list[Span], list[str]]:
    spans: list[Span] = []
    wrong: list[str] = []
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if not line.strip():
                    continue
                try:
                    spans += decode_line(line, line_number=number)
                except OtlpError as error:
                    wrong.append(f"{path}:{number}: {error.reason}")
    except OSError as error:
        raise BadInputError(f"{path}: {(error.strerror or str(error)).lower()}") from None
    return spans, wrong


def _read_folder(folder: Path) -> Iterator[Recording]:
    if not folder.is_dir():
        raise BadInputError(f"{folder}: no such folder of recordings")
    for path in sorted(folder.glob("*.json")):
        yield open_recording(path)
