"""Bring results into the project: pages with their files, and what is kept of a failure."""

from __future__ import annotations

from pathlib import Path

from ektp_analysis.execute.plan import Unit

FAILED = Path(".ektp/gagal")


def place(unit: Unit, files: dict[str, bytes], project: Path) -> None:
    """Bring a page and its files into the project; what is there already is not written again."""
    target = project / unit.output
    linked = target.parent / "files" / unit.report
    wanted = {target.parent / name: content for name, content in files.items()}
    wanted[target] = wanted.pop(target.parent / "page.ipynb")
    if linked.exists():
        for path in linked.rglob("*"):
            if path.is_file() and path not in wanted:
                path.unlink()
    for path, content in sorted(wanted.items(), key=lambda item: item[0] == target):
        if _holds(path, content):
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.draft")
        draft.write_bytes(content)
        draft.replace(path)


def place_failure(unit: Unit, project: Path, sentence: str) -> None:
    """The page that says why a report is missing."""
    # slow to import, and a run in which nothing changed needs neither
    import nbformat

    from ektp_analysis.execute.finish import failure_notebook

    page = nbformat.writes(failure_notebook(unit.title, sentence)).encode() + b"\n"
    place(unit, {"page.ipynb": page}, project)


def keep_failed(unit: Unit, kept: bytes, project: Path) -> None:
    """The notebook as executed so far, with its traceback, for the analyst on this machine only."""
    folder = project / FAILED
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{unit.label.replace('/', '-')}.ipynb"
    path.unlink(missing_ok=True)
    if kept:
        path.write_bytes(kept)


def _holds(path: Path, content: bytes) -> bool:
    try:
        return path.stat().st_size == len(content) and path.read_bytes() == content
    except OSError:
        return False
