"""Office files in, the simulation's own tables out; bad files say what is wrong."""

import json
import stat

import pandas as pd
import pytest

from ektp_analysis.errors import InputError, StoreError
from ektp_analysis.ingest import ingest
from ektp_analysis.sample import Parameters, simulate
from ektp_analysis.sample.office_files import write_office_files
from ektp_analysis.store import Store

WEEKS = 4


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    folder = tmp_path_factory.mktemp("office")
    simulation = simulate(Parameters(scale=0.05), weeks=WEEKS)
    write_office_files(simulation, folder / "inbox")
    report = ingest([folder / "inbox"], folder / "store", folder / "quarantine")
    return simulation, folder, report


def tidy(frame, date):
    keys = [c for c in ("as_of", "week", "village_code", "birth_year", "sex") if c in frame]
    part = frame[frame[date] <= "2024-07-19"]
    return part.sort_values(keys, ignore_index=True)


@pytest.mark.parametrize(("name", "date"), [("stock", "as_of"), ("flow", "week")])
def test_clean_weeks_equal_the_truth(office, name, date):
    simulation, folder, _ = office
    found = getattr(Store(folder / "store").load(), name)
    pd.testing.assert_frame_equal(
        tidy(found, date), tidy(simulation.tables[name], date), check_dtype=False
    )


def test_cohort_tables_equal_the_truth(office):
    from ektp_analysis.sample.population import day_number
    from ektp_analysis.sample.tables import durations_table, upcoming_table

    simulation, folder, _ = office
    day = simulation.as_of[1]
    found = Store(folder / "store").load(day)
    for name, make in (("durations", durations_table), ("upcoming", upcoming_table)):
        truth = make(simulation.people, simulation.place, day_number(day))
        keys = list(truth.columns)
        pd.testing.assert_frame_equal(
            getattr(found, name).sort_values(keys, ignore_index=True),
            truth.sort_values(keys, ignore_index=True),
            check_dtype=False,
        )


def test_every_planted_fault_is_found(office):
    _, folder, _ = office
    quality = Store(folder / "store").load().quality
    planted = json.loads((folder / "inbox" / "truth.json").read_text())["faults"]
    assert len(planted) == 2
    for source, faults in planted.items():
        rows = quality[quality["source"] == source].set_index("rule")["quarantined"]
        for rule in ("duplicate_nik", "impossible_birth_date", "unknown_village", "malformed_nik"):
            assert rows[rule] == faults[rule]
        read = quality.loc[quality["source"] == source, "rows_read"].iloc[0]
        assert read == faults["rows"]


def test_visits_arrive_whole(office):
    simulation, folder, _ = office
    found = Store(folder / "store").load().visits.sort_values("visit_id", ignore_index=True)
    pd.testing.assert_frame_equal(
        found, simulation.tables["visits"].sort_values("visit_id", ignore_index=True)
    )


def test_quarantine_is_for_the_owner_only(office):
    _, folder, report = office
    rejected = [p for p in report.quarantine if "~ditolak" in p.name]
    assert len(rejected) == 2
    for path in report.quarantine:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        first = pd.read_excel(path, engine="calamine").columns[:6].tolist()
        assert first in (
            ["Berkas", "Baris", "Kolom", "Alasan", "Perbaikan", "NIK"],
            ["Berkas", "Lembar", "Baris", "Kolom", "Alasan", "Perbaikan"],
        )
    assert list((folder / "quarantine" / ".kerja").iterdir()) == []


def test_store_holds_no_nik(office):
    _, folder, _ = office
    for path in (folder / "store").rglob("*.parquet"):
        columns = {c.lower() for c in pd.read_parquet(path).columns}
        assert not columns & {"nik", "birth_date", "tanggal lahir"}


def test_second_ingest_changes_nothing(office):
    _, folder, _ = office
    before = {p: p.stat().st_mtime_ns for p in (folder / "store").rglob("*") if p.is_file()}
    report = ingest([folder / "inbox"], folder / "store", folder / "quarantine")
    assert report.written == [] and len(report.unchanged) == WEEKS
    assert before == {p: p.stat().st_mtime_ns for p in (folder / "store").rglob("*") if p.is_file()}


