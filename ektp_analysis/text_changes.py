"""What changed since the last edition, in plain Indonesian."""

from __future__ import annotations

import pandas as pd

from ektp_analysis.changes import Changes
from ektp_analysis.format import day, number, signed
from ektp_analysis.privacy import threshold

NAMED = 3
NOTABLE = 3
"""Smaller changes of a place are not news."""
FIRST = "Ini data pertama: belum ada minggu sebelumnya untuk dibandingkan."


def change_sentences(changes: Changes) -> list[str]:
    """One sentence for each kind of change.

    Parameters
    ----------
    changes
        From :func:`ektp_analysis.changes.since_last`.
    """
    if changes.before is None:
        return [FIRST]
    out = [_total(changes)]
    if changes.recorded:
        out.append(f"Sekitar {number(changes.recorded)} warga terekam sejak itu.")
    if len(changes.visits):
        pairs = zip(changes.visits["name"], changes.visits["recorded"], strict=True)
        held = [f"{name} ({_recorded(n)} terekam)" for name, n in pairs]
        out.append(f"Kunjungan jemput bola: {_listed(held)}.")
    places = changes.places.dropna(subset=["change"])
    falls = places[places["change"] <= -NOTABLE].sort_values("change", kind="stable").head(NAMED)
    rises = places[places["change"] >= NOTABLE]
    rises = rises.sort_values("change", ascending=False, kind="stable").head(NAMED)
    if len(falls):
        out.append(f"Paling banyak berkurang: {_listed(_amounts(falls))}.")
    if len(rises):
        out.append(f"Bertambah: {_listed(_amounts(rises))}.")
    done = changes.places.loc[changes.places["finished"], "name"].tolist()
    if done:
        out.append(f"Mencapai cakupan 99%: {_listed(done)}.")
    return out


def _total(changes: Changes) -> str:
    then, now, earlier = day(changes.before), changes.closing, changes.opening
    if now is None:
        return f"Dibandingkan dengan edisi data {then}: jumlah sisa disamarkan karena kecil."
    if earlier is None:
        return f"Sisa sekarang {number(now)} warga; jumlah di edisi data {then} disamarkan."
    if now == earlier:
        return f"Sisa tetap {number(now)} warga sejak edisi data {then}."
    word = "turun" if now < earlier else "naik"
    return (
        f"Sejak edisi data {then} sisa {word} {number(abs(now - earlier))} warga: "
        f"dari {number(earlier)} menjadi {number(now)}."
    )


def _recorded(count: object) -> str:
    return f"<{threshold()}" if pd.isna(count) else number(count)  # type: ignore[call-overload]


def _amounts(places: pd.DataFrame) -> list[str]:
    return [f"{n} ({signed(c)})" for n, c in zip(places["name"], places["change"], strict=True)]


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + f" dan {words[-1]}"
