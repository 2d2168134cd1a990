"""``ektp preview``: the site while one edits, rebuilt and reloaded on every save.

Each rebuild runs in a process of its own, so that an edited function is the one that runs. Which
notebooks really run is left to the cache: what has not changed is not executed.
"""

from __future__ import annotations

import functools
import json
import subprocess
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import monotonic
from typing import Any

import nbformat

from ektp_analysis.errors import SiteError
from ektp_analysis.execute.place import FAILED
from ektp_analysis.workshop.trace import failure_place

SITE = "_site"
STATE = "/__ektp__/state"
WATCHED = ("notebooks", "ektp_analysis", "data/store", "data/reference", "docs", "theme")
PAGES = (".qmd", ".md", ".css", ".js", ".yml")
SCRIPT = """<script>
(function () {
  var seen = null;
  function show(problems) {
    var box = document.getElementById("ektp-live");
    if (!problems.length) { if (box) box.remove(); return; }
    if (!box) {
      box = document.createElement("pre");
      box.id = "ektp-live";
      box.setAttribute("role", "alert");
      box.style.cssText = "position:fixed;left:0;right:0;bottom:0;margin:0;padding:1rem;max-height:50vh;" +
        "overflow:auto;white-space:pre-wrap;background:#4a0d12;color:#fff;z-index:9999";
      document.body.appendChild(box);
    }
    box.textContent = problems.join("\\n");
  }
  function ask() {
    fetch("STATE", {cache: "no-store"}).then(function (r) { return r.json(); }).then(function (s) {
      if (seen !== null && s.version !== seen) { location.reload(); return; }
      seen = s.version;
      show(s.problems);
    }).catch(function () {}).then(function () { setTimeout(ask, 700); });
  }
  ask();
})();
</script>""".replace("STATE", STATE)


@dataclass
class State:
    """What the pages are told: a number that grows with each rebuild, and what went wrong."""

    version: int = 0
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Work:
    """What a set of saved files asks for.

    Attributes
    ----------
    reports
        Reports to execute; empty when only pages changed.
    render
        Whether the pages are to be put together again.
    """

    reports: tuple[str, ...]
    render: bool


def work_for(changed: Iterable[Path], project: Path, reports: Iterable[str]) -> Work:
    """Which reports a set of saved files may touch.

    A notebook touches its own report. A function, a reference table or the data may touch any:
    the cache of the execution then finds out which, by content.

    Parameters
    ----------
    changed
        Saved, new or removed files.
    project
        Folder of ``_quarto.yml``.
    reports
        All report names.
    """
    known, asked, render = list(reports), set(), False
    for path in changed:
        try:
            parts = path.relative_to(project).parts
        except ValueError:
            continue
        if any(part.startswith((".", "__pycache__", "_generated")) for part in parts[:-1]):
            continue
        if parts[0] == "notebooks" and path.suffix == ".ipynb":
            # a notebook that is new to this process is asked for by name all the same
            asked.add(path.stem)
        elif path.suffix == ".py" or parts[0] == "data":
            asked.update(known)
        elif path.suffix in PAGES:
            render = True
    return Work(tuple(sorted(asked)), render or bool(asked))


def rebuild(project: Path, work: Work, districts: list[str]) -> list[str]:
    """Execute and render; returns the problems, one line each, with cell and line of a failed cell."""
    problems = []
    if work.reports:
        only = [word for name in (*work.reports, *districts) for word in ("--only", name)]
        done = _ektp(project, "execute", *only, "--json")
        try:
            outcomes = json.loads(done.stdout)
        except ValueError:
            return [_last(done.stderr) or "Buku catatan tidak dapat dijalankan."]
        problems += [
            f"{one['label']}: {_where(project, one['label']) or one['sentence']}"
            for one in outcomes
            if one["state"] == "failed"
        ]
    rendered = _ektp(project, "render")
    if rendered.returncode:
        problems.append(_last(rendered.stderr) or "Situs tidak dapat dirangkai.")
    return problems


def _ektp(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ektp_analysis", *words],
        cwd=project, capture_output=True, text=True, check=False,
    )  # fmt: skip


