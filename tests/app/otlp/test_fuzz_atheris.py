"""Runs the coverage-guided fuzzer of bodies for a while, under FLUJO_VERIFY=1 and where atheris is installed."""

import gzip
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from telemetry import encode_traces
from tests.telemetry.builders import make_run_spans
from tests.telemetry.otlp_protobuf import encode_protobuf

HARNESS = Path(__file__).with_name("fuzz_atheris.py")
SECONDS = 60


@pytest.mark.skipif(
    not os.environ.get("FLUJO_VERIFY"), reason="takes a minute: FLUJO_VERIFY=1 runs it"
)
@pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None, reason="atheris isn't installed here"
)
def test_a_minute_of_guided_fuzzing_of_bodies_finds_nothing(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    bodies = (encode_protobuf(make_run_spans()), encode_traces(make_run_spans(), resource={}))
    for first, body in enumerate(bodies):
        (corpus / f"plain-{first}").write_bytes(bytes([first]) + body)
        (corpus / f"gzip-{first}").write_bytes(bytes([first | 2]) + gzip.compress(body))
    options = (f"-max_total_time={SECONDS}", "-max_len=20000", "-timeout=10", "-verbosity=0")
    done = subprocess.run(
        [sys.executable, str(HARNESS), *options, str(corpus)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
