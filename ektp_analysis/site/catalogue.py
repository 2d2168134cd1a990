"""The editions as a table, and their verification by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from ektp_analysis.errors import SiteError
from ektp_analysis.format import number
from ektp_analysis.site.editions import current, editions
from ektp_analysis.site.manifest import read_manifest, verify_edition


@dataclass(frozen=True)
class Row:
    """One edition.

    Attributes
    ----------
    name, as_of, published
        Name, date of the data (ISO), time of publication (ISO, UTC).
    pages, size, failed
        HTML pages, bytes, pages whose report could not be made.
    state
        ``utuh`` (whole) or ``rusak`` (damaged).
    shown
        Whether it is up.
    """

    name: str
    as_of: str
    published: str
    pages: int
    size: int
    failed: int
    state: str
    shown: bool

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def catalogue(folder: Path, *, contents: bool = False) -> list[Row]:
    """All editions, newest data first.

    Parameters
    ----------
    folder
        Folder of the editions.
    contents
        Whether to compare checksums; otherwise names and sizes only.
    """
    up = current(folder)
    rows = []
    for name in reversed(editions(folder)):
        manifest = read_manifest(folder / name)
        whole = not verify_edition(folder / name, contents=contents)
        rows.append(
            Row(
                name=name,
                as_of=manifest.as_of if manifest else "",
                published=manifest.published.isoformat() if manifest else "",
                pages=manifest.pages if manifest else 0,
                size=manifest.size if manifest else 0,
                failed=len(manifest.failed) if manifest else 0,
                state="utuh" if whole else "rusak",
                shown=name == up,
            )
        )
    return rows


def show(rows: list[Row]) -> None:
    """Print the table; one line says what to do when there is nothing."""
    if not rows:
        print("Belum ada edisi yang terbit. Jalankan: ektp build")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title, justify in (
        ("Edisi", "left"), ("Data", "left"), ("Terbit (UTC)", "left"), ("Halaman", "right"),
        ("Ukuran", "right"), ("Gagal", "right"), ("Keadaan", "left"), ("", "left"),
    ):  # fmt: skip
        table.add_column(title, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    for row in rows:
        table.add_row(
            row.name, row.as_of, row.published[:16].replace("T", " "), number(row.pages),
            f"{number(row.size / 1e6, 1)} MB", number(row.failed), row.state,
            "← tampil" if row.shown else "",
        )  # fmt: skip
    Console(width=None if Console().is_terminal else 120, highlight=False).print(table)


def verify(
    folder: Path, names: list[str], *, every: bool = False, gate: bool = False
) -> Iterator[tuple[str, list[str]]]:
    """Problems of editions, by name; the one that is up when none is named.

    Parameters
    ----------
    folder
        Folder of the editions.
    names
        Names of editions.
    every
        All of them.
    gate
        Whether to run the check before publication again.

    Raises
    ------
    SiteError
        When an edition is not there, or nothing is published.
    """
    from ektp_analysis.site.build import gate as site_gate

    known, up = editions(folder), current(folder)
    if not known or not (every or names or up):
        raise SiteError("Belum ada edisi yang terbit", folder.name, "Jalankan: ektp build")
    for name in known if every else names or [up or ""]:
        if name not in known:
            raise SiteError("Edisi itu tidak ada", name, f"Edisi yang ada: {', '.join(known)}")
        problems = verify_edition(folder / name)
        if gate:
            problems += site_gate()(folder / name)
        yield name, problems
