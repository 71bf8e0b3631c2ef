"""The page that holds the terminal: our own, so that nothing of it is loaded from elsewhere.

textual-serve's script finds the element `.textual-terminal`, says when the first byte came and when the
session ended by a class on `body`, and expects the font it names. Keys go to the terminal as soon as it is
drawn, without a click, and to the button when the session ended.
"""

from __future__ import annotations

from html import escape

__all__ = ["POLICY", "SCRIPT", "STYLE", "page"]

POLICY = (
    "default-src 'none'; script-src 'self'; font-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "style-src 'self' 'unsafe-inline'; "  # the terminal writes its own rules as it is drawn
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
"""Content-Security-Policy: the page may load and speak to this server and nothing else."""

STYLE = """\
@font-face { font-family: "Roboto Mono"; font-weight: 100 700;
  src: url("/static/fonts/RobotoMono-VariableFont_wght.ttf"); }
@font-face { font-family: "Roboto Mono"; font-weight: 100 700; font-style: italic;
  src: url("/static/fonts/RobotoMono-Italic-VariableFont_wght.ttf"); }
body { margin: 0; background: #121212; color: #e0e0e0; font: 16px "Roboto Mono", monospace; }
.textual-terminal { width: 100vw; height: 100vh; }
.said { position: absolute; inset: 0; display: none; place-content: center; text-align: center;
  gap: 1rem; z-index: 10; background: #121212; }
body:not(.-first-byte):not(.-closed) .opening, body.-closed .closed { display: grid; }
button { font: inherit; padding: .5rem 1.5rem; cursor: pointer; }
"""

SCRIPT = """\
addEventListener("DOMContentLoaded", () => {
  const again = document.getElementById("again");
  again.addEventListener("click", () => location.reload());
  const keys = () => {
    const closed = document.body.classList.contains("-closed");
    (closed ? again : document.querySelector(".xterm-helper-textarea"))?.focus({ preventScroll: true });
  };
  new MutationObserver(keys).observe(document.body, { attributeFilter: ["class"] });
  addEventListener("focus", keys);
});
"""


def page(socket: str, *, title: str = "finops") -> str:
    """The page's HTML; the terminal speaks through the web socket at `socket`."""
    return f"""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{escape(title)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/static/css/xterm.css">
<link rel="stylesheet" href="/page.css">
<script src="/page.js"></script>
<script src="/static/js/textual.js"></script>
</head>
<body>
<div class="said opening" role="status">Opening the ledger …</div>
<div class="said closed" role="alert">The session ended.<button id="again" type="button">Open it again</button></div>
<div class="textual-terminal" data-session-websocket-url="{escape(socket)}" data-font-size="15"></div>
</body>
</html>
"""
