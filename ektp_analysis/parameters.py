"""The reports and their typed parameters.

The reports of the package are declared here. A notebook of the office's own becomes a report by its
metadata ``{"ektp": {"title": "…"}}``; its parameters are then those of its parameters cell. The cell
is written from the schema by :func:`parameters_cell`, and a test holds that they agree.
"""

from __future__ import annotations

import ast
import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    create_model,
    field_validator,
)

from ektp_analysis import regions
from ektp_analysis.errors import ParameterError


class RegencyParameters(BaseModel):
    """Parameters of a report on the whole kabupaten."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    as_of: str = Field("", description="tanggal data, TAHUN-BULAN-TANGGAL; kosong: terakhir")
    store: str = Field("", description="folder gudang data; kosong: bawaan")

    @classmethod
    def names(cls) -> list[str]:
        """Names in the order of the parameters cell: the place first."""
        return sorted(cls.model_fields, key=lambda name: name != "district")

    @field_validator("as_of")
    @classmethod
    def _a_date(cls, value: str) -> str:
        if value and date.fromisoformat(value) > date.today():
            raise ValueError("tanggal di masa depan")
        return value


def _example_district() -> str:
    """Curup Tengah, which the committed notebooks show; in another kabupaten the first kecamatan."""
    codes = regions.districts()["district_code"].tolist()
    return "17.02.19" if "17.02.19" in codes else str(codes[0])


class DistrictParameters(RegencyParameters):
    """Parameters of a report on one kecamatan."""

    district: str = Field(_example_district(), description="kode atau nama kecamatan")

    @field_validator("district")
    @classmethod
    def _known(cls, value: str) -> str:
        try:
            return str(regions.find_district(value)["district_code"])
        except ParameterError as error:
            raise ValueError(f"kecamatan tidak dikenal; {error.mend}") from None


class CohortParameters(DistrictParameters):
    """Parameters of the cohort report."""

    cohort_year: int = Field(0, description="tahun lahir; 0: tahun data dikurangi 17")

    @field_validator("cohort_year")
    @classmethod
    def _sensible(cls, value: int) -> int:
        if value and not 1940 <= value <= date.today().year - 15:
            raise ValueError("tahun lahir di luar jangkauan")
        return value


@dataclass(frozen=True)
class Report:
    """A report: notebook stem, title, reach and parameters.

    Attributes
    ----------
    name
        Stem of ``notebooks/<name>.ipynb``.
    title
        Title of the page, without the place.
    parameters
        Model of the parameters; its fields are those of the notebook's parameters cell.
    borrows
        Whether a report on one kecamatan also reads the data of the whole kabupaten.
    """

    name: str
    title: str
    parameters: type[RegencyParameters]
    borrows: bool = False

    @property
    def per_district(self) -> bool:
        """Whether it is made once for each kecamatan."""
        return "district" in self.parameters.model_fields

    def page_title(self, parameters: RegencyParameters) -> str:
        """Title with the place."""
        if isinstance(parameters, DistrictParameters):
            name = regions.find_district(parameters.district)["district_name"]
            return f"{self.title} — Kecamatan {name}"
        return f"{self.title} — {regions.REGENCY_TITLE}"

    def validate(self, values: dict[str, Any]) -> RegencyParameters:
        """Typed parameters.

        Raises
        ------
        ParameterError
            Names the parameter that does not fit, and why.
        """
        try:
            return self.parameters(**values)
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(str(part) for part in first["loc"])
            known = ", ".join(self.parameters.model_fields)
            reason = {
                "extra_forbidden": f"Parameter yang dikenal: {known}",
                "value_error": _sentence_case(str(first["msg"]).removeprefix("Value error, ")),
            }.get(first["type"], "Periksa jenis nilainya")
            if "isoformat" in reason or "month must" in reason or "day is" in reason:
                reason = "Tulis tanggal sebagai TAHUN-BULAN-TANGGAL, misalnya 2024-08-02"
            raise ParameterError(
                "Parameter laporan tidak dapat dipakai", f"{self.name}: {name}", reason
            ) from None


def _sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]


BUILT_IN: dict[str, Report] = {
    report.name: report
    for report in (
        Report("overview", "Ringkasan mingguan", RegencyParameters),
        Report("backlog", "Sisa belum rekam", DistrictParameters, borrows=True),
        Report("cohort", "Angkatan yang berusia 17 tahun", CohortParameters, borrows=True),
        Report("visit_effectiveness", "Hasil jemput bola", DistrictParameters, borrows=True),
        Report("data_quality", "Mutu data", RegencyParameters),
    )
}
"""Reports of the package, in the order of the site."""
KINDS: dict[str, type] = {"str": str, "int": int, "float": float, "bool": bool}


def parameters_cell(parameters: type[RegencyParameters]) -> str:
    """Source of the cell tagged ``parameters``, as papermill reads it: name, type, default, help.

    Examples
    --------
    >>> print(parameters_cell(RegencyParameters))
    as_of: str = ""  # tanggal data, TAHUN-BULAN-TANGGAL; kosong: terakhir
    store: str = ""  # folder gudang data; kosong: bawaan
    """
    lines = []
    for name in parameters.names():
        field = parameters.model_fields[name]
        default = json.dumps(field.default, ensure_ascii=False)
        if isinstance(field.default, bool):
            default = str(field.default)
        kind = getattr(field.annotation, "__name__", "str")
        lines.append(f"{name}: {kind} = {default}  # {field.description}")
    return "\n".join(lines)


def own_reports(folder: Path) -> dict[str, Report]:
    """Reports of the office's own: notebooks whose metadata carry ``ektp.title``.

    Parameters
    ----------
    folder
        Folder of the notebooks; notebooks of the package's reports and unreadable ones are passed
        over (the plan of an execution says what is wrong with a report's notebook).

    Returns
    -------
    dict of str to Report
        By stem, in alphabetical order. ``ektp.borrows`` is true unless the metadata deny it, so
        that no result is taken from the cache that the whole kabupaten's data could change.
    """
    found = {}
    for path in sorted(folder.glob("*.ipynb")):
        if path.stem in BUILT_IN:
            continue
        try:
            notebook = json.loads(path.read_text(encoding="utf-8"))
            about = notebook["metadata"]["ektp"]
            title, borrows = str(about["title"]), bool(about.get("borrows", True))
            cells = notebook["cells"]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        source = next(
            (
                "".join(cell["source"])
                for cell in cells
                if "parameters" in cell.get("metadata", {}).get("tags", [])
            ),
            "",
        )
        found[path.stem] = Report(path.stem, title, _model(path.stem, source), borrows)
    return found


def _model(name: str, source: str) -> type[RegencyParameters]:
    """The schema that a parameters cell declares; what is not ``name: type = literal`` is left out."""
    try:
        body = ast.parse(source).body
    except SyntaxError:
        body = []
    lines, fields = source.splitlines(), {}
    for node in body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        value = getattr(node, "value", None)
        if not isinstance(target, ast.Name) or value is None:
            continue
        try:
            default = ast.literal_eval(value)
        except ValueError:
            continue
        kind = KINDS.get(
            ast.unparse(node.annotation)
            if isinstance(node, ast.AnnAssign)
            else type(default).__name__
        )
        if kind is not None:
            comment = lines[(node.end_lineno or 1) - 1].partition("#")[2].strip()
            fields[target.id] = (kind, Field(default, description=comment))
    base = DistrictParameters if "district" in fields else RegencyParameters
    own = {key: field for key, field in fields.items() if key not in base.model_fields}
    return create_model(f"{name.title()}Parameters", __base__=base, **own)  # type: ignore[call-overload, no-any-return]


def notebooks_dir() -> Path:
    """Folder of the report notebooks: beside the office's ``data/``."""
    return regions.data_dir().parent / "notebooks"


REPORTS: dict[str, Report] = {**BUILT_IN, **own_reports(notebooks_dir())}
"""All reports, in the order of the site."""
