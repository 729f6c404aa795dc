"""What a spec may name: built-in skills, functions beside the spec, and functions of allowed packages."""

import pytest
from pydantic import JsonValue

from tests.builders import make_reader
from workflow import Refusal, SideEffects, SkillManifest, SpecError, StepRegistry, parse_workflow
from workflow.registry.skill_paths import RESERVED_PACKAGES, check_skill_pattern, is_allowed_skill

READ = make_reader(
    {
        "skills.py": (
            "from os import system\nimport os\n"
            "@skill(side_effects='pure', cost_usd='0.1')\ndef f(x: str, limit: int = 3) -> str: ...\n"
            "def _hidden(x): ...\n"
            "def system_too(x, *, command): ...\n"
            "g = system\nclass C: ...\n"
        ),
        "pkg/mod.py": "def f(x): ...",
        "pack/__init__.py": "def f(x): ...",
        "deep.py": "x = " + "(" * 5000,
        "zero.py": "\0",
        "json.py": "def f(x): ...",
    }
)
BESIDE = StepRegistry(READ)


def reason(reference: str, registry: StepRegistry = BESIDE) -> str:
    found = registry.look_up(reference)
    assert isinstance(found, Refusal)
    assert registry.refuse(reference) == found.reason
    assert registry.side_effects_of(reference) is SideEffects.UNKNOWN
    assert registry.check_params(reference, {"anything": 1}) == ()
    return found.reason


@pytest.mark.parametrize(
    ("reference", "declared"),
    [
        ("skills:f", SideEffects.PURE),
        ("pkg.mod:f", SideEffects.UNKNOWN),
        ("pack:f", SideEffects.UNKNOWN),
        ("json:f", SideEffects.UNKNOWN),
    ],
)
def test_a_skill_beside_the_spec_is_found(reference: str, declared: SideEffects) -> None:
    found = BESIDE.look_up(reference)
    assert isinstance(found, SkillManifest)
    assert found.side_effects is BESIDE.side_effects_of(reference) is declared
    assert BESIDE.refuse(reference) == ""


@pytest.mark.parametrize(
    ("reference", "told"),
    [
        ("skills:g", "defines no function 'g' at its top level"),
        ("skills:C", "defines no function 'C'"),
        ("skills:system", "defines no function 'system'"),
        ("skills:os", "defines no function 'os'"),
        ("skills:_hidden", "'_hidden' is a private name"),
        ("skills:__import__", "'__import__' is a private name"),
        ("skills:__builtins__", "private name"),
        ("__main__:f", "'__main__' is a private name"),
        ("pkg._mod:f", "'_mod' is a private name"),
        ("nothing:f", "there is no nothing.py beside the spec; if 'nothing' is an installed package"),
        ("acme.tools:f", "add 'acme.*' to `skills.allow` in .github/flujo.yml"),
        ("os:system", "the standard library isn't a skill"),
        ("builtins:eval", "the standard library isn't a skill"),
        ("subprocess:run", "the standard library isn't a skill"),
        ("importlib.util:find_spec", "the standard library isn't a skill"),
        ("deep:f", "isn't valid Python"),
        ("zero:f", "isn't valid Python"),
        ("skills.f", "package.module:function"),
        ("../skills:f", "package.module:function"),
        ("skills:f.g", "package.module:function"),
        ("skills:f.__globals__", "package.module:function"),
        ("skills:f()", "package.module:function"),
        ("skills:f\n", "package.module:function"),
        ("ѕkills:f", "package.module:function"),
        ("a:b:c", "package.module:function"),
        ("", "package.module:function"),
        ("flujo.text.normalize", "did you mean 'flujo.text.normalise'?"),
        ("flujo.zzz", "no built-in skill is called that"),
        *[(f"{package}.x:f", "Flujo's own") for package in sorted(RESERVED_PACKAGES)],
    ],
)  # fmt: skip
def test_one_that_can_not_be_used_is_refused_with_what_to_do(reference: str, told: str) -> None:
    assert told in reason(reference)


