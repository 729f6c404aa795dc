"""Embedded tests in a process of their own: they import the user's skills, so they never run inside ours."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import orjson

from app.ports import RunTests, TestVerdict

_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "SYSTEMROOT", "SSL_CERT_FILE")
_MAX_REASONS = 5


def open_test_process(
    spec_path: str,
    *,
    timeout_s: float,
    environment: Sequence[str] = (),
    environ: Mapping[str, str] = os.environ,
) -> RunTests:
    """Return what tests the spec at `spec_path` of a checkout; of `environ` it sees the usual and `environment`."""
    passed_on = (*_PASSED_ON, *environment)

    def run_tests(checkout: Path) -> TestVerdict:
        # -P: whatever the checkout holds, `app` is ours.
        command = [sys.executable, "-P", "-m", "app", "test", "--format", "json", "--", spec_path]
        try:
            done = subprocess.run(  # noqa: S603 -- our own interpreter, an argument list
                command,
                cwd=checkout,
                env={name: environ[name] for name in passed_on if name in environ},
                capture_output=True,
                timeout=timeout_s,
                check=False,
                stdin=subprocess.DEVNULL,
            )
        except subprocess.TimeoutExpired:
            return TestVerdict(False, reasons=(f"the tests took longer than {timeout_s:g} s",))
        return _read(done.stdout, done.stderr)

    return run_tests


def _read(stdout: bytes, stderr: bytes) -> TestVerdict:
    try:
        answer = orjson.loads(stdout)
        tests = answer["tests"]
        failed = [test for test in tests if test["outcome"] != "passed"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        last = stderr.decode(errors="replace").strip().splitlines()[-1:] or ["no answer"]
        return TestVerdict(False, reasons=(f"the tests could not run: {last[0][:300]}",))
    if not tests:
        return TestVerdict(False, reasons=("the spec has no tests that could prove the change",))
    reasons = tuple(_explain(test) for test in failed[:_MAX_REASONS])
    return TestVerdict(not failed, total=len(tests), reasons=reasons)


def _explain(test: Mapping[str, object]) -> str:
    assertions = test.get("assertions")
    broken = [
        str(assertion["source"])
        for assertion in (assertions if isinstance(assertions, list) else [])
        if not assertion["holds"]
    ]
    why = f": {test['error']}" if test.get("error") else ""
    return f"test {test['name']!r}: {', '.join(broken) or test['outcome']}{why}"[:300]
