"""Builds the documentation site: `python scripts/site.py [FOLDER]`, by default into site/.

The pages are Markdown under docs/, the order is in zensical.toml. What is built needs no network and no server:
the one script the generator would have a browser fetch, so that search works from a folder, is ours instead.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

__all__ = ["build"]

ROOT = Path(__file__).resolve().parent.parent

WORKER = """\
<script>
if (location.protocol === "file:") {
  // browsers run no workers from files: a hidden frame takes the worker's place
  window.Worker = class {
    constructor(address) {
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      document.body.append(this.frame);
      this.inner = this.frame.contentWindow;
      this.inner.postMessage = (data) => setTimeout(() => this.onmessage && this.onmessage({ data }));
      this.ready = new Promise((done, failed) => {
        const script = this.inner.document.createElement("script");
        script.src = address;
        script.onload = done;
        script.onerror = failed;
        this.inner.document.body.append(script);
      });
      this.ready.catch((error) => this.onerror && this.onerror(error));
    }
    postMessage(data) {
      this.ready.then(() => this.inner.onmessage && this.inner.onmessage({ data }));
    }
    terminate() {
      this.frame.remove();
    }
  };
}
</script>"""

_FETCHED = re.compile(r'<script src="https://unpkg\.com/iframe-worker/shim"[^>]*></script>')


def build(target: Path) -> Path:
    """Build the site in `target`, replacing what is there; what the generator warns of is an error."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        shutil.copytree(ROOT / "docs", work / "docs")
        settings = (ROOT / "zensical.toml").read_text(encoding="utf-8")
        (work / "zensical.toml").write_text(settings, encoding="utf-8")
        command = [str(Path(sys.executable).with_name("zensical")), "build", "--clean", "--strict"]
        done = subprocess.run(command, cwd=work, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.stderr.write(done.stdout + done.stderr)
            raise SystemExit(done.returncode)
        for page in (work / "site").rglob("*.html"):
            text = page.read_text(encoding="utf-8")
            page.write_text(_FETCHED.sub(lambda _: WORKER, text), encoding="utf-8")
        shutil.rmtree(target, ignore_errors=True)
        shutil.move(work / "site", target)
    return target


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "site")
