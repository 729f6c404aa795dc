"""What a skill declares is read from its source, which is never run."""

from decimal import Decimal

import pytest
from pydantic import JsonValue

from workflow import SideEffects, SkillManifest
from workflow.registry.manifest import read_manifest


def read(source: str) -> SkillManifest | None:
    return read_manifest(source, "skills:f", "f")


def read_annotation(annotation: str, before: str = "") -> JsonValue:
    found = read(f"{before}\ndef f(data: {annotation}): ...")
    assert found is not None
    return dict(found.input_schema)


@pytest.mark.parametrize(
    ("source", "declared"),
    [
        ("@skill(side_effects='pure')\ndef f(x): ...", SideEffects.PURE),
        ("@skill(side_effects='idempotent')\nasync def f(x): ...", SideEffects.IDEMPOTENT),
        ("@workflow.skill(side_effects='effect')\ndef f(x): ...", SideEffects.EFFECT),
        ("@cache\n@skill(side_effects='pure')\ndef f(x): ...", SideEffects.PURE),
        ("@skill(side_effects='pure', cost_usd='1')\ndef f(x): ...", SideEffects.PURE),
        ("def f(x): ...", SideEffects.UNKNOWN),
        ("@skill\ndef f(x): ...", SideEffects.UNKNOWN),
        ("@skill()\ndef f(x): ...", SideEffects.UNKNOWN),
        ("@skill(side_effects=KIND)\ndef f(x): ...", SideEffects.UNKNOWN),
        ("@skill(side_effects='harmless')\ndef f(x): ...", SideEffects.UNKNOWN),
        ("@skill(side_effects=['pure'])\ndef f(x): ...", SideEffects.UNKNOWN),
        ("@skill(side_effects='pure', cost_usd=-1.0)\ndef f(x): ...", SideEffects.PURE),
        ("@skill(side_effects='pure', cost_usd='lots')\ndef f(x): ...", SideEffects.UNKNOWN),
        ("@skills[0](side_effects='pure')\ndef f(x): ...", SideEffects.UNKNOWN),
        ("def f(x): ...\n@skill(side_effects='pure')\ndef g(x): ...", SideEffects.UNKNOWN),
        ("@skill(side_effects='pure')\ndef f(x): ...\ndef f(x): ...", SideEffects.UNKNOWN),
    ],
)
def test_a_declaration_is_what_the_last_definition_says(source: str, declared: SideEffects) -> None:
    found = read(source)
    assert found is not None
    assert found.side_effects is declared


@pytest.mark.parametrize(
    "source",
    [
        "class A:\n  def f(x): ...",
        "f = 1",
        "f = lambda x: x",
        "from os import system as f",
        "import f",
        "class f: ...",
        "if True:\n  def f(x): ...",
        "",
    ],
)
def test_only_a_function_at_the_top_level_is_a_skill(source: str) -> None:
    assert read(source) is None


@pytest.mark.parametrize(
    ("words", "cost_usd", "latency_ms"),
    [
        ("", None, None),
        (", cost_usd='0.002', latency_ms=120", Decimal("0.002"), 120.0),
        (", cost_usd=Decimal('0.002')", Decimal("0.002"), None),
        (", cost_usd=0.002", Decimal("0.002"), None),
        (", cost_usd=PRICE, latency_ms=SLOW", None, None),
    ],
)
def test_what_a_call_costs_and_takes_may_be_declared(
    words: str, cost_usd: Decimal | None, latency_ms: float | None
) -> None:
    found = read(f"@skill(side_effects='pure'{words})\ndef f(x): ...")
    assert found is not None
    assert (found.cost_usd, found.latency_ms) == (cost_usd, latency_ms)


