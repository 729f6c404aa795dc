import asyncio
import inspect
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.adapters.spec_files import open_spec
from app.adapters.user_skills import SkillFolder
from app.bootstrap.running import open_performer
from app.use_cases.read_spec import read_spec
from tests.builders import STARTED_AT
from tests.fakes.code_host import FakeCodeHost
from workflow import SideEffects, SkillError, SpecError, compile_program, run_program

Write = Callable[[str, str], None]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_file(name: str, text: str) -> None:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    return write_file


def refusal(folder: Path, reference: str) -> str:
    with pytest.raises(SkillError) as caught:
        SkillFolder(folder).find(reference)
    return str(caught.value)


def test_a_function_beside_the_spec_is_a_skill(tmp_path: Path, write: Write) -> None:
    write("skills/text.py", "def shout(data):\n    '''Say it loud.'''\n    return data.upper()\n")
    found = SkillFolder(tmp_path).find("skills.text:shout")
    assert found.function("hi") == "HI"
    assert found.description == "Say it loud."
    assert found.side_effects is SideEffects.UNKNOWN


def test_a_skill_has_the_side_effects_it_declares(tmp_path: Path, write: Write) -> None:
    write(
        "skills/a.py",
        "from workflow import skill\n@skill(side_effects='pure')\ndef same(data):\n    return data\n",
    )
    assert SkillFolder(tmp_path).find("skills.a:same").side_effects is SideEffects.PURE


def test_relative_imports_work_at_the_top_and_inside_functions(
    tmp_path: Path, write: Write
) -> None:
    write(
        "skills/a.py", "from .b import ONE\nfrom ..top import TWO\ndef f(data):\n    return TWO\n"
    )
    write("skills/b.py", "ONE = 1\n")
    write("top.py", "TWO = 2\n")
    write("skills/late.py", "def f(data):\n    from .b import ONE\n    return ONE\n")
    skills = SkillFolder(tmp_path)
    assert skills.find("skills.a:f").function(None) == 2
    assert skills.find("skills.late:f").function(None) == 1


def test_a_package_with_an_init_file_works(tmp_path: Path, write: Write) -> None:
    write("skills/__init__.py", "BASE = 10\n")
    write("skills/a.py", "from . import BASE\ndef f(data):\n    return BASE + data\n")
    assert SkillFolder(tmp_path).find("skills.a:f").function(1) == 11


def test_two_folders_with_the_same_names_do_not_collide(tmp_path: Path, write: Write) -> None:
    write("one/skills/a.py", "def f(data):\n    return 1\n")
    write("two/skills/a.py", "def f(data):\n    return 2\n")
    one, two = SkillFolder(tmp_path / "one"), SkillFolder(tmp_path / "two")
    assert one.find("skills.a:f").function(None) == 1
    assert two.find("skills.a:f").function(None) == 2


def test_an_edited_file_is_seen_by_a_new_folder_even_in_the_same_second(
    tmp_path: Path, write: Write
) -> None:
    for number in range(5):
        write("skills/a.py", f"def f(data):\n    return {number}\n")
        assert SkillFolder(tmp_path).find("skills.a:f").function(None) == number
    assert not list(tmp_path.rglob("*.pyc"))


def test_nothing_is_left_in_sys_path_or_under_the_users_own_names(
    tmp_path: Path, write: Write
) -> None:
    write("very_own_skills/a.py", "def f(data):\n    return 1\n")
    before = list(sys.path)
    SkillFolder(tmp_path).find("very_own_skills.a:f")
    assert sys.path == before
    assert not any(name.split(".")[0] == "very_own_skills" for name in sys.modules)


def test_a_skill_is_loaded_once(tmp_path: Path, write: Write) -> None:
    write("skills/a.py", "def f(data):\n    return 1\n")
    skills = SkillFolder(tmp_path)
    assert skills.find("skills.a:f") is skills.find("skills.a:f")


def test_the_source_of_a_skill_can_be_shown(tmp_path: Path, write: Write) -> None:
    write("skills/a.py", "def f(data):\n    return 41 + 1\n")
    assert "41 + 1" in inspect.getsource(SkillFolder(tmp_path).find("skills.a:f").function)


@pytest.mark.parametrize(
    "reference",
    [
        "",
        "skills",
        "skills.a",
        ":f",
        "skills.a:",
        "../skills.a:f",
        "skills/a:f",
        "..a:f",
        "skills..a:f",
        "/etc/passwd:f",
        "skills.a:f.__globals__",
        "skills.a:f:g",
        "skills.a:f\n",
    ],
)
def test_a_reference_that_is_no_module_and_function_is_refused(
    tmp_path: Path, reference: str
) -> None:
    assert "package.module:function" in refusal(tmp_path, reference)


