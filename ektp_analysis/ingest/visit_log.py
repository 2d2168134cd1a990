"""A visit log → rows of the table ``visits``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import duckdb
import pandas as pd

from ektp_analysis import schema
from ektp_analysis.errors import InputError
from ektp_analysis.ingest.headers import VISITS, normalise
from ektp_analysis.ingest.places import village_codes
from ektp_analysis.ingest.readers import RawTable
from ektp_analysis.ingest.values import parse_clock, parse_count, parse_date

RULES = {
    "bad_date": "Tanggal kunjungan tidak terbaca",
    "unknown_village": "Desa/kelurahan tidak ada dalam daftar wilayah kabupaten",
    "bad_count": "Jumlah terekam tidak terbaca",
    "duplicate_visit": "Kunjungan yang sama (tanggal dan desa) sudah ada pada baris sebelumnya",
}
REASONS = {
    "cuaca": "cuaca buruk", "hujan": "cuaca buruk", "banjir": "cuaca buruk",
    "jaringan": "jaringan terputus", "sinyal": "jaringan terputus",
    "listrik": "listrik padam", "alat": "alat rusak", "rusak": "alat rusak",
    "sedikit": "sedikit yang hadir", "sepi": "sedikit yang hadir",
}  # fmt: skip
"""Free text may name a person; only this closed list goes into the store."""


@dataclass(frozen=True)
class VisitRows:
    """Visits of the week, quality rows and rejected rows of a log."""

    visits: pd.DataFrame
    quality: pd.DataFrame
    rejected: pd.DataFrame


def read_visits(raw: RawTable, as_of: date, connection: duckdb.DuckDBPyConnection) -> VisitRows:
    """Visits in the week that ends on ``as_of``; a log may reach further back.

    Raises
    ------
    InputError
        When a required column is missing.
    """
    if raw.header.missing:
        wanted = ", ".join(VISITS[name][0] for name in raw.header.missing)
        raise InputError(
            f"Kolom wajib tidak ada: {wanted}",
            raw.where,
            "Tambahkan kolom itu, atau betulkan judulnya",
        )
    rows = connection.execute(raw.sql).df()
    for name in VISITS:
        if name not in rows:
            rows[name] = None
    written = rows["village"].notna() & ~rows["date"].map(normalise).str.startswith(
        ("JUMLAH", "TOTAL")
    )
    rows = rows[written].reset_index(drop=True)
    coded = village_codes(rows[["district", "village"]])["village_code"]
    out = pd.DataFrame(
        {
            "date": pd.to_datetime(rows["date"].map(parse_date)),
            "village_code": coded,
            **{c: rows[c].map(parse_clock).astype("Int64") for c in ("start", "end")},
            **{
                c: rows[c].map(parse_count).astype("Int64")
                for c in ("staff", "devices", "target", "attended", "recorded", "failed")
            },
            "reason": rows["reason"].map(_reason),
        }
    )
    rule = pd.Series(None, index=out.index, dtype=object)
    rule[out.duplicated(["date", "village_code"])] = "duplicate_visit"
    rule[out["recorded"].isna()] = "bad_count"
    rule[out["village_code"].isna()] = "unknown_village"
    rule[out["date"].isna()] = "bad_date"
    good = out[rule.isna()]
    stamp = pd.Timestamp(as_of)
    week = good[(good["date"] > stamp - timedelta(days=7)) & (good["date"] <= stamp)].copy()
    week.insert(0, "visit_id", week["date"].dt.strftime("%Y%m%d-") + week["village_code"])
    counts = rule.value_counts()
    quality = pd.DataFrame(
        [
            {
                "as_of": stamp,
                "source": raw.source,
                "kind": "visits",
                "rule": name,
                "rows_read": len(out),
                "accepted": len(good),
                "quarantined": int(counts.get(name, 0)),
                "reason": RULES.get(name, "Baris yang diterima"),
            }
            for name in ["accepted", *(r for r in RULES if r in counts.index)]
        ]
    )
    bad = rule.notna()
    # of the bad rows only: an empty frame would take over the index of a longer column
    rejected = rows[bad].assign(rule=rule[bad], reason=rule[bad].map(RULES))
    return VisitRows(schema.Visits.validate(week), quality, rejected)


def _reason(text: object) -> str:
    words = str(text or "").lower()
    return next((reason for word, reason in REASONS.items() if word in words), "")