@pytest.mark.parametrize(
    ("annotation", "schema"),
    [
        ("str", {"type": "string"}),
        ("'str'", {"type": "string"}),
        ("None", {"type": "null"}),
        ("int | None", {"anyOf": [{"type": "integer"}, {"type": "null"}]}),
        ("int | str | bool", {"anyOf": [{"type": "integer"}, {"type": "string"}, {"type": "boolean"}]}),
        ("Optional[float]", {"anyOf": [{"type": "number"}, {"type": "null"}]}),
        ("typing.Union[int, str]", {"anyOf": [{"type": "integer"}, {"type": "string"}]}),
        ("list", {"type": "array"}),
        ("list[str]", {"type": "array", "items": {"type": "string"}}),
        ("Sequence[Any]", {"type": "array"}),
        ("dict[str, int]", {"type": "object", "additionalProperties": {"type": "integer"}}),
        ("Mapping[str, JsonValue]", {"type": "object"}),
        ("Literal['a', 'b', 1]", {"enum": ["a", "b", 1]}),
        ("Annotated[str, Field(min_length=1)]", {"type": "string"}),
        ("Any", {}),
        ("JsonValue", {}),
        ("object", {}),
        ("int | Any", {}),
        ("list[Order]", {"type": "array"}),
        ("Literal[KIND]", {}),
        ("bytes", {}),
        ("set[str]", {}),
        ("'not a type('", {}),
        ("f()", {}),
        ("x[0][1]", {}),
    ],
)  # fmt: skip
def test_an_annotation_is_told_as_a_schema_and_what_it_does_not_say_is_anything(
    annotation: str, schema: JsonValue
) -> None:
    assert read_annotation(annotation) == schema


def test_a_typed_dict_of_the_module_is_an_object_with_its_fields() -> None:
    source = (
        "class Order(TypedDict):\n  id: str\n  total: NotRequired[float]\n  of: 'Customer'\n"
        "class Customer(TypedDict, total=False):\n  name: Required[str]\n  mail: str\n"
    )
    assert read_annotation("Order", source) == {
        "type": "object",
        "properties": {
            "id": {"type": "string"},
            "total": {"type": "number"},
            "of": {
                "type": "object",
                "properties": {"name": {"type": "string"}, "mail": {"type": "string"}},
                "required": ["name"],
            },
        },
        "required": ["id", "of"],
    }


def test_a_type_that_holds_itself_ends_somewhere() -> None:
    assert read_annotation("Tree", "class Tree(TypedDict):\n  left: 'Tree'\n")


def test_a_name_that_is_bound_anew_means_nothing() -> None:
    for before in ("str = 1", "class str: ...", "from x import y as str", "def str(): ..."):
        assert read_annotation("str", before) == {}
        assert read_annotation("list[int]", before.replace("str", "list")) == {}


def test_parameters_are_told_with_which_of_them_must_be_given() -> None:
    found = read(
        "def f(data: str, context, limit: int, mode: Literal['a'] = 'a', *, db, flag: bool = True) -> list[str]:\n"
        "  '''Do it.\n\n  More of it.'''\n"
    )
    assert found is not None
    assert found.summary == "Do it."
    assert found.output_schema == {"type": "array", "items": {"type": "string"}}
    assert found.params_schema == {
        "type": "object",
        "properties": {
            "limit": {"type": "integer"},
            "mode": {"enum": ["a"]},
            "db": {},
            "flag": {"type": "boolean"},
        },
        "required": ["limit"],
        "additionalProperties": False,
    }


def test_further_names_are_welcome_where_the_function_takes_them() -> None:
    found = read("def f(data, **options): ...")
    assert found is not None
    assert found.params_schema["additionalProperties"] is True


def test_under_a_decorator_of_the_users_nothing_is_known_of_what_it_takes() -> None:
    found = read("@retry(3)\n@skill(side_effects='pure')\ndef f(data: str, limit: int) -> str: ...")
    assert found is not None
    assert found.side_effects is SideEffects.PURE
    assert (found.input_schema, found.output_schema, found.params_schema) == ({}, {}, {})


def test_only_what_is_pure_is_deterministic() -> None:
    assert [effects for effects in SideEffects if SkillManifest("a:f", "", effects).is_deterministic] == [
        SideEffects.PURE
    ]  # fmt: skip


def test_reading_runs_nothing() -> None:
    assert read("raise SystemExit\ndef f(x): ...") is not None


def test_what_python_would_warn_of_is_not_our_concern() -> None:
    found = read('PATTERN = "\\d"\n@skill(side_effects="pure")\ndef f(x): return x is 1')
    assert found is not None
    assert found.side_effects is SideEffects.PURE


def test_source_that_is_not_python_is_a_syntax_error() -> None:
    with pytest.raises(SyntaxError):
        read("def f(:")
