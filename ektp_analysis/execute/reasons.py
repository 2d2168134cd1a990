"""Why a unit would run: what differs from its last success."""

from __future__ import annotations

import json
import os
from pathlib import Path

from ektp_analysis import regions
from ektp_analysis.execute.plan import Unit
from ektp_analysis.execute.reads import Read

LAST = Path(".ektp/terakhir.json")
WORDS = {
    "notebook": "buku catatannya berubah",
    "parameters": "parameternya berubah",
    "code": "kode programnya berubah",
    "libraries": "pustaka atau versi Python berubah",
    "reference": "data acuan wilayah berubah",
    "choices": "pilihan kunjungan berubah",
    "settings": "pengaturan berubah",
}
SHARED_WORDS = {
    "whole.protection": "penyamaran hitungan kecil berubah",
    "whole.effects": "pengaruh kunjungan se-kabupaten berubah",
    "whole.expected": "perkiraan hasil kunjungan berubah",
}


class Last:
    """What every unit depended on when it last succeeded."""

    def __init__(self, project: Path) -> None:
        self._path = project / LAST
        try:
            self._known = dict(json.loads(self._path.read_text()))
        except (OSError, ValueError, TypeError):
            self._known = {}

    def note(self, unit: Unit, digests: dict[Read, str]) -> None:
        """Remember a success."""
        self._known[unit.label] = [unit.parts, [[*read, d] for read, d in digests.items()]]

    def save(self) -> None:
        """Write it down, whole or not at all."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        draft.write_text(json.dumps(self._known))
        draft.replace(self._path)

    def reason(self, unit: Unit, digests: dict[Read, str], missing: set[str], damaged: bool) -> str:
        """One sentence without a full stop."""
        if unit.label not in self._known:
            return "belum pernah dijalankan"
        parts, reads = self._known[unit.label]
        words = [text for name, text in WORDS.items() if parts.get(name) != unit.parts.get(name)]
        if words:
            return "; ".join(words)
        before = {tuple(read[:3]): read[3] for read in reads}
        for read, digest in digests.items():
            if before.get(read) != digest:
                words.append(_words(read))
        if words:
            return "; ".join(dict.fromkeys(words))
        if damaged:
            return "hasil yang tersimpan rusak"
        if missing:
            return "data kabupaten berubah; hasil bersama dihitung dulu"
        return "hasilnya tidak ada lagi dalam simpanan"


def _words(read: Read) -> str:
    kind, name, district = read
    if kind == "shared":
        return SHARED_WORDS.get(name, f"hasil bersama {name} berubah")
    if not district:
        return "data kabupaten berubah"
    return f"data Kecamatan {regions.find_district(district)['district_name']} berubah"
