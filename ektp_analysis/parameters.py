"""The reports and their typed parameters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from ektp_analysis import regions
from ektp_analysis.errors import ParameterError


class RegencyParameters(BaseModel):
    """Parameters of a report on the whole kabupaten."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    as_of: str = Field("", description="tanggal data (TAHUN-BULAN-TANGGAL); kosong = terakhir")
    store: str = Field("", description="folder gudang data; kosong = bawaan")

    @field_validator("as_of")
    @classmethod
    def _a_date(cls, value: str) -> str:
        if value and date.fromisoformat(value) > date.today():
            raise ValueError("tanggal di masa depan")
        return value


class DistrictParameters(RegencyParameters):
    """Parameters of a report on one kecamatan."""

    district: str = Field("17.02.19", description="kode atau nama kecamatan")

    @field_validator("district")
    @classmethod
    def _known(cls, value: str) -> str:
        try:
            return str(regions.find_district(value)["district_code"])
        except ParameterError as error:
            raise ValueError(f"kecamatan tidak dikenal; {error.mend}") from None


class CohortParameters(DistrictParameters):
    """Parameters of the cohort report."""

    cohort_year: int = Field(0, description="tahun lahir; 0 = tahun data dikurangi 17")

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
        return f"{self.title} — Kabupaten {regions.REGENCY_NAME}"

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


REPORTS: dict[str, Report] = {
    report.name: report
    for report in (
        Report("overview", "Ringkasan mingguan", RegencyParameters),
        Report("backlog", "Sisa belum rekam", DistrictParameters),
        Report("cohort", "Angkatan yang berusia 17 tahun", CohortParameters),
        Report("visit_effectiveness", "Hasil jemput bola", DistrictParameters, borrows=True),
        Report("data_quality", "Mutu data", RegencyParameters),
    )
}
"""All reports, in the order of the site."""
