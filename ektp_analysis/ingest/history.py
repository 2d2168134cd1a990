"""What a week's counts should not do compared with what the store already has."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from ektp_analysis import regions

FALL_SHARE = 0.02
"""Fall of a kecamatan's recorded residents in one week that is worth a look."""
SHOWN = 5


@dataclass(frozen=True)
class Finding:
    """Something to look at.

    Attributes
    ----------
    rule
        ``recorded_fell`` or ``village_missing``.
    places
        Number of places.
    share
        Size: share of the kabupaten's recorded residents that are gone, or of its places.
    sentence
        Indonesian.
    """

    rule: str
    places: int
    share: float
    sentence: str


def fall_in_recorded(stock: pd.DataFrame, before: pd.DataFrame) -> Finding | None:
    """Kecamatan whose recorded residents fell by more than :data:`FALL_SHARE`.

    Parameters
    ----------
    stock, before
        Table ``stock`` of the week and of the last week before it.
    """
    now = stock.groupby(stock["village_code"].str[:8])["recorded"].sum()
    then = before.groupby(before["village_code"].str[:8])["recorded"].sum()
    both = pd.concat([now.rename("now"), then.rename("then")], axis=1, join="inner")
    fell = both[both["now"] < (1 - FALL_SHARE) * both["then"]]
    total = max(0.0, 1 - both["now"].sum() / max(both["then"].sum(), 1))
    if fell.empty:
        return None
    names = regions.districts().set_index("district_code")["district_name"]
    shown = ", ".join(str(names.get(code, code)) for code in fell.index[:SHOWN])
    more = f" dan {len(fell) - SHOWN} lainnya" if len(fell) > SHOWN else ""
    return Finding(
        "recorded_fell",
        len(fell),
        float(total),
        f"Jumlah sudah rekam turun lebih dari {FALL_SHARE:.0%} di {shown}{more}",
    )


def missing_villages(stock: pd.DataFrame, before: pd.DataFrame) -> Finding | None:
    """Desa/kelurahan that were in the last data and are not in this week's.

    A kecamatan counted whole in one of the two is not compared by desa.
    """
    had, have = set(before["village_code"]), set(stock["village_code"])
    whole = {c[:8] for c in had | have if c.endswith(regions.WHOLE)}
    lost = sorted(
        c for c in had - have if (c[:8] not in whole or not any(h.startswith(c[:8]) for h in have))
    )
    if not lost:
        return None
    table = regions.villages().set_index("village_code")
    names = [
        f"{table['village_name'].get(c, c)} ({table['district_name'].get(c, '')})"
        for c in lost[:SHOWN]
    ]
    more = f" dan {len(lost) - SHOWN} lainnya" if len(lost) > SHOWN else ""
    return Finding(
        "village_missing",
        len(lost),
        len(lost) / max(len(had), 1),
        f"{len(lost)} desa/kelurahan yang ada sebelumnya tidak ada dalam berkas: "
        f"{', '.join(names)}{more}",
    )
