"""Runs the coverage-guided fuzzer for a while, under FLUJO_VERIFY=1 and where atheris is installed."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

HARNESS = Path(__file__).with_name("fuzz_atheris.py")
SECONDS = 60


@pytest.mark.skipif(
    not os.environ.get("FLUJO_VERIFY"), reason="takes a minute: FLUJO_VERIFY=1 runs it"
)
@pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None, reason="atheris isn't installed here"
)
def test_a_minute_of_guided_fuzzing_finds_nothing(tmp_path: Path) -> None:
    options = (f"-max_total_time={SECONDS}", "-max_len=4000", "-timeout=5", "-verbosity=0")
    done = subprocess.run(
        [sys.executable, str(HARNESS), *options],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
