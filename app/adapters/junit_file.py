"""Test results as JUnit XML, which every CI system reads; names and values may hold anything."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.errors import BadInputError

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class JunitCase:
    """One test; `kind` is the element that tells what became of it, "" for a test that passed."""

    name: str
    time_s: float
    line: int
    kind: str = ""
    message: str = ""
    details: str = ""


def write_junit(path: Path, suite: str, cases: Sequence[JunitCase]) -> None:
    """Write one suite, named like its spec, whole or not at all; raises `BadInputError`."""
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(encode_junit(suite, cases))
        part.replace(path)
    except OSError as error:
        raise BadInputError(f"{path}: {error.strerror or error}") from None


def encode_junit(suite: str, cases: Sequence[JunitCase]) -> bytes:
    """Return the document; characters that XML can't hold become U+FFFD."""
    counts = {
        "tests": str(len(cases)),
        "failures": str(sum(case.kind == "failure" for case in cases)),
        "errors": str(sum(case.kind == "error" for case in cases)),
        "skipped": str(sum(case.kind == "skipped" for case in cases)),
        "time": _seconds(sum(case.time_s for case in cases)),
    }
    root = ET.Element("testsuites", {"name": "flujo", **counts})
    inner = ET.SubElement(root, "testsuite", {"name": _clean(suite), **counts})
    for case in cases:
        _add_case(inner, suite, case)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _add_case(suite: ET.Element, spec: str, case: JunitCase) -> None:
    attributes = {
        "classname": _clean(spec),
        "name": _clean(case.name),
        "file": _clean(spec),
        "line": str(case.line),
        "time": _seconds(case.time_s),
    }
    element = ET.SubElement(suite, "testcase", attributes)
    if case.kind:
        why = ET.SubElement(element, case.kind, {"message": _clean(case.message)})
        why.text = _clean(case.details)


def _clean(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)


def _seconds(time_s: float) -> str:
    return f"{time_s:.3f}"
