import re

import pytest
from hypothesis import given, settings

from diff_ux import ProposalView, render_html, render_pr_body
from tests.diff_ux.golden_cases import list_cases, read_case
from tests.diff_ux.naughty import LONG, NAUGHTY
from tests.diff_ux.page_oracle import read_html, render
from tests.diff_ux.specs import hostile_workflows, step, workflow
from tests.diff_ux.views import hostile_view, view, view_of
from workflow import Workflow

_BLOCKS = {"article", "h3", "h4", "p", "details", "summary", "ul", "li", "pre"}
_TABLE = {"table", "thead", "tbody", "tr", "th", "td"}
_INLINE = {"strong", "code"}
_ATTRIBUTES = {("class", "proposal"), ("class", "mermaid")}
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u2800\u3164\uffa0\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\x00-\x08\x0b-\x1f\x7f]"
)


def _assert_safe(shown: ProposalView) -> None:
    html = render_html(shown)
    page = read_html(html)
    assert page.elements <= _BLOCKS | _TABLE | _INLINE
    assert page.attributes <= _ATTRIBUTES
    assert not _INVISIBLE.search(html)


@pytest.mark.parametrize("text", [*NAUGHTY, *LONG], ids=range(len(NAUGHTY) + len(LONG)))
def test_no_text_becomes_an_element_or_an_attribute(text: str) -> None:
    _assert_safe(hostile_view(text))


@settings(deadline=None, max_examples=40)
@given(hostile_workflows, hostile_workflows)
def test_no_name_in_a_spec_becomes_an_element(before: Workflow, after: Workflow) -> None:
    _assert_safe(view_of(before, after))


@pytest.mark.parametrize("name", list_cases())
def test_html_holds_the_words_of_the_pull_request(name: str) -> None:
    shown = read_case(name).view
    assert _words(render_html(shown)) >= _words(render(render_pr_body(shown)))


def test_the_diagram_stands_in_an_element_that_mermaid_finds() -> None:
    html = render_html(view_of(workflow(step("a")), workflow(step("a", config={"max_retries": 1}))))
    (diagram,) = re.findall(r'(?s)<pre class="mermaid">(.*?)</pre>', html)
    assert "n0[&quot;~ a&quot;]" in diagram


def test_the_title_stands_on_top() -> None:
    assert "<h3>Retry &lt;b&gt;</h3>" in render_html(view(title="Retry <b>"))


def _words(html: str) -> set[str]:
    return set(" ".join(read_html(html).text).split())
