"""A working folder for another kabupaten/kota: regions, settings, notebooks, an empty store."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

import nbformat
import pandas as pd
import yaml

from ektp_analysis.errors import InputError, ParameterError
from ektp_analysis.parameters import BUILT_IN, parameters_cell
from ektp_analysis.regions import slug
from ektp_analysis.settings import SETTINGS_FILE, Settings

PACKAGE = "idn-area-data"
PROJECT = Path(__file__).resolve().parents[2]
OF_THIS_OFFICE = {"districts.csv", "villages.csv", "regency.csv", "README.md"}
"""Reference files of one kabupaten; the others (statuses, glossary …) serve every office."""
KELURAHAN = "1"
"""First figure of a village number: 1 for a kelurahan, 2 for a desa (Permendagri 72/2019)."""


def new_office(
    code: str, source: Path | None = None, folder: Path | None = None
) -> tuple[Path, int, int]:
    """Write the working folder of a kabupaten/kota.

    Parameters
    ----------
    code
        Kemendagri code ``PP.RR``, for example ``17.71``.
    source
        The office's own list of villages (csv or xlsx) with the columns ``kode`` (``PP.RR.KK.VVVV``)
        and ``nama``; rows with ``PP.RR.KK`` name the kecamatan, one with ``PP.RR`` the kabupaten. By
        default the npm package ``idn-area-data`` (code MIT, data ODbL) is fetched with ``npm``.
    folder
        Folder to make; by default the name of the kabupaten in the working folder.

    Returns
    -------
    tuple
        The folder, the number of kecamatan, the number of desa/kelurahan.

    Raises
    ------
    ParameterError
        When the code does not exist, or the folder is not empty.
    InputError
        When the list of villages cannot be had or used.
    """
    regencies, districts, villages = _own_list(source) if source else _npm_lists()
    name = regencies.loc[regencies["code"] == code, "name"]
    districts = districts[districts["code"].str.startswith(f"{code}.")]
    villages = villages[villages["code"].str.startswith(f"{code}.")]
    if name.empty or villages.empty:
        raise ParameterError(
            f"Kabupaten/kota {code[:8]} tidak ada dalam daftar wilayah",
            source.name if source else PACKAGE,
            "Tulis kode Kemendagri seperti 17.71; lihat daftar kode wilayah Kemendagri",
        )
    unknown = set(villages["code"].str[:8]) - set(districts["code"])
    if unknown:
        raise InputError(
            f"Kecamatan {min(unknown)} tidak ada namanya",
            source.name if source else PACKAGE,
            "Tambahkan satu baris untuk kode kecamatan itu",
        )
    kind, title = _kind_and_name(str(name.iloc[0]))
    target = folder or Path(slug(title))
    if target.exists() and any(target.iterdir()):
        raise ParameterError(
            "Folder sudah berisi", target.name, "Pilih folder lain dengan --folder, atau kosongkan"
        )
    _write_reference(target / "data" / "reference", (code, kind, title), districts, villages)
    _write_project(target, title, str(districts["code"].min()))
    return target, len(districts), len(villages)


def _kind_and_name(name: str) -> tuple[str, str]:
    """Kabupaten or Kota, and the name with capitals at the start of words.

    Examples
    --------
    >>> _kind_and_name("KABUPATEN REJANG LEBONG"), _kind_and_name("KOTA BENGKULU")
    (('Kabupaten', 'Rejang Lebong'), ('Kota', 'Bengkulu'))
    """
    first, _, rest = name.title().partition(" ")
    return (first, rest) if first in ("Kabupaten", "Kota") and rest else ("Kabupaten", name.title())


def _own_list(path: Path) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    try:
        reader = pd.read_csv if path.suffix.lower() == ".csv" else _read_workbook
        frame = reader(path, dtype=str)
    except FileNotFoundError:
        raise InputError(
            "Berkas tidak ditemukan", path.name, "Periksa nama dan foldernya"
        ) from None
    except Exception:
        raise InputError(
            "Daftar wilayah tidak terbaca", path.name, "Simpan sebagai csv (UTF-8) atau xlsx"
        ) from None
    frame.columns = [str(column).strip().lower() for column in frame.columns]
    if not {"kode", "nama"} <= set(frame.columns):
        raise InputError(
            "Kolom kode dan nama tidak ada", path.name, "Baris pertama harus: kode, nama"
        )
    frame = frame[["kode", "nama"]].dropna().rename(columns={"kode": "code", "nama": "name"})
    frame["code"] = frame["code"].str.strip()
    bad = frame[~frame["code"].str.fullmatch(r"\d{2}(\.\d{2}(\.\d{2}(\.\d{4})?)?)?")]
    if not bad.empty:
        raise InputError(
            f"Kode wilayah “{bad['code'].iloc[0][:20]}” tidak terbaca",
            f"{path.name}, baris {bad.index[0] + 2}",
            "Tulis kode Kemendagri dengan titik: 17.71.01.1001",
        )
    parts = frame["code"].str.count(r"\.")
    return frame[parts == 1], frame[parts == 2], frame[parts == 3]


def _read_workbook(path: Path, dtype: type) -> pd.DataFrame:
    return pd.read_excel(path, dtype=dtype, engine="calamine")


def _npm_lists() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    npm = shutil.which("npm")
    if npm is None:
        raise InputError(
            "npm tidak terpasang, sehingga daftar wilayah tidak dapat diambil",
            PACKAGE,
            "Pasang npm, atau beri daftar sendiri: ektp new kabupaten KODE --wilayah BERKAS",
        )
    with tempfile.TemporaryDirectory(prefix="ektp-") as folder:
        done = subprocess.run(
            [npm, "pack", PACKAGE, "--json"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        archives = list(Path(folder).glob("*.tgz"))
        if done.returncode or not archives:
            raise InputError(
                "Daftar wilayah tidak dapat diunduh",
                PACKAGE,
                "Periksa jaringan, atau beri daftar sendiri dengan --wilayah",
            )
        tables = []
        with tarfile.open(archives[0]) as archive:
            for name in ("regencies", "districts", "villages"):
                member = archive.extractfile(f"package/data/{name}.csv")
                if member is None:
                    raise InputError(f"Isi paket tidak lengkap: {name}", PACKAGE, "Pakai --wilayah")
                tables.append(pd.read_csv(member, dtype=str)[["code", "name"]])
    return tables[0], tables[1], tables[2]


def _write_reference(
    folder: Path, office: tuple[str, str, str], districts: pd.DataFrame, villages: pd.DataFrame
) -> None:
    folder.mkdir(parents=True)
    shared = PROJECT / "data" / "reference"
    for path in sorted(shared.iterdir()):
        # a table with codes of one kabupaten (the tile map) does not serve another
        if path.name not in OF_THIS_OFFICE and "district_code" not in path.read_text("utf-8")[:200]:
            shutil.copyfile(path, folder / path.name)
    columns = ["regency_code", "regency_kind", "regency_name"]
    pd.DataFrame([office], columns=columns).to_csv(folder / "regency.csv", index=False)
    pd.DataFrame({"district_code": districts["code"], "district_name": districts["name"]}).to_csv(
        folder / "districts.csv", index=False
    )
    number = villages["code"].str[9:10]
    pd.DataFrame(
        {
            "village_code": villages["code"],
            "district_code": villages["code"].str[:8],
            "village_name": villages["name"],
            "village_kind": number.map({KELURAHAN: "kelurahan"}).fillna("desa"),
        }
    ).to_csv(folder / "villages.csv", index=False)


def _write_project(target: Path, title: str, first_district: str) -> None:
    for name in ("inbox", "store", "quarantine"):
        (target / "data" / name).mkdir(mode=0o700)
    shutil.copyfile(PROJECT / ".gitignore", target / ".gitignore")
    shutil.copytree(PROJECT / "theme", target / "theme")
    shutil.copytree(PROJECT / "docs" / "analis", target / "docs" / "analis")
    shutil.copyfile(PROJECT / "docs" / "panduan.qmd", target / "docs" / "panduan.qmd")
    for page in sorted(PROJECT.glob("*.qmd")):
        shutil.copyfile(page, target / page.name)
    site = (PROJECT / "_quarto.yml").read_text(encoding="utf-8")
    own = yaml.safe_load((PROJECT / "_quarto.yml").read_text(encoding="utf-8"))["website"]["title"]
    (target / "_quarto.yml").write_text(site.replace(own, f"KTP-el {title}"), encoding="utf-8")
    (target / "data" / "pilihan.yaml").write_text(
        "# Desa/kelurahan yang harus (sematkan) atau tidak boleh (kecualikan) masuk rencana.\n"
        "sematkan: []\nkecualikan: []\n",
        encoding="utf-8",
    )
    (target / SETTINGS_FILE).write_text(settings_text(), encoding="utf-8")
    notebooks = target / "notebooks"
    notebooks.mkdir()
    for path in sorted((PROJECT / "notebooks").glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
            if "parameters" in cell.metadata.get("tags", []) and path.stem in BUILT_IN:
                written = parameters_cell(BUILT_IN[path.stem].parameters)
                here = BUILT_IN[path.stem].parameters.model_fields.get("district")
                default = json.dumps(here.default) if here else ""
                cell.source = (
                    written.replace(default, json.dumps(first_district), 1) if here else written
                )
        nbformat.write(notebook, notebooks / path.name)


def settings_text() -> str:
    """All settings with their defaults, commented out, for a new ``ektp.toml``."""
    lines = ["# Hapus tanda # di depan pengaturan yang ingin diubah.", ""]
    for name, field in Settings.model_fields.items():
        default = field.default
        value = (
            str(default).lower()
            if isinstance(default, bool)
            else str(default)
            if isinstance(default, (int, float))
            else default.isoformat()
            if hasattr(default, "isoformat")
            else json.dumps(str(default))
            if not isinstance(default, (tuple, list))
            else json.dumps(list(default))
        )
        lines += [f"# {field.description}", f"# {name} = {value}", ""]
    return "\n".join(lines)
