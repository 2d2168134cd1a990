"""Exhibits of the accounts by village, of changed boundaries, and of the Lorenz curve."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ektp_analysis import accounts, backlog
from ektp_analysis.continuity import boundary_changes
from ektp_analysis.disclosure_events import GROUPS, with_unexplained
from ektp_analysis.disclosure_events import village_accounts as village_accounts_of
from ektp_analysis.exhibit import Exhibit, show_figure, show_table, show_text
from ektp_analysis.exhibits.load import Loaded
from ektp_analysis.exhibits.needs import needs
from ektp_analysis.figures.estimates import lorenz_figure
from ektp_analysis.format import number
from ektp_analysis.privacy import threshold
from ektp_analysis.tables.estimates import village_accounts_table
from ektp_analysis.text_estimates import boundary_sentence, lorenz_finding

WEEKS = 4
LORENZ_STEPS = 20
LORENZ_ROUNDING = 0.01
"""Of the shares; it must hide a small count in the total."""


@needs("villages", "events")
def village_accounts(loaded: Loaded) -> Exhibit:
    """Accounts of the last four weeks by village."""
    weekly = accounts.weekly_accounts(loaded.tables.stock, loaded.tables.flow, ["village_code"])
    if weekly.empty:
        return show_text("Neraca per desa baru dapat dibuat setelah ada dua minggu data.")
    shown = _last_weeks(loaded, weekly)
    most = (loaded.protection.limit - 1) * len(GROUPS)  # that rounding leaves of a window
    gaps = int((shown["unexplained"].abs() > most).sum())
    finding = f"Neraca {min(WEEKS, weekly['week'].nunique())} minggu: " + (
        "tidak ada desa/kelurahan dengan selisih di luar pembulatan"
        if gaps == 0
        else f"{gaps} desa/kelurahan punya selisih yang tidak dijelaskan peristiwa tercatat atau pembulatan"
    )
    table, data = village_accounts_table(shown)
    words = f"Lihat neraca {number(len(shown))} desa/kelurahan"
    return show_table(table, name="neraca-desa", finding=finding, data=data, folded=words)


def boundaries(loaded: Loaded) -> Exhibit:
    """Villages whose code came or went in the last weeks."""
    changes = boundary_changes(loaded.tables.stock)
    return show_text(
        boundary_sentence(changes)
        or f"Tidak ada desa/kelurahan yang muncul, hilang, atau berganti kode dalam {WEEKS} minggu terakhir."
    )


@needs("villages")
def lorenz(loaded: Loaded) -> Exhibit:
    """How unevenly the unrecorded are spread over the villages."""
    latest = backlog.latest_coverage(loaded.tables.stock, loaded.tables.as_of)
    curve, _ = backlog.lorenz(latest)
    if not latest["unrecorded"].sum():
        return show_text("Semua wajib KTP sudah rekam; tidak ada sebaran untuk digambar.")
    if latest["unrecorded"].sum() < threshold() / LORENZ_ROUNDING:
        return show_text("Sisa di sini terlalu sedikit untuk menggambar sebarannya.")
    # whole percents of many villages: no step of the curve is one village's count
    grid = np.linspace(0, 1, LORENZ_STEPS + 1).round(4)  # sixteen digits look like a NIK
    steps = pd.DataFrame(
        {
            "place_share": grid,
            "unrecorded_share": np.interp(
                grid, curve["place_share"], curve["unrecorded_share"]
            ).round(2),
        }
    )
    half, most = (int((curve["unrecorded_share"] < share).sum()) for share in (0.5, 0.8))
    finding = lorenz_finding(len(latest), half, most)
    data = steps.rename(
        columns={"place_share": "Bagian desa/kelurahan", "unrecorded_share": "Bagian sisa"}
    )
    return show_figure(
        lorenz_figure(steps, finding), name="lorenz", finding=finding, data=data,
        folded="Lihat gambar sebarannya",
    )  # fmt: skip


def _last_weeks(loaded: Loaded, weekly: pd.DataFrame) -> pd.DataFrame:
    """Rounded accounts of each village, added up over the last weeks."""
    names = backlog.place_names("village_code")
    rows = []
    safe = village_accounts_of(weekly, loaded.tables.visits, loaded.protection)
    for code, own in safe.groupby("village_code"):
        last = own.tail(WEEKS)
        row = {"name": names.get(code, code), **last[["recorded", *GROUPS]].sum().to_dict()}
        row |= {"opening": last["opening"].iloc[0], "closing": last["closing"].iloc[-1]}
        rows.append(row)
    out = pd.DataFrame(rows).astype({"opening": "Int64", "closing": "Int64"})
    out = with_unexplained(out)
    return out.sort_values(["closing", "name"], ascending=[False, True], ignore_index=True)
