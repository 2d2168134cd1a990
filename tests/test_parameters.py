"""Wrong parameters: one clear sentence and exit code 2."""

import pytest

from ektp_analysis.errors import ParameterError
from ektp_analysis.exhibits import load_report
from ektp_analysis.parameters import REPORTS


@pytest.mark.parametrize(
    ("report", "values", "words"),
    [
        (
            "backlog",
            {"district": "99.99.99"},
            "Kecamatan tidak dikenal; Pilih salah satu: 17.02.06",
        ),
        ("backlog", {"as_of": "2999-01-01"}, "Tanggal di masa depan"),
        ("backlog", {"as_of": "2 Agustus"}, "Tulis tanggal sebagai TAHUN-BULAN-TANGGAL"),
        ("overview", {"district": "17.02.19"}, "Parameter yang dikenal: as_of, store"),
        ("cohort", {"cohort_year": 1800}, "Tahun lahir di luar jangkauan"),
        ("cohort", {"cohort_year": "x"}, "Periksa jenis nilainya"),
    ],
)
def test_refused(report, values, words):
    with pytest.raises(ParameterError) as caught:
        REPORTS[report].validate(values)
    assert words in str(caught.value) and caught.value.exit_code == 2


def test_names_are_understood():
    assert REPORTS["backlog"].validate({"district": "Curup Tengah"}).district == "17.02.19"


def test_date_without_data_exits_with_2():
    with pytest.raises(Exception, match="Tidak ada data tanggal 2020-01-03") as caught:
        load_report("backlog", as_of="2020-01-03")
    assert caught.value.exit_code == 2
