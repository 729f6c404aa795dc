"""A process that runs work of one kind by appending its key to a file, unless it is there: `DATA EFFECTS`."""

import select
import sys
from pathlib import Path

from app.bootstrap.jobs import tell_time
from app.jobs.advance import Workshop
from app.jobs.handlers import Context
from app.jobs.worker import QueuePlace, run_jobs
from app.logs import log_to_stderr
from app.store import open_store


def main(data: Path, effects: Path) -> None:
    """Work until killed, or until the input ends."""
    log_to_stderr()
    folder = data / "appending"
    folder.mkdir(exist_ok=True)

    def append(context: Context, key: str) -> None:
        line = f"{context.store.repository} {key}"
        if line not in effects.read_text(encoding="utf-8").splitlines():
            with effects.open("a", encoding="utf-8") as file:
                file.write(f"{line}\n")
        print(line, flush=True)

    store = open_store(data / "flujo.db")
    workshop = Workshop(store, {"pull_request": append}, tell_time)
    print("ready", flush=True)
    run_jobs(workshop, QueuePlace(folder), _input_ended)


def _input_ended(timeout_s: float) -> bool:
    readable, _, _ = select.select([sys.stdin], [], [], timeout_s)
    return bool(readable)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
