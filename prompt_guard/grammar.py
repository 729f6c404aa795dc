"""The strict grammar a patch must be written in before anyone looks at what it does.

RFC 6902 allows more: `copy` doubles a document with every operation, the root replaces it, unknown members are ignored.
Nothing legitimate needs any of that, so nothing of it gets past here.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence

from prompt_guard.characters import find_unsafe
from prompt_guard.rejection import Rejection, RejectionReason
from prompt_guard.values import FORBIDDEN_KEYS, measure_value
from workflow import JsonPatch, PatchError, parse_patch

MAX_OPERATIONS = 50
MAX_GROWTH_BYTES = 64 * 1024
_MAX_PATH_CHARS = 1_000
_MEMBERS: Mapping[str, frozenset[str]] = {
    "add": frozenset({"op", "path", "value"}),
    "replace": frozenset({"op", "path", "value"}),
    "test": frozenset({"op", "path", "value"}),
    "remove": frozenset({"op", "path"}),
    "move": frozenset({"op", "path", "from"}),
}
_INDEX = re.compile(r"0|[1-9][0-9]*")
_BAD_ESCAPE = re.compile(r"~(?![01])")


def check_operations(data: object) -> JsonPatch | Rejection:
    """Accept a parsed list of 1–50 operations in the strict grammar; text is refused, even if it is JSON."""
    if not isinstance(data, list):
        return Rejection(RejectionReason.NOT_A_LIST, detail="a patch is a list of operations")
    if not data:
        return Rejection(RejectionReason.EMPTY, detail="the patch is empty")
    if len(data) > MAX_OPERATIONS:
        detail = f"{len(data)} operations, at most {MAX_OPERATIONS} are accepted"
        return Rejection(RejectionReason.TOO_MANY_OPERATIONS, detail=detail)
    return _check_each(data) or _parse(data)


def _check_each(data: Sequence[object]) -> Rejection | None:
    size = 0
    for index, operation in enumerate(data):
        flaw = _find_flaw(operation)
        if flaw:
            return Rejection(flaw[0], index, flaw[1])
        measured = measure_value(operation, budget=MAX_GROWTH_BYTES - size)
        if not isinstance(measured, int):
            return Rejection(measured[0], index, measured[1])
        size += measured
    return None


def _parse(data: list[object]) -> JsonPatch | Rejection:
    try:
        return parse_patch(data)  # type: ignore[arg-type]  # every value was checked to be JSON
    except PatchError as error:
        return Rejection(RejectionReason.MALFORMED, error.index, error.reason)


_Flaw = tuple[RejectionReason, str]


def _find_flaw(operation: object) -> _Flaw | None:
    if not isinstance(operation, dict):
        return RejectionReason.MALFORMED, "an operation is an object"
    kind = operation.get("op")
    if not isinstance(kind, str) or kind not in _MEMBERS:
        return RejectionReason.FORBIDDEN_OPERATION, f"only {', '.join(_MEMBERS)} are accepted"
    if set(operation) != _MEMBERS[kind]:
        wanted = ", ".join(sorted(_MEMBERS[kind]))
        return RejectionReason.MALFORMED, f"{kind} has exactly the members {wanted}"
    problem = _find_path_problem(operation["path"], may_append=kind in ("add", "move"))
    if not problem and kind == "move":
        problem = _find_path_problem(operation["from"], may_append=False)
    return (RejectionReason.FORBIDDEN_PATH, problem) if problem else None


def _find_path_problem(path: object, *, may_append: bool) -> str:
    if not isinstance(path, str) or not path.startswith("/"):
        return "a path is a JSON Pointer to something inside the document"
    if len(path) > _MAX_PATH_CHARS:
        return f"a path has at most {_MAX_PATH_CHARS} characters"
    if unicodedata.normalize("NFKC", path) != path:
        return "a path must be in Unicode normal form"
    if not path.isprintable() or find_unsafe(path) or _BAD_ESCAPE.search(path):
        return "a path has no control characters and no escapes but ~0 and ~1"
    *parents, last = path[1:].split("/")
    problems = [_find_token_problem(token) for token in (*parents, last)]
    if "-" in parents or (last == "-" and not may_append):
        problems.append("`-` stands only at the end of the path of an `add`")
    return next((problem for problem in problems if problem), "")


def _find_token_problem(token: str) -> str:
    if not token:
        return "a path has no empty part"
    if token in FORBIDDEN_KEYS:
        return f"{token!r} isn't accepted as a key"
    digits = token.lstrip("+-")
    if digits and all(char.isnumeric() for char in digits) and not _INDEX.fullmatch(token):
        return "an index is written in plain digits without sign or leading zeros"
    return ""