def _last(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def _where(project: Path, label: str) -> str:
    kept = project / FAILED / f"{label.replace('/', '-')}.ipynb"
    if not kept.exists():
        return ""
    place = failure_place(nbformat.read(kept, as_version=4))
    return str(place) if place else ""


class _Handler(SimpleHTTPRequestHandler):
    """Pages with the reload script, and the state that it asks for."""

    def __init__(self, *args: Any, state: State, **kwargs: Any) -> None:
        self.state = state
        super().__init__(*args, **kwargs)

    def do_GET(self) -> None:
        if self.path == STATE:
            self._send(json.dumps(asdict(self.state)).encode(), "application/json")
            return
        path = Path(self.translate_path(self.path))
        page = path / "index.html" if path.is_dir() else path
        if page.suffix == ".html" and page.exists() and (page == path or self.path.endswith("/")):
            text = page.read_text(encoding="utf-8")
            # the policy of the published page forbids exactly what the preview adds
            text = text.replace('http-equiv="Content-Security-Policy"', 'name="policy-left-out"')
            self._send(
                text.replace("</body>", f"{SCRIPT}</body>").encode(), "text/html; charset=utf-8"
            )
            return
        super().do_GET()

    def _send(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: requests are no news."""


def start_server(site: Path, port: int, state: State) -> ThreadingHTTPServer:
    """Serve a folder on 127.0.0.1 in a thread; SiteError when the port is taken."""
    try:
        server = ThreadingHTTPServer(
            ("127.0.0.1", port), functools.partial(_Handler, directory=str(site), state=state)
        )
    except OSError:
        raise SiteError(
            "Port sedang dipakai", str(port), "Pilih port lain: ektp preview --port 8002"
        ) from None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def _say(line: str) -> None:
    print(line, flush=True)


def preview(
    project: Path,
    *,
    kecamatan: list[str],
    port: int = 8001,
    open_browser: bool = True,
    stop: threading.Event | None = None,
    told: Callable[[str], None] = _say,
) -> None:
    """Build what is missing, serve, and rebuild on every save until interrupted.

    Parameters
    ----------
    project
        Folder of ``_quarto.yml``.
    kecamatan
        Codes or names of the kecamatan to build; by default the one that the notebooks show.
    port
        Port on 127.0.0.1.
    open_browser
        Open the first page.
    stop
        Ends the watch when set.
    told
        Called with each line for the terminal.

    Raises
    ------
    ParameterError
        When a kecamatan is unknown.
    SiteError
        When the port is taken.
    """
    from watchfiles import watch

    from ektp_analysis.parameters import REPORTS, DistrictParameters
    from ektp_analysis.regions import find_district

    default = str(DistrictParameters.model_fields["district"].default)
    districts = [str(find_district(one)["district_code"]) for one in kecamatan or [default]]
    state = State()
    server = start_server(project / SITE, port, state)
    told(f"Pratinjau di http://127.0.0.1:{server.server_port}/ (Ctrl+C untuk berhenti)")

    def build(work: Work, what: str) -> None:
        started = monotonic()
        state.problems = rebuild(project, work, districts)
        state.version += 1
        took = f"{monotonic() - started:.1f}".replace(".", ",")
        told(f"{what}: {'ada galat' if state.problems else 'selesai'} ({took} detik)")
        for problem in state.problems:
            told(f"  {problem}")

    try:
        build(Work(tuple(REPORTS), True), "Dibangun")
        if open_browser:
            webbrowser.open(f"http://127.0.0.1:{server.server_port}/")
        watched = [project / name for name in WATCHED if (project / name).exists()]
        watched += [path for path in project.glob("*.qmd")] + [project / "_quarto.yml"]
        watched += [path for path in [project / "data" / "pilihan.yaml"] if path.exists()]
        for changes in watch(*watched, stop_event=stop, debounce=400, raise_interrupt=False):
            files = sorted({Path(name) for _, name in changes})
            work = work_for(files, project, REPORTS)
            if work.render:
                build(work, ", ".join(path.name for path in files[:3]))
    finally:
        server.shutdown()
        server.server_close()
        told("Berhenti.")