def test_without_files_nothing_is_known_of_a_skill() -> None:
    assert StepRegistry().look_up("skills:f") == SkillManifest("skills:f")
    assert StepRegistry().side_effects_of("nothing at all") is SideEffects.UNKNOWN
    assert "private" in reason("skills:_f", StepRegistry())


def test_what_is_declared_of_built_in_skills_needs_no_files() -> None:
    assert StepRegistry().side_effects_of("flujo.text.truncate") is SideEffects.PURE
    assert StepRegistry().side_effects_of("flujo.http.get") is SideEffects.IDEMPOTENT
    found = StepRegistry().look_up("flujo.math.stats")
    assert isinstance(found, SkillManifest)
    assert found.input_schema == {"type": "array"}


def test_a_function_of_an_allowed_package_exists_without_being_read() -> None:
    registry = StepRegistry(READ, ("acme.*", "tools.text"))
    for reference in ("acme.skills:f", "acme.a.b:f", "tools.text:f"):
        assert registry.look_up(reference) == SkillManifest(reference)
    for reference in ("acme:f", "acmex.skills:f", "tools:f", "tools.text.more:f"):
        assert "skills.allow" in reason(reference, registry)


def test_the_users_own_file_goes_before_an_allowed_package() -> None:
    assert StepRegistry(READ, ("pkg.*",)).refuse("pkg.mod:g")


@pytest.mark.parametrize(
    "pattern", ["", "*", ".*", "a*", "a.*.b", "a.**", "a:b", "a.", "os", "os.*", "sys", "builtins.*", "_a", "a._b",
                "workflow.*", "app", "a.*\n", "а.*"],
)  # fmt: skip
def test_no_pattern_allows_everything_or_the_standard_library(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"write package\.module|can't be allowed"):
        check_skill_pattern(pattern)


@pytest.mark.parametrize("pattern", ["acme", "acme.*", "acme.skills", "acme.skills.*", "a1"])
def test_a_pattern_is_a_module_or_all_below_a_package(pattern: str) -> None:
    assert check_skill_pattern(pattern) == pattern


def test_even_an_unchecked_pattern_never_allows_the_standard_library() -> None:
    assert not is_allowed_skill("os", ("os",))
    assert not is_allowed_skill("os.path", ("os.*",))


@pytest.mark.parametrize(
    ("reference", "params", "names"),
    [
        ("skills:f", {}, []),
        ("skills:f", {"limit": 4}, []),
        ("skills:f", {"limit": "4"}, ["limit"]),
        ("skills:f", {"limits": 4}, ["limits"]),
        ("skills:system_too", {}, []),
        ("flujo.text.truncate", {"max_chars": "4"}, ["max_chars"]),
        ("flujo.text.truncate", {"max": 4}, ["max"]),
        ("flujo.list.filter", {}, [""]),
        ("flujo.http.get", {"headers": {"Host": "x"}, "url": "https://a.example"}, ["headers"]),
    ],
)
def test_parameters_that_do_not_fit_are_named(
    reference: str, params: dict[str, JsonValue], names: list[str]
) -> None:
    assert [problem.name for problem in BESIDE.check_params(reference, params)] == names


def test_a_missing_parameter_is_told() -> None:
    registry = StepRegistry(make_reader({"a.py": "def f(data, limit): ..."}))
    (problem,) = registry.check_params("a:f", {})
    assert problem.message == "parameter 'limit' is missing"


def test_a_spec_is_read_under_the_allow_list_and_keeps_it() -> None:
    text = "steps: [{name: a, uses: acme.skills:f}]\n"
    with pytest.raises(SpecError, match=r"skills\.allow"):
        parse_workflow(text, read=READ)
    workflow = parse_workflow(text, read=READ, allow=["acme.*"])
    assert workflow.registry.allow == ("acme.*",)
    assert workflow.nodes[0].side_effects is SideEffects.UNKNOWN
