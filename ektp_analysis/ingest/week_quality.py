"""Quality rows of a week put together, and the threshold of rejected rows."""

from __future__ import annotations

import pandas as pd

from ektp_analysis import schema
from ektp_analysis.errors import InputError
from ektp_analysis.ingest.rules import COLUMNS


def with_flag(
    quality: pd.DataFrame,
    rule: str,
    count: int,
    sentence: str,
    like: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The quality rows with one more flag on the first file (of ``like``)."""
    first = (quality if like is None else like).iloc[[0]]
    row = first.assign(rule=rule, quarantined=0, flagged=count, reason=sentence)
    return pd.concat([quality, row], ignore_index=True)


def joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Rejected or flagged rows of several tables, with the columns that any of them has."""
    filled = [p for p in parts if len(p)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=COLUMNS)


def merge_quality(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Quality rows of a file's sheets added up, one row per file, kind and rule."""
    rows = pd.concat(parts, ignore_index=True)
    keys = ["as_of", "source", "kind"]
    base = rows[rows["rule"] == "accepted"].groupby(keys)[["rows_read", "accepted"]].sum()
    rules = rows.groupby([*keys, "rule"], sort=False, as_index=False).agg(
        quarantined=("quarantined", "sum"), flagged=("flagged", "sum"), reason=("reason", "first")
    )
    return rules.join(base, on=keys)[list(schema.empty("quality").columns)]


def stop_at_rejected(quality: pd.DataFrame, rejected: pd.DataFrame, limit: float) -> None:
    """Raise InputError when a file's share of rejected rows is above the limit."""
    for (source, _), rows in quality.groupby(["source", "kind"], sort=False):
        read, lost = int(rows["rows_read"].iloc[0]), int(rows["quarantined"].sum())
        if not lost or lost / max(read, 1) <= limit:
            continue
        reasons = rejected.loc[rejected["source"] == source, "reason"].value_counts()
        raise InputError(
            f"Terlalu banyak baris ditolak: {lost} ({lost / max(read, 1):.0%}); "
            f"tersering: {reasons.index[0]}",
            str(source),
            "Perbaiki berkasnya; baris yang ditolak ada di folder karantina",
        )
