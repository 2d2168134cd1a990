"""The visits of a week as cards: when, where, what it should bring, why."""

from __future__ import annotations

from html import escape

import pandas as pd

from ektp_analysis import regions
from ektp_analysis.format import interval, number, weekday
from ektp_analysis.text_planning import plan_reason


def visit_cards(plan: pd.DataFrame, *, to_root: str = "", with_district: bool = True) -> str:
    """A numbered list of cards, each with a link to the village's row.

    Parameters
    ----------
    plan
        From :func:`ektp_analysis.planning.visit_plan`, as it may be published.
    to_root
        What leads from the page to the site's root: ``""`` or ``"../../"``.
    with_district
        Whether to name the kecamatan of each.
    """
    where = plan["village_code"].map(district_name)
    cards = [
        f'<li><span class="when">{escape(weekday(row["date"]))}</span>'
        f'<h3><a href="{to_root}{village_address(row["village_code"])}">{escape(str(row["name"]))}</a></h3>'
        f"{_where(name) if with_district else ''}"
        f"{_gain(row['expected'], row['lo'], row['hi'])}"
        f'<p class="why">{escape(plan_reason(row))}</p></li>'
        for (_, row), name in zip(plan.iterrows(), where, strict=True)
    ]
    return f'<ol class="ektp-visits">{"".join(cards)}</ol>'


def _gain(expected: float, lo: float, hi: float) -> str:
    if pd.isna(expected):
        return ""
    reach = f'<span class="reach">(80%: {interval(lo, hi)})</span>'
    return f'<p class="gain">kira-kira {number(expected)} warga terekam {reach}</p>'


def _where(name: str) -> str:
    return f'<p class="where">Kecamatan {escape(name)}</p>'


def district_name(village_code: str) -> str:
    """Name of the kecamatan of a village."""
    table = regions.districts().set_index("district_code")["district_name"]
    return str(table.get(str(village_code)[:8], "–"))


def village_address(village_code: str) -> str:
    """Address of a village's row on its kecamatan's page, from the root of the site."""
    row = regions.villages().set_index("village_code").loc[village_code]
    folder = regions.find_district(str(row["district_code"]))["district_slug"]
    return f"laporan/{folder}/index.html#{row['village_slug']}"
