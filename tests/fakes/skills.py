"""Skills that are functions of the test; what is declared on them by `@skill` holds."""

from collections.abc import Callable, Mapping

from workflow import Skill, SkillError
from workflow.calls import declaration_of


class FakeSkills:
    """Finds a skill among the functions it was given."""

    def __init__(self, functions: Mapping[str, Callable[..., object]]) -> None:
        self._functions = functions

    def __call__(self, reference: str) -> Skill:
        function = self._functions.get(reference)
        if function is None:
            raise SkillError(f"no skill {reference!r}; define it")
        return Skill(reference, function, declaration_of(function).side_effects)
