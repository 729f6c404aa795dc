"""Errors: every one has an exit code, and every message says what to do."""

import pytest

from app import errors
from app.errors import EXIT_CODES, AppError, SettingsError, exit_code
from workflow import PatchConflictError


def _all_errors(root: type[AppError] = AppError) -> list[type[AppError]]:
    return [root, *(found for child in root.__subclasses__() for found in _all_errors(child))]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.PathError("x", "is a folder"), 2),
        (errors.GitIdentityError(), 3),
        (errors.HeldError("p1", "edited"), 3),
        (errors.StoreBusyError("busy"), 3),
        (errors.StoreError("full"), 4),
        (errors.GitError("merge", "x"), 4),
        (PatchConflictError("x"), 2),
        (ZeroDivisionError(), 70),
    ],
)
def test_an_error_exits_as_its_closest_listed_ancestor(error: Exception, code: int) -> None:
    assert exit_code(error) == code


def test_the_tree_in_the_docstring_is_complete() -> None:
    ours = [error for error in _all_errors() if error.__module__ == "app.errors"]
    assert [error.__name__ for error in ours if error.__name__ not in str(errors.__doc__)] == []
    assert all(issubclass(error, tuple(EXIT_CODES)) for error in ours)


def test_an_unknown_place_is_left_out() -> None:
    assert str(SettingsError("bad", path="f.yml", line=2, column=3)) == "f.yml:2:3: bad"
    assert str(SettingsError("bad", path="f.yml")) == "f.yml: bad"
    assert str(SettingsError("bad", path="")) == "bad"
