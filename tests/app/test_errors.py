"""Errors: every one is known to the command line, and every message says what to do."""

from app import errors
from app.errors import KNOWN_ERRORS, AppError, SettingsError


def _all_errors(root: type[AppError] = AppError) -> list[type[AppError]]:
    return [root, *(found for child in root.__subclasses__() for found in _all_errors(child))]


def test_the_tree_in_the_docstring_is_complete() -> None:
    ours = [error for error in _all_errors() if error.__module__ == "app.errors"]
    assert [error.__name__ for error in ours if error.__name__ not in str(errors.__doc__)] == []
    assert all(issubclass(error, KNOWN_ERRORS) for error in ours)


def test_an_unknown_place_is_left_out() -> None:
    assert str(SettingsError("bad", path="f.yml", line=2, column=3)) == "f.yml:2:3: bad"
    assert str(SettingsError("bad", path="f.yml")) == "f.yml: bad"
    assert str(SettingsError("bad", path="")) == "bad"
