"""What staff decide about the visit plan: the file ``data/pilihan.yaml``.

Staff edit it by hand, so that places may be written by code or by name, dates and weekdays as people
write them, and every mistake is answered with its line and what to write instead.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml
from rapidfuzz import fuzz, process

from ektp_analysis import regions
from ektp_analysis.errors import InputError
from ektp_analysis.format import day

WEEKDAYS = ("senin", "selasa", "rabu", "kamis", "jumat", "sabtu", "minggu")
KEYS = ("sematkan", "kecualikan", "hari", "kunjungan_per_minggu", "jeda_minggu", "libur")
DEFAULT_WEEKDAYS = (1, 2, 3, 0, 4)
"""Tuesday to Thursday; Monday, then Friday, when one of them is a holiday."""
KIND = re.compile(r"^(desa|ds\.?|kelurahan|kel\.?)\s+", re.IGNORECASE)


@dataclass(frozen=True)
class Pin:
    """A village that staff want visited, on a date or as soon as there is a free day."""

    village_code: str
    date: date | None = None


@dataclass(frozen=True)
class Exclusion:
    """A village that staff leave out, until a date (inclusive) or until they remove it."""

    village_code: str
    until: date | None = None


@dataclass(frozen=True)
class Choices:
    """What staff decided.

    Attributes
    ----------
    pinned, excluded
        Villages to visit and to leave out.
    weekdays
        Weekdays on which the team goes out (0 = Monday), the preferred first.
    visits_per_week
        At most; one a day, so that no more than there are weekdays.
    rest_weeks
        Weeks between two visits to the same village, at least.
    closed
        Days without visits besides national holidays and joint leave.
    """

    pinned: tuple[Pin, ...] = ()
    excluded: tuple[Exclusion, ...] = ()
    weekdays: tuple[int, ...] = DEFAULT_WEEKDAYS
    visits_per_week: int = 3
    rest_weeks: int = 5
    closed: tuple[date, ...] = ()

    @property
    def never(self) -> frozenset[str]:
        """Villages (codes) that are excluded without an end."""
        return frozenset(e.village_code for e in self.excluded if e.until is None)


def load_choices(path: Path) -> Choices:
    """Read ``pilihan.yaml``; a missing or empty file means the defaults.

    Keys: ``sematkan`` and ``kecualikan`` (lists of villages: a code, a name, a name with its
    kecamatan after a comma, or a mapping ``desa`` with ``tanggal`` or ``sampai``), ``hari`` (list
    of weekdays), ``kunjungan_per_minggu``, ``jeda_minggu`` (numbers) and ``libur`` (list of dates).

    Raises
    ------
    InputError
        Names the line, what is written there and what may be written instead.
    """
    if not path.exists():
        return Choices()
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = f", baris {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise InputError(
            "Berkas pilihan tidak terbaca",
            f"{path.name}{line}",
            "Periksa tanda baca di baris itu: tiap desa ditulis sebagai “- nama” di bawah kuncinya",
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise InputError(
            "Berkas pilihan tidak terbaca", path.name, "Simpan ulang sebagai teks UTF-8"
        ) from None
    return _Reader(path.name).read(root)


class _Reader:
    """Turns the nodes of the file into choices; nodes, and not values, because they know lines."""

    def __init__(self, name: str) -> None:
        self.name = name

    def fail(self, what: str, node: yaml.Node, mend: str) -> InputError:
        return InputError(what, f"{self.name}, baris {node.start_mark.line + 1}", mend)

    def read(self, root: yaml.Node | None) -> Choices:
        if root is None or _empty(root):
            return Choices()
        known = ", ".join(KEYS)
        if not isinstance(root, yaml.MappingNode):
            raise self.fail(
                "Isi berkas pilihan bukan pasangan kunci dan nilai", root, f"Kunci: {known}"
            )
        parts: dict[str, yaml.Node] = {}
        for key, value in root.value:
            word = str(key.value).strip().lower()
            if word not in KEYS:
                raise self.fail(
                    f"Kunci “{_short(key.value)}” tidak dikenal",
                    key,
                    f"Kunci yang dikenal: {known}",
                )
            if word in parts:
                raise self.fail(f"Kunci “{word}” ditulis dua kali", key, "Gabungkan daftarnya")
            parts[word] = value
        pins = self.places(parts.get("sematkan"), "tanggal")
        leave_out = self.places(parts.get("kecualikan"), "sampai")
        codes = {code for code, _, _ in leave_out}
        taken: dict[date, str] = {}
        for code, when, node in pins:
            name = _full_name(code)
            if code in codes:
                raise self.fail(
                    f"{name} disematkan sekaligus dikecualikan",
                    node,
                    "Hapus dari salah satu daftar",
                )
            if when and when in taken:
                raise self.fail(
                    f"Dua desa disematkan pada {day(when)}: {taken[when]} dan {name}",
                    node,
                    "Paling banyak satu kunjungan sehari; pilih tanggal lain",
                )
            if when:
                taken[when] = name
        weekdays = self.weekdays(parts.get("hari"))
        visits = self.number(
            parts.get("kunjungan_per_minggu"),
            "kunjungan_per_minggu",
            min(3, len(weekdays)),
            1,
            len(weekdays),
            f"paling banyak satu kunjungan sehari, dan ada {len(weekdays)} hari kunjungan",
        )
        rest = self.number(
            parts.get("jeda_minggu"), "jeda_minggu", 5, 1, 52, "jarak antara dua kunjungan"
        )
        return Choices(
            tuple(dict.fromkeys(Pin(code, when) for code, when, _ in pins)),
            tuple(dict.fromkeys(Exclusion(code, when) for code, when, _ in leave_out)),
            weekdays,
            visits,
            rest,
            tuple(self.date(item) for item in self.items(parts.get("libur"), "libur")),
        )

    def items(self, node: yaml.Node | None, key: str) -> list[yaml.Node]:
        if node is None or _empty(node):
            return []
        if isinstance(node, yaml.SequenceNode):
            return list(node.value)
        if isinstance(node, yaml.ScalarNode):
            return [node]
        raise self.fail(
            f"Isi “{key}” bukan daftar", node, "Tulis tiap butir di barisnya sendiri: “- …”"
        )

    def places(
        self, node: yaml.Node | None, date_key: str
    ) -> list[tuple[str, date | None, yaml.Node]]:
        key = "sematkan" if date_key == "tanggal" else "kecualikan"
        out: list[tuple[str, date | None, yaml.Node]] = []
        for item in self.items(node, key):
            if isinstance(item, yaml.ScalarNode):
                out.append((self.village(item), None, item))
                continue
            fields = (
                {str(k.value).strip().lower(): v for k, v in item.value}
                if isinstance(item, yaml.MappingNode)
                else {}
            )
            if "desa" not in fields or set(fields) - {"desa", date_key}:
                raise self.fail(
                    f"Butir “{key}” tidak dikenal",
                    item,
                    f"Tulis nama atau kode desa, atau “desa: …” dengan “{date_key}: …”",
                )
            when = self.date(fields[date_key]) if date_key in fields else None
            out.append((self.village(fields["desa"]), when, item))
        return out

    def village(self, node: yaml.Node) -> str:
        text = "" if _empty(node) else str(node.value).strip()
        if not isinstance(node, yaml.ScalarNode) or not text:
            raise self.fail("Ada butir tanpa nama desa", node, "Isi namanya, atau hapus baris itu")
        hits = _find_villages(text)
        if len(hits) == 1:
            return hits[0]
        if hits:
            options = "; ".join(f"{code} ({_full_name(code)})" for code in hits)
            raise self.fail(
                f"Ada {len(hits)} desa bernama “{_short(text)}”",
                node,
                f"Tulis kodenya, atau nama dan kecamatannya: {options}",
            )
        near = _near_villages(text)
        tip = f"Mungkin maksudnya: {near}" if near else "Lihat data/reference/villages.csv"
        what = "Kode desa" if re.fullmatch(r"[\d.]+", text) else "Desa"
        raise self.fail(f"{what} “{_short(text)}” tidak dikenal", node, tip)

    def weekdays(self, node: yaml.Node | None) -> tuple[int, ...]:
        out: list[int] = []
        for item in self.items(node, "hari"):
            word = re.sub(r"[^a-z]", "", str(item.value).lower())
            word = "minggu" if word == "ahad" else word
            if word not in WEEKDAYS:
                raise self.fail(
                    f"Hari “{_short(item.value)}” tidak dikenal",
                    item,
                    f"Pilih dari: {', '.join(WEEKDAYS)}",
                )
            out.append(WEEKDAYS.index(word))
        return tuple(dict.fromkeys(out)) or DEFAULT_WEEKDAYS

    def number(
        self, node: yaml.Node | None, key: str, default: int, low: int, high: int, why: str
    ) -> int:
        if node is None or _empty(node):
            return default
        text = str(node.value).strip() if isinstance(node, yaml.ScalarNode) else ""
        if not text.isdecimal() or not low <= int(text) <= high:
            raise self.fail(
                f"Nilai {key} “{_short(text)}” tidak dapat dipakai",
                node,
                f"Tulis bilangan bulat {low} sampai {high}: {why}",
            )
        return int(text)

    def date(self, node: yaml.Node) -> date:
        text = str(node.value).strip() if isinstance(node, yaml.ScalarNode) else ""
        for form in ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y"):
            try:
                return datetime.strptime(text, form).date()
            except ValueError:
                continue
        raise self.fail(
            f"Tanggal “{_short(text)}” tidak dikenal",
            node,
            "Tulis TAHUN-BULAN-TANGGAL, misalnya 2024-08-13",
        )


def _empty(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def _short(text: Any) -> str:
    clean = "".join(c for c in str(text) if c.isprintable())
    return clean if len(clean) <= 40 else clean[:39] + "…"


def _full_name(code: str) -> str:
    row = regions.villages().set_index("village_code").loc[code]
    kind = "Desa" if row["village_kind"] == "desa" else "Kel."
    return f"{kind} {row['village_name']}, Kec. {row['district_name']}"


def _find_villages(text: str) -> list[str]:
    table = regions.villages()
    if text in set(table["village_code"]):
        return [text]
    name, _, district = text.partition(",")
    kind = KIND.match(name)
    wanted = regions.slug(KIND.sub("", name.strip()))
    hits = table[table["village_name"].map(regions.slug) == wanted]
    if kind and len(hits) > 1:
        word = "desa" if kind[1].lower().startswith("d") else "kelurahan"
        hits = hits[hits["village_kind"] == word]
    if district.strip():
        where = re.sub(r"^(kecamatan|kec\.?)\s+", "", district.strip(), flags=re.IGNORECASE)
        hits = hits[hits["district_name"].map(regions.slug) == regions.slug(where)]
    return [str(code) for code in hits["village_code"]]


def _near_villages(text: str) -> str:
    table = regions.villages()
    name = regions.slug(KIND.sub("", text.partition(",")[0].strip()))
    slugs = table["village_name"].map(regions.slug).tolist()
    close = process.extract(name, slugs, scorer=fuzz.ratio, limit=3, score_cutoff=70)
    return "; ".join(
        f"{table['village_code'][i]} ({_full_name(table['village_code'][i])})" for _, _, i in close
    )
