"""The list of past editions on the page ``arsip``, and the feed, in a rendered site.

They are part of the edition, like every page, so they know the editions before it. Whoever opens
the archive at the address of an old edition is led on to the one that is up (``edisi.js``).
"""

from __future__ import annotations

import html
import re
from pathlib import Path

from ektp_analysis.errors import SiteError
from ektp_analysis.format import day, number, percent, signed
from ektp_analysis.privacy import CONCEALED
from ektp_analysis.site.editions import ARCHIVE, edition_name, editions, next_name, order
from ektp_analysis.site.feed import FEED_FILE, Edition, atom_feed, before, edition_change
from ektp_analysis.site.manifest import fingerprint, read_manifest, site_files
from ektp_analysis.site.summary import EditionSummary, read_summary
from ektp_analysis.tables.download import About, write_csv, write_xlsx
from ektp_analysis.tables.files import WHOLE, brief_path

ARCHIVE_PAGE = "arsip.html"
LIST = re.compile(r'<div id="ektp-arsip"[^>]*>.*?</div>', re.S)
HEADS = ("Data per", "Belum rekam", "Sejak edisi lalu", "Cakupan", "Wajib KTP", "Cetak")
"""Columns of the list of editions after the name of each."""
ARCHIVE_FILES = ("files/arsip/edisi.csv", "files/arsip/edisi.xlsx")
NUMBERS = ("Belum rekam", "Sejak edisi lalu", "Cakupan", "Wajib KTP")


def past_editions(folder: Path, week: str, keep: int) -> list[str]:
    """Editions of earlier weeks that are still there after the next publication, oldest first.

    Of several editions of a week, the last: it corrected the others, which keep their addresses.

    Parameters
    ----------
    folder
        Folder of the editions.
    week
        Of the edition that is being made, from :func:`ektp_analysis.site.editions.edition_name`.
    keep
        Number of editions that stay, with the one that is being made.
    """
    staying = editions(folder)[-(keep - 1) :] if keep > 1 else []
    last = {order(name)[0]: name for name in staying if order(name)[0] < week}
    return [last[w] for w in sorted(last)]


def stamp(site: Path, folder: Path, summary: EditionSummary, *, keep: int, base_url: str) -> str:
    """Write the list of editions and the feed into a rendered site.

    The same site again must have the same bytes, so it is first stamped with the name of the last
    edition of its week; only when that is another site, with the next free name.

    Parameters
    ----------
    site
        Rendered, otherwise complete.
    folder
        Folder of the editions.
    summary
        Of the site.
    keep, base_url
        From the settings.

    Returns
    -------
    str
        Name that the edition is expected to get.

    Raises
    ------
    SiteError
        When the site has no archive page with a place for the list.
    """
    week = edition_name(summary.as_of)
    past = past_editions(folder, week, keep)
    known = [(name, found) for name in past if (found := read_summary(folder / name)) is not None]
    page = site / ARCHIVE_PAGE
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    if not LIST.search(text):
        raise SiteError(
            "Halaman arsip tidak memuat tempat daftar edisi",
            ARCHIVE_PAGE,
            "Pulihkan arsip.qmd dengan git, lalu: ektp render",
        )
    table = archive_table(past, dict(known), summary, week)
    write_archive_files(site, [*known, (week, summary)])
    page.write_text(LIST.sub(lambda _: table, text, count=1), encoding="utf-8")
    same_week = [name for name in editions(folder) if order(name)[0] == week]
    for name in [*same_week[-1:], next_name(folder, week)]:
        (site / FEED_FILE).write_bytes(atom_feed([*known, (name, summary)], base_url))
        if same_week and name == same_week[-1] and _is(site, folder / name):
            break
    return name


def _is(site: Path, edition: Path) -> bool:
    """Whether a site is, file by file, the edition."""
    manifest = read_manifest(edition)
    if manifest is None or set(site_files(site)) != set(manifest.files):
        return False
    return all(fingerprint(site / name) == found for name, found in manifest.files.items())


def archive_table(
    past: list[str], summaries: dict[str, EditionSummary], summary: EditionSummary, week: str
) -> str:
    """The list of editions as HTML, newest first.

    Parameters
    ----------
    past
        Names of earlier editions, oldest first.
    summaries
        Of those that have one.
    summary, week
        Of the edition that is being made.
    """
    known: list[Edition] = [(name, summaries[name]) for name in past if name in summaries]
    rows = [_row(f"{week}", "index.html", "", summary, before(known, summary))]
    for name in reversed(past):
        found, root = summaries.get(name), f"{ARCHIVE}/{name}/"
        rows.append(
            _row(name, f"{root}index.html", root, found, before(known, found) if found else None)
        )
    head = "".join(f'<th scope="col"{_class(words)}>{words}</th>' for words in ("Edisi", *HEADS))
    return (
        '<div id="ektp-arsip" class="ektp-table" tabindex="0" role="region" '
        'aria-label="Angka utama setiap edisi"><table class="table">'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
        f'<p class="ektp-downloads">Unduh: {" · ".join(map(_file_link, ARCHIVE_FILES))}</p></div>'
    )


def _file_link(path: str) -> str:
    kind = path.rpartition(".")[2].upper()
    return f'<a href="{path}" download aria-label="Unduh {kind}: daftar edisi">{kind}</a>'


def write_archive_files(site: Path, known: list[Edition]) -> None:
    """Write the list of editions as CSV and XLSX, oldest first."""
    columns = ["Edisi", *(head for head in HEADS if head != "Cetak")]
    rows: list[list[object]] = []
    for name, summary in known:
        whole = summary.regency
        change = edition_change(summary, before(known, summary))
        coverage = None if whole.coverage is None else round(whole.coverage, 4)
        rows.append(
            [
                name,
                summary.as_of.isoformat(),
                whole.unrecorded,
                change,
                coverage,
                whole.eligible,
            ]
        )
    csv_file, workbook = (site / path for path in ARCHIVE_FILES)
    csv_file.parent.mkdir(parents=True, exist_ok=True)
    write_csv(csv_file, columns, rows)
    latest = known[-1][1]
    about = About("Arsip edisi", "Angka utama setiap edisi", latest.as_of, latest.synthetic)
    write_xlsx(workbook, columns, rows, name="edisi", about=about)


def _row(
    name: str,
    link: str,
    root: str,
    summary: EditionSummary | None,
    earlier: EditionSummary | None,
) -> str:
    now, shown = "" if root else " (ini)", html.escape(name).replace("-", "\u2011")
    cell = f'<th scope="row"><a href="{link}">{shown}</a>{now}</th>'
    if summary is None:
        return f"<tr>{cell}{'<td>–</td>' * len(HEADS)}</tr>"
    whole = summary.regency
    left = CONCEALED if whole.unrecorded is None else number(whole.unrecorded)
    brief = (
        f'<a href="{root}{brief_path(WHOLE).as_posix()}" '
        f'aria-label="Ringkasan PDF edisi {html.escape(name)}">PDF</a>'
    )
    cells = {
        "Data per": day(summary.as_of).replace(" ", "\u00a0"),
        "Belum rekam": left,
        "Sejak edisi lalu": signed(edition_change(summary, earlier)),
        "Cakupan": percent(whole.coverage),
        "Wajib KTP": number(whole.eligible),
        "Cetak": brief,
    }
    return f"<tr>{cell}{''.join(f'<td{_class(head)}>{cells[head]}</td>' for head in HEADS)}</tr>"


def _class(head: str) -> str:
    return ' class="gt_right"' if head in NUMBERS else ""
