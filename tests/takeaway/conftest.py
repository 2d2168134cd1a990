"""The tables of two places, made by the exhibits as a notebook would, without a kernel."""

import os

import pytest

from ektp_analysis.execute.downloads import Downloads
from ektp_analysis.exhibit import MEDIA_TYPE, REPORT_MEDIA_TYPE, SWITCH
from ektp_analysis.exhibits import backlog, cohort, load_report, planning, visits

DISTRICT = "17.02.19"
SLUG = "curup-tengah"


def write_report(folder, report, calls, **parameters):
    """Write the downloads of a report; returns what it loaded."""
    loaded = load_report(report, **parameters)
    downloads = Downloads(folder, report, report)
    downloads.describe(loaded._repr_mimebundle_()[REPORT_MEDIA_TYPE])
    for call in calls:
        bundle = call(loaded)._repr_mimebundle_()
        downloads.add(bundle["text/html"], bundle[MEDIA_TYPE])
    downloads.write_tables()
    return loaded


@pytest.fixture(scope="session")
def project(tmp_path_factory):
    """A folder as the execution leaves it, with the kabupaten and one kecamatan."""
    folder = tmp_path_factory.mktemp("project")
    before = os.environ.get(SWITCH)
    os.environ[SWITCH] = "data"
    try:
        calls = [
            planning.next_week,
            backlog.trend,
            backlog.clearing,
            backlog.movements,
            backlog.places,
        ]
        write_report(folder, "overview", [*calls, planning.plan, planning.rules_compared])
        place = folder / "laporan" / SLUG
        calls = [backlog.trend, backlog.places, backlog.movements, planning.candidates]
        write_report(place, "backlog", calls, district=DISTRICT)
        write_report(place, "cohort", [cohort.months, cohort.inflow], district=DISTRICT)
        write_report(place, "visit_effectiveness", [visits.latest_visits], district=DISTRICT)
    finally:
        os.environ[SWITCH] = before or "plain"
    return folder