@pytest.mark.parametrize(
    "package",
    [
        "app",
        "diff_ux",
        "meta_agent",
        "policy_dsl",
        "prompt_guard",
        "telemetry",
        "trust_tiers",
        "workflow",
    ],
)
def test_a_package_named_like_one_of_ours_must_be_renamed(
    tmp_path: Path, write: Write, package: str
) -> None:
    write(f"{package}/a.py", "def f(data):\n    return 1\n")
    message = refusal(tmp_path, f"{package}.a:f")
    assert repr(package) in message
    assert "rename" in message


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert "skills/orders.py" in refusal(tmp_path, "skills.orders:fetch")


def test_a_missing_relative_import_names_the_file_that_needs_it(
    tmp_path: Path, write: Write
) -> None:
    write("skills/a.py", "from .gone import x\n")
    message = refusal(tmp_path, "skills.a:f")
    assert "skills/gone.py" in message
    assert "skills.a needs it" in message


def test_a_missing_function_is_named(tmp_path: Path, write: Write) -> None:
    write("skills/a.py", "x = 1\n")
    assert "no function 'f'" in refusal(tmp_path, "skills.a:f")


@pytest.mark.parametrize(
    "name",
    ["system", "partial", "C", "Later", "__import__", "__builtins__", "_hidden", "os", "made"],
)
def test_what_the_module_does_not_define_as_a_function_is_no_skill(
    tmp_path: Path, write: Write, name: str
) -> None:
    write(
        "skills/a.py",
        "import os\nfrom os import system\nfrom functools import partial\n"
        "class C:\n  pass\nLater = C\nmade = partial(print)\ndef _hidden(data):\n  pass\n",
    )
    assert re.search(
        "isn't a function defined in|is a private name", refusal(tmp_path, f"skills.a:{name}")
    )


@pytest.mark.parametrize("reference", ["os:system", "builtins:eval", "subprocess:run", "sys:exit"])
def test_the_standard_library_is_never_a_skill(tmp_path: Path, reference: str) -> None:
    for allow in ((), ("os", "builtins", "subprocess", "sys")):
        with pytest.raises(SkillError, match="there is no"):
            SkillFolder(tmp_path, allow=allow).find(reference)


