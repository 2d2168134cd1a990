"""Tables of the visit plan and of the rules that it is compared with."""

from __future__ import annotations

import numpy as np
import pandas as pd
from great_tables import GT

from ektp_analysis.format import interval, number, percent, weekday
from ektp_analysis.panels.visits import district_name
from ektp_analysis.privacy import CONCEALED
from ektp_analysis.scenarios import Comparison
from ektp_analysis.tables.places import page_table
from ektp_analysis.text_planning import RULE_NAMES, plan_reason, sooner_text, weeks_text


def plan_table(
    plan: pd.DataFrame, total: tuple[float, float, float], note: str = ""
) -> tuple[GT, pd.DataFrame]:
    """The visit plan with one sentence of reason for each village.

    Parameters
    ----------
    plan
        From :func:`ektp_analysis.planning.visit_plan`.
    total
        From :func:`ektp_analysis.visit_prediction.plan_total`.
    note
        Printed under the table.
    """
    data = pd.DataFrame(
        {
            "Tanggal": plan["date"],
            "Desa/kelurahan": plan["name"],
            "Kecamatan": plan["village_code"].map(district_name),
            "Perkiraan terekam": plan["expected"].astype("Float64").round().astype("Int64"),
            "Bawah (80%)": plan["lo"].astype("Int64"),
            "Atas (80%)": plan["hi"].astype("Int64"),
            "Alasan": [plan_reason(row) for _, row in plan.iterrows()],
        }
    )
    shown = pd.DataFrame(
        {
            "Tanggal": plan["date"].map(weekday),
            "Desa/kelurahan": plan["name"],
            "Kecamatan": data["Kecamatan"],
            "Perkiraan terekam": [
                CONCEALED if pd.isna(e) else f"{number(e)} ({interval(lo, hi)})"
                for e, lo, hi in zip(plan["expected"], plan["lo"], plan["hi"], strict=True)
            ],
            "Alasan": data["Alasan"],
        }
    )
    text = (
        f"Seluruhnya kira-kira {number(total[0])} warga ({interval(*total[1:])}). "
        "Dalam kurung: selang prediksi 80%." + (f" {note}." if note else "")
    )
    return page_table(shown, numbers=["Perkiraan terekam"], note=text), data


def rules_table(comparison: Comparison, goals: list[float]) -> tuple[GT, pd.DataFrame]:
    """How the rules compare: the stock in a year, and the weeks until each goal."""
    after = comparison.after.set_index("rule")
    names = [RULE_NAMES[rule] for rule in after.index]
    weeks = int(after["week"].iloc[0])
    data = pd.DataFrame(
        {
            "Cara memilih desa": names,
            f"Sisa setelah {weeks} minggu": after["unrecorded"].round().astype("int64").to_numpy(),
            "Bawah (95%)": after["unrecorded_lo"].round().astype("int64").to_numpy(),
            "Atas (95%)": after["unrecorded_hi"].round().astype("int64").to_numpy(),
        }
    )
    shown = pd.DataFrame(
        {
            "Cara memilih desa": names,
            f"Sisa setelah {weeks} minggu (95%)": [
                f"{number(row['unrecorded'])} ({interval(row['unrecorded_lo'], row['unrecorded_hi'])})"
                for _, row in after.iterrows()
            ],
        }
    )
    for goal in goals:
        rows = [comparison.row(goal, str(rule)) for rule in after.index]
        label = f"Sampai {percent(goal, 0)}"
        for part, key in (("minggu", "weeks"), ("bawah 95%", "weeks_lo"), ("atas 95%", "weeks_hi")):
            data[f"{label} ({part})"] = _whole([row[key] for row in rows])
        shown[label] = [weeks_text(row) for row in rows]
        if not all(np.isfinite(row["weeks"]) for row in rows):
            continue
        for part, key in (("", "sooner"), (" bawah 95%", "sooner_lo"), (" atas 95%", "sooner_hi")):
            data[f"{label}: rencana lebih cepat{part} (minggu)"] = _whole(
                [row[key] for row in rows]
            )
        shown[f"Beda rencana ini ({percent(goal, 0)})"] = [
            "–" if rule == "expected" else sooner_text(row)
            for rule, row in zip(after.index, rows, strict=True)
        ]
    note = (
        f"Simulasi {number(comparison.horizon / 52)} tahun ke depan; semua cara memakai jumlah kunjungan, "
        "hari, dan jeda yang sama."
    )
    return page_table(shown, numbers=[], note=note), data


def _whole(values: list[float]) -> pd.Series:
    finite = pd.Series(values, dtype=float).replace([np.inf, -np.inf], np.nan)
    return finite.round().astype("Int64")
