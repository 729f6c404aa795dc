from io import StringIO

from rich.console import Console

from diff_ux import ProposalView, render_terminal
from tests.diff_ux.specs import HOSTILE, step, workflow
from tests.diff_ux.views import view, view_of


def _show(shown: ProposalView) -> str:
    output = StringIO()
    Console(file=output, width=200, color_system=None).print(render_terminal(shown))
    return output.getvalue()


def test_the_terminal_shows_the_same_facts() -> None:
    text = _show(view_of(workflow(step("a")), workflow(step("a", config={"max_retries": 2}))))
    for part in (
        "Retry lookup twice and wait longer",
        "Low risk: Likely worth more",
        "+0.4 … +5.8",
        "Retry a up to 2 times",
        "flujo undo 7f3a",
        "Simulated",
        "paired replays",
        "of 12 such changes",
        "timeouts that pass on a second try",
        "failure rate of 40 %",
    ):
        assert part in text


def test_a_terminal_without_a_fold_tells_whole_sentences_once() -> None:
    text = _show(view_of(workflow(step("a")), workflow(step("a", config={"max_retries": 2}))))
    assert text.count("Retry a") == 1
    assert "in full" not in text


def test_a_long_line_is_wrapped_not_cut() -> None:
    output = StringIO()
    console = Console(file=output, width=40, color_system=None, soft_wrap=True)
    console.print(
        render_terminal(view(why="word " * 30 + "last", reasons=("word " * 30 + "last",)))
    )
    assert output.getvalue().count("last") == 2


def test_markup_and_escape_sequences_in_data_have_no_effect() -> None:
    text = _show(
        view(title="[red]x[/red] \x1b[31mred \x07", verdict="[link=https://e.example]y[/link]")
    )
    assert "[red]x[/red] \\u{1b}[31mred \\u{7}" in text
    assert "[link=https://e.example]y[/link]" in text


def test_no_hostile_name_writes_a_control_character() -> None:
    before = workflow(*(step(name) for name in HOSTILE))
    after = workflow(*(step(name, sink_to="\x1b[2J") for name in HOSTILE))
    text = _show(view_of(before, after))
    assert "\x1b" not in text
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in text
