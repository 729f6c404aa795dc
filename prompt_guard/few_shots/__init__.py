"""Examples of good patches; each file is checked by the test suite to pass the guard and to reach its tier."""

from prompt_guard.few_shots.library import FewShot, load_few_shots

__all__ = ["FewShot", "load_few_shots"]
