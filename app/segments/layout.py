"""Where things lie in a server's data folder."""

from dataclasses import dataclass
from pathlib import Path

from app.errors import BadInputError


@dataclass(frozen=True, slots=True)
class DataFolder:
    """A data folder: the log, the database, the history, and texts apart."""

    path: Path

    @property
    def segments(self) -> Path:
        """The log of accepted bodies."""
        return self.path / "segments"

    @property
    def database(self) -> Path:
        """The SQLite file, and where locks of the store lie."""
        return self.path / "flujo.db"

    @property
    def history(self) -> Path:
        """Parquet files, where no other place is given."""
        return self.path / "history"

    @property
    def texts(self) -> Path:
        """What people and models wrote, where somebody asked to keep it."""
        return self.path / "texts"

    @property
    def worker_lock(self) -> Path:
        """Held by the one process that works the log off."""
        return self.path / "worker.lock"

    def demand(self) -> None:
        """Raise `BadInputError` where no server ever kept anything: a name was mistyped."""
        if not (self.segments.is_dir() or self.database.exists()):
            raise BadInputError(
                f"no server kept anything in {self.path}; --data-dir says where,"
                " `flujo serve` and `flujo ingest` take telemetry in"
            )

    def make(self) -> None:
        """Make the folder; raises `BadInputError` when that can't be."""
        try:
            self.segments.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInputError(
                f"can't make the folder {self.segments}: {error.strerror}"
            ) from None