HEADER = "NIK;TANGGAL LAHIR;JK;DESA;KECAMATAN;STATUS REKAM\n"
ROW = "9901010101900001;01/01/1990;L;DESA BATU PANCO;CURUP UTARA;SUDAH\n"


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        (
            "kosong_20240802.csv",
            b"",
            "Berkas kosong (kosong_20240802.csv). Unduh ulang berkasnya dari SIAK.",
        ),
        (
            "tanpa_20240802.csv",
            b"NIK;TANGGAL LAHIR;DESA\n1;2;3\n",
            "Kolom wajib tidak ada: STATUS PEREKAMAN (tanpa_20240802.csv). Tambahkan kolom itu, atau betulkan judulnya.",
        ),
        (
            "rusak_20240802.xlsx",
            b"bukan buku kerja",
            "Buku kerja tidak terbaca (rusak_20240802.xlsx). Buka di Excel, simpan ulang tanpa kata sandi sebagai .xlsx.",
        ),
        (
            "rusak_20240802.parquet",
            b"PAR1",
            "Berkas parquet rusak (rusak_20240802.parquet). Salin ulang berkasnya.",
        ),
        (
            "asing_20240802.csv",
            b"a;b;c\n1;2;3\n",
            "Judul kolom tidak dikenali (asing_20240802.csv).",
        ),
        ("gambar_20240802.png", b"x", "Jenis berkas “.png” tidak dikenal (gambar_20240802.png)."),
        (
            "tanpa-tanggal.csv",
            (HEADER + ROW).encode(),
            "Tanggal data tidak diketahui (tanpa-tanggal.csv).",
        ),
    ],
)
def test_bad_files_say_what_and_where(tmp_path, name, content, sentence):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        ingest([path], tmp_path / "store", tmp_path / "quarantine")
    assert str(caught.value).startswith(sentence)
    assert not list((tmp_path / "store").glob("as_of*"))


def test_missing_file(tmp_path):
    with pytest.raises(InputError, match="Berkas tidak ditemukan"):
        ingest([tmp_path / "tidak-ada.csv"], tmp_path / "store", tmp_path / "quarantine")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_encodings(tmp_path, encoding):
    path = tmp_path / "penduduk_20240802.csv"
    path.write_bytes(("Daftar – Penduduk\n" + HEADER + ROW).encode(encoding))
    ingest([path], tmp_path / "store", tmp_path / "quarantine")
    assert Store(tmp_path / "store").load().stock["recorded"].tolist() == [1]


def test_too_many_bad_rows_refuse_the_file_and_keep_the_rows(tmp_path):
    path = tmp_path / "penduduk_20240802.csv"
    path.write_text(HEADER + ROW + ROW.replace("9901", "XX"))
    with pytest.raises(InputError, match="Terlalu banyak baris ditolak: 1") as caught:
        ingest([path], tmp_path / "store", tmp_path / "quarantine")
    assert "9901010101900001" not in str(caught.value)
    assert not list((tmp_path / "store").glob("as_of*"))
    assert len(list((tmp_path / "quarantine").rglob("*~ditolak.xlsx"))) == 1


def test_full_disk_leaves_the_store_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / "penduduk_20240802.csv"
    path.write_text(HEADER + ROW)
    ingest([path], tmp_path / "store", tmp_path / "quarantine")
    before = (tmp_path / "store/as_of=2024-08-02/current").read_text()

    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ektp_analysis.snapshot.pq.write_table", full)
    path.write_text(HEADER + ROW.replace("SUDAH", "BELUM"))
    with pytest.raises(StoreError, match="Gudang data tidak dapat ditulis"):
        ingest([path], tmp_path / "store", tmp_path / "quarantine")
    monkeypatch.undo()
    assert (tmp_path / "store/as_of=2024-08-02/current").read_text() == before
    assert Store(tmp_path / "store").load().stock["recorded"].tolist() == [1]
    assert not list((tmp_path / "store").rglob(".draft*"))
