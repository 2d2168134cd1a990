"""Settings of an office: one frozen object from ``ektp.toml``, then the environment."""

from __future__ import annotations

import os
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from ektp_analysis.errors import ParameterError

SETTINGS_FILE = "ektp.toml"
PREFIX = "EKTP_"


class Settings(BaseModel):
    """What an office may choose. Each field is documented by its description."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    inbox: Path = Field(Path("data/inbox"), description="folder berkas kantor yang masuk")
    store: Path = Field(Path("data/store"), description="gudang data mingguan (agregat)")
    quarantine: Path = Field(Path("data/quarantine"), description="folder baris yang ditolak")
    editions: Path = Field(Path("editions"), description="folder edisi situs yang sudah terbit")
    suppression_threshold: int = Field(
        5, ge=3, le=20, description="hitungan orang di bawah ini disamarkan"
    )
    quarantine_limit: float = Field(
        0.05, ge=0, le=1, description="bagian baris yang boleh ditolak sebelum berkas ditolak"
    )
    fall_limit: float = Field(
        0.02, ge=0, le=1, description="bagian penurunan sudah rekam yang menghentikan pembacaan"
    )
    missing_limit: float = Field(
        0.1, ge=0, le=1, description="bagian desa yang boleh hilang dari berkas sebelum ditolak"
    )
    mapping: Path = Field(
        Path("data/pemetaan.yaml"), description="pemetaan judul kolom yang disimpan kantor"
    )
    programme_start: date = Field(date(2011, 2, 1), description="awal perekaman KTP-el")
    workers: int = Field(0, ge=0, le=256, description="jumlah pekerja; 0 = sebanyak inti prosesor")
    unit_timeout: int = Field(300, ge=5, description="batas waktu satu buku catatan (detik)")
    unit_memory: int = Field(
        4096, ge=0, description="batas memori satu buku catatan (MB); 0 = tanpa batas"
    )
    unit_retries: int = Field(
        1, ge=0, le=10, description="ulangan bila kernel mati (bukan bila buku catatannya salah)"
    )
    scheduler: str = Field("", description="alamat penjadwal dask; kosong = komputer ini")
    base_url: str = Field("", description="alamat situs yang terbit, untuk umpan Atom dan kartu")
    retention: int = Field(260, ge=2, description="jumlah edisi yang disimpan; 260 = lima tahun")
    stale_days: int = Field(
        10, ge=1, description="data lebih tua dari ini diberi peringatan (hari)"
    )
    contact: str = Field("", description="kontak kantor yang tampil di kaki halaman")
    targets: tuple[str, ...] = Field(
        (), description="tujuan pengiriman edisi: folder, ssh://…, rsync://…, git+…#cabang"
    )
    ssh_command: str = Field("ssh", description="perintah ssh dengan pilihannya")
    notify_command: str = Field("", description="perintah yang dijalankan bila pembuatan gagal")
    notify_email: tuple[str, ...] = Field((), description="alamat surel yang diberi kabar")
    mail_from: str = Field("ektp@localhost", description="pengirim surel kabar")
    smtp_host: str = Field("localhost", description="komputer penyalur surel (SMTP)")
    smtp_port: int = Field(25, ge=1, le=65535, description="port penyalur surel")

    @field_validator("targets", "notify_email", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        """In the environment several values stand side by side."""
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value


def load_settings(folder: Path | None = None) -> Settings:
    """Read ``ektp.toml`` of the folder (default: the working folder), then ``EKTP_…``.

    Raises
    ------
    ParameterError
        When a name is unknown or a value does not fit; says which and where.
    """
    path = (folder or Path.cwd()) / SETTINGS_FILE
    values: dict[str, Any] = {}
    if path.exists():
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ParameterError(
                "Berkas pengaturan tidak terbaca", SETTINGS_FILE, f"Perbaiki tulisannya: {error}"
            ) from None
    for name in Settings.model_fields:
        if text := os.environ.get(PREFIX + name.upper()):
            values[name] = text
    try:
        return Settings(**values)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        known = ", ".join(Settings.model_fields)
        mend = (
            f"Nama yang dikenal: {known}"
            if first["type"] == "extra_forbidden"
            else f"Perbaiki di {SETTINGS_FILE} atau {PREFIX}{name.upper()}; "
            f"{Settings.model_fields[name].description}"
        )
        raise ParameterError("Pengaturan tidak dapat dipakai", name, mend) from None
