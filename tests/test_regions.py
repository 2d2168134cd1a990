"""The region tables are those of Kabupaten Rejang Lebong."""

import pytest

from ektp_analysis import regions
from ektp_analysis.errors import ParameterError


def test_fifteen_kecamatan_and_156_desa() -> None:
    assert len(regions.districts()) == 15
    villages = regions.villages()
    assert len(villages) == 156
    assert villages["village_code"].is_unique
    assert not villages.duplicated(["district_code", "village_slug"]).any()


@pytest.mark.parametrize("text", ["17.02.19", "Curup Tengah", "Kec. Curup Tengah", "curup-tengah"])
def test_find_district_by_code_name_or_slug(text: str) -> None:
    assert regions.find_district(text)["district_name"] == "Curup Tengah"


def test_unknown_district_is_one_sentence_with_the_choices() -> None:
    with pytest.raises(ParameterError) as caught:
        regions.find_district("99.99.99")
    assert str(caught.value).startswith(
        "Kecamatan “99.99.99” tidak dikenal (kecamatan). Pilih salah satu: 17.02.06 Kota Padang, "
    )
