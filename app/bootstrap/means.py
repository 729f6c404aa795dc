"""Builds what sweeps may use besides telemetry, from the environment: recordings on the server, and a model."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from app.adapters.model_process import open_model_process
from app.adapters.telemetry_files import read_recordings
from app.behaviours.workplace import Means
from app.store import Repository
from app.use_cases.find_candidates import AskModel
from workflow import Recording

MODEL_VARIABLE: Final = "FLUJO_MODEL"
MODEL_URL_VARIABLE: Final = "FLUJO_MODEL_BASE_URL"
RECORDINGS_VARIABLE: Final = "FLUJO_RECORDINGS"


def open_means(environ: Mapping[str, str]) -> Means:
    """Return what the environment names; nothing is asked or read yet."""
    model = environ.get(MODEL_VARIABLE, "").strip()
    folder = environ.get(RECORDINGS_VARIABLE, "").strip()
    asking: Callable[[float], AskModel] | None = None
    if model:
        asking = partial(_open, model, environ.get(MODEL_URL_VARIABLE) or None, environ)
    if not folder:
        return Means(asking)
    return Means(asking, partial(_read, Path(folder)))


def _open(model: str, base_url: str | None, environ: Mapping[str, str], max_usd: float) -> AskModel:
    return open_model_process(model, base_url, max_usd=max_usd, environ=environ)


def _read(folder: Path, repository: Repository) -> Sequence[Recording]:
    """Read a repository's own folder, called by its number, which nobody else ever gets."""
    own = folder / str(repository.id)
    return read_recordings([own]) if own.is_dir() else ()