@pytest.fixture
def installed(tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A package that Python finds, and that no other test has."""
    write("site/acme_pack/__init__.py", "from .tools import shout\n")
    write(
        "site/acme_pack/tools.py",
        "from workflow import skill\nfrom os import system\n"
        "@skill(side_effects='pure')\ndef shout(data):\n    return data.upper()\n",
    )
    write("site/acme_pack/broken.py", "1 / 0\n")
    write("site/acme_other.py", "def f(data): return data\n")
    monkeypatch.syspath_prepend(tmp_path / "site")
    yield "acme_pack"
    for name in [name for name in sys.modules if name.startswith("acme_")]:
        del sys.modules[name]


def test_a_function_of_an_allowed_package_is_a_skill(tmp_path: Path, installed: str) -> None:
    skills = SkillFolder(tmp_path / "spec", allow=[f"{installed}.*"])
    found = skills.find(f"{installed}.tools:shout")
    assert found.function("hi") == "HI"
    assert found.side_effects is SideEffects.PURE


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        ("acme_other:f", "there is no acme_other.py"),
        ("acme_pack:shout", "there is no acme_pack.py"),
        ("acme_pack.tools:system", "name the module that defines it"),
        ("acme_pack.tools:skill", "name the module that defines it"),
        ("acme_pack.broken:f", "ZeroDivisionError"),
        ("acme_pack.nowhere:f", "importing it failed"),
    ],
)
def test_no_other_function_of_an_installed_package_is_one(
    tmp_path: Path, installed: str, reference: str, reason: str
) -> None:
    with pytest.raises(SkillError, match=re.escape(reason)):
        SkillFolder(tmp_path / "spec", allow=[f"{installed}.*"]).find(reference)


def test_a_spec_and_its_run_follow_the_settings_of_the_work_tree(
    tmp_path: Path, write: Write, installed: str
) -> None:
    write("spec/a.flow.yaml", f"steps: [{{name: a, uses: '{installed}.tools:shout'}}]\n")
    (tmp_path / "spec/.git").mkdir()
    spec = tmp_path / "spec/a.flow.yaml"
    with pytest.raises(SpecError, match=r"add 'acme_pack\.\*' to `skills\.allow`"):
        open_spec(spec)
    write("spec/.github/flujo.yml", f"skills: {{allow: ['{installed}.*']}}\n")
    program = compile_program(open_spec(spec))
    result = asyncio.run(
        run_program(
            program, "hi", perform=open_performer(spec), run_id="r", started_at=STARTED_AT, seed=0
        )
    )
    assert result.output == "HI"


def test_a_committed_spec_follows_the_settings_of_the_default_branch() -> None:
    text = b"steps: [{name: a, uses: 'acme_pack.tools:shout'}]\n"
    settings = b"skills: {allow: ['acme_pack.*']}\n"
    without = FakeCodeHost({"a.flow.yaml": text})
    with pytest.raises(SpecError, match=r"skills\.allow"):
        read_spec(without, without.default_branch().commit, "a.flow.yaml")
    host = FakeCodeHost({"a.flow.yaml": text, ".github/flujo.yml": settings})
    assert read_spec(host, host.default_branch().commit, "a.flow.yaml").nodes


def test_what_cannot_be_called_is_refused(tmp_path: Path, write: Write) -> None:
    write("skills/a.py", "f = 1\n")
    assert "isn't a function" in refusal(tmp_path, "skills.a:f")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = 1\nraise RuntimeError('no licence')\n", "skills/a.py:2: "),
        ("x = 1\nimport not_installed_anywhere\n", "skills/a.py:2: "),
        ("x = 1\n\ndef f(data:\n", "skills/a.py:3: "),
        ("import sys\nsys.exit(3)\n", "skills/a.py:2: "),
    ],
)
def test_a_module_that_fails_to_import_is_told_with_its_line(
    tmp_path: Path, write: Write, source: str, expected: str
) -> None:
    write("skills/a.py", source)
    assert expected in refusal(tmp_path, "skills.a:f")


@pytest.mark.parametrize(
    ("statement", "hint"),
    [
        ("import prices", "from .prices import"),
        ("from prices import x", "from .prices import"),
        ("from shared.money import x", "from ..shared import"),
        ("import skills.prices", "from ..skills import"),
        ("import pytest", "from .pytest import"),
        ("import telemetry", "from .telemetry import"),
    ],
)
def test_an_absolute_import_of_what_lies_beside_the_spec_is_refused(
    tmp_path: Path, write: Write, statement: str, hint: str
) -> None:
    for name in ("skills/prices.py", "skills/pytest.py", "skills/telemetry.py", "shared/money.py"):
        write(name, "x = 1\n")
    write("skills/a.py", f"{statement}\ndef f(data):\n    return 1\n")
    message = refusal(tmp_path, "skills.a:f")
    assert "skills/a.py:1" in message
    assert "relative import" in message
    assert hint in message


def test_such_an_import_is_refused_in_imported_modules_too(tmp_path: Path, write: Write) -> None:
    write("skills/a.py", "from .b import x\n")
    write("skills/b.py", "import c\nx = 1\n")
    write("skills/c.py", "")
    assert "skills/b.py:1" in refusal(tmp_path, "skills.a:f")


def test_the_standard_librarys_names_mean_the_standard_library(
    tmp_path: Path, write: Write
) -> None:
    write("skills/json.py", "")
    write("skills/a.py", "import json\ndef f(data):\n    return json.dumps(data)\n")
    assert SkillFolder(tmp_path).find("skills.a:f").function([1]) == "[1]"


def test_a_folder_without_python_files_shadows_nothing(tmp_path: Path, write: Write) -> None:
    write("pytest/notes.txt", "")
    write("skills/a.py", "import pytest\ndef f(data):\n    return 1\n")
    assert SkillFolder(tmp_path).find("skills.a:f")


def test_a_file_over_a_mebibyte_is_refused(tmp_path: Path, write: Write) -> None:
    write("skills/a.py", "#" * (1024 * 1024 + 1))
    assert "larger than" in refusal(tmp_path, "skills.a:f")


def test_a_link_that_leads_out_of_the_folder_is_refused(tmp_path: Path, write: Write) -> None:
    write("outside.py", "def f(data):\n    return 1\n")
    write("spec/skills/b.py", "")
    (tmp_path / "spec/skills/a.py").symlink_to(tmp_path / "outside.py")
    assert "out of the spec's folder" in refusal(tmp_path / "spec", "skills.a:f")
