"""What runs again after a change: what depends on it, and nothing else."""

import os
import shutil
from datetime import date
from pathlib import Path

import nbformat
import pytest

import ektp_analysis
from ektp_analysis import schema
from ektp_analysis.execute import execute, make_plan
from ektp_analysis.execute.code import Code, notebook_imports
from ektp_analysis.execute.plan import libraries_digest
from ektp_analysis.execute.run import plan_outcomes
from ektp_analysis.snapshot import write_snapshot
from ektp_analysis.store import open_store

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
LATEST = date(2024, 8, 2)
PLACES = ("Curup", "Kota Padang")
THIN = {
    "overview": "loaded.protection.limit",
    "backlog": "loaded.protection.limit, len(whole.expected(loaded)), loaded.outlook",
    "cohort": "loaded.protection.limit, arrivals.village_inflow(loaded)",
}


def thin_notebooks(folder):
    """The real parameters, but reading is all that they do."""
    folder.mkdir()
    for name, source in THIN.items():
        notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
        code = [c for c in notebook.cells if c.cell_type == "code"]
        load = nbformat.v4.new_code_cell(
            "from ektp_analysis.exhibits import arrivals, load_report, whole\n"
            + code[1].source.splitlines()[-2]
        )
        cells = [notebook.cells[0], code[0], load, nbformat.v4.new_code_cell(source)]
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=notebook.metadata),
                       folder / f"{name}.ipynb")  # fmt: skip
    return folder


def change_one_village(root, village):
    """Record two more residents of a village in the last week."""
    store = open_store(root)
    tables = {name: store.table(name, LATEST) for name in schema.TABLES}
    rows = tables["stock"]
    row = rows[(rows["village_code"] == village) & (rows["unrecorded"] > 2)].index[0]
    rows.loc[row, ["recorded", "unrecorded"]] += [2, -2]
    write_snapshot(root, LATEST, tables, sources={}, synthetic=True)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    root = tmp_path_factory.mktemp("project")
    shutil.copytree(os.environ["EKTP_STORE"], root / "store")
    return root, thin_notebooks(root / "notebooks")


def states(project, function, **more):
    root, notebooks = project
    store = open_store(root / "store")
    units = make_plan(store, notebooks, only=[*THIN, *PLACES], memory=root / "kode.json")
    return {o.label: o for o in function(units, store.root, root, **more)}


def test_one_village_runs_its_kecamatan_and_the_overview_again(project):
    first = states(project, execute, workers=2)
    assert {o.state for o in first.values()} == {"ok"} and len(first) == 5, first
    again = states(project, execute, workers=2)
    assert {o.state for o in again.values()} == {"cached"}

    change_one_village(project[0] / "store", "17.02.09.1025")
    before = states(project, plan_outcomes)
    assert "data Kecamatan Curup berubah" in before["laporan/curup/backlog"].sentence
    assert "data kabupaten berubah" in before["index"].sentence
    after = states(project, execute, workers=2)
    assert "failed" not in {o.state for o in after.values()}, after
    assert {o.label for o in after.values() if o.state == "ok"} == {
        "index",
        "laporan/curup/backlog",
        "laporan/curup/cohort",
    }
    assert {o.state for o in states(project, plan_outcomes).values()} == {"cached"}


def copied_package(tmp_path):
    folder = tmp_path / "package"
    shutil.copytree(Path(ektp_analysis.__file__).parent, folder)
    return folder


def changed_reports(folder, edit):
    """Reports whose code differs after an edit of a copied package."""
    digests = []
    for _ in range(2):
        code = Code(folder, folder.parent / "kode.json")
        found = {}
        for path in sorted(NOTEBOOKS.glob("*.ipynb")):
            cells = nbformat.read(path, as_version=4).cells
            imports = notebook_imports(c.source for c in cells if c.cell_type == "code")
            found[path.stem] = code.digest(imports)
        digests.append(found)
        edit()
    return {name for name in digests[0] if digests[0][name] != digests[1][name]}


ALL = {path.stem for path in NOTEBOOKS.glob("*.ipynb")}


@pytest.mark.parametrize(
    ("module", "added", "expected"),
    [
        ("figures/cohort.py", "ADDED = 1", {"cohort"}),
        ("exhibits/quality.py", "ADDED = 1", {"data_quality"}),
        ("format.py", "ADDED = 1", ALL),
        ("execute/finish.py", "ADDED = 1", ALL),
        ("format.py", "# a comment", set()),
        ("site/render.py", "ADDED = 1", set()),
    ],
)
def test_code(tmp_path, module, added, expected):
    folder = copied_package(tmp_path)

    def edit():
        with (folder / module).open("a") as file:
            file.write(f"\n{added}\n")

    assert changed_reports(folder, edit) == expected


def test_an_import_by_a_computed_name_reaches_everything(tmp_path):
    folder = copied_package(tmp_path)
    with (folder / "figures" / "cohort.py").open("a") as file:
        file.write("\nimport importlib\nX = importlib.import_module('ektp_analysis.' + 'format')\n")
    code = Code(folder)
    reached = code.reach(["ektp_analysis.exhibits.cohort"])
    assert "ektp_analysis.exhibits.visits" in reached and "ektp_analysis.site.check" in reached


def test_lock_file(tmp_path):
    for name in ("requirements.lock", "README.md"):
        (tmp_path / name).write_text("a==1\n")
    first = libraries_digest(tmp_path)
    (tmp_path / "README.md").write_text("changed")
    assert libraries_digest(tmp_path) == first
    (tmp_path / "requirements.lock").write_text("a==2\n")
    assert libraries_digest(tmp_path) != first
