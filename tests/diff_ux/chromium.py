"""Our Markdown as a browser shows it: GitHub's renderer, the npm package `mermaid`, headless Chromium; no network."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.diff_ux.page_oracle import render

_MERMAID = Path(__file__).parent / "render" / "node_modules" / "mermaid" / "dist" / "mermaid.min.js"
_BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
_DIAGRAM = re.compile(r'(?s)<pre lang="mermaid"><code>(.*?)</code></pre>')

WIDTH = 830

needs_browser = pytest.mark.skipif(
    not _BROWSER or not _MERMAID.is_file(),
    reason="needs Chromium and `npm ci --ignore-scripts` in tests/diff_ux/render",
)

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><style>
body {{ font: 15px/1.5 "DejaVu Sans", "Noto Color Emoji", sans-serif; color: #1f2328; background: #fff;
  width: 770px; margin: 24px; }}
table {{ border-collapse: collapse; }}
th, td {{ border: 1px solid #d1d9e0; padding: 5px 12px; text-align: left; }}
code {{ background: #eff1f3; border-radius: 5px; padding: 1px 5px; font-size: 88%; }}
pre {{ background: #f6f8fa; padding: 12px; overflow: hidden; }}
pre.mermaid {{ background: none; text-align: center; }}
</style></head><body>
{bodies}
<script src="{mermaid}"></script>
<script>
mermaid.initialize({{
  startOnLoad: false, securityLevel: "strict", deterministicIds: true, deterministicIDSeed: "page", handDrawnSeed: 1,
}});
mermaid.run().finally(() => {{
  for (const article of document.querySelectorAll("article")) {{
    article.dataset.bottom = Math.ceil(article.getBoundingClientRect().bottom);
  }}
}});
</script>
</body></html>
"""


def write_page(path: Path, *bodies: str) -> None:
    """Write a page that shows these Markdown texts one below the other."""
    articles = (f"<article>{_to_html(body)}</article>" for body in bodies)
    path.write_text(
        _PAGE.format(bodies="\n".join(articles), mermaid=_MERMAID.as_uri()), encoding="utf-8"
    )


def read_dom(page: Path) -> str:
    """Return the page as it is once Mermaid has drawn, as HTML."""
    return _browse(page, "--dump-dom").stdout


def take_picture(page: Path, picture: Path, height: int) -> None:
    """Save what the page looks like down to that height as a PNG."""
    _browse(page, f"--window-size={WIDTH},{height}", f"--screenshot={picture}")


def _to_html(body: str) -> str:
    return _DIAGRAM.sub(r'<pre class="mermaid">\1</pre>', render(body))


def _browse(page: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    assert _BROWSER
    profile = page.parent / "profile"
    flags = (
        *("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
        *("--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND"),
        *("--allow-file-access-from-files", "--virtual-time-budget=20000"),
        f"--user-data-dir={profile}",
    )
    return subprocess.run(
        [_BROWSER, *flags, *arguments, page.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
