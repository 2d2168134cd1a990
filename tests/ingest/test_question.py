"""A header that may be a column is asked about in a terminal; without one the command stops."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time

import offices as o
import pytest

from ektp_analysis.store import Store

HEADER = ["NIK", "TGL LAHIRAN ANAK", "JK", "DESA", "KECAMATAN", "STATUS REKAM", "TGL REKAM"]
QUESTION = "Apakah kolom “TGL LAHIRAN ANAK” memang TANGGAL LAHIR?"
SECONDS = 60


@pytest.fixture
def office(tmp_path):
    o.text(tmp_path / "p_20240802.csv", [HEADER, *o.rows()])
    return tmp_path


def in_a_terminal(folder, answer: str, *words: str) -> tuple[int, str]:
    """Run the command at a pseudo-terminal, answer its question; exit code and all that it said."""
    ours, theirs = pty.openpty()
    environment = {k: v for k, v in os.environ.items() if not k.startswith("EKTP_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "ektp_analysis", "ingest", *words],
        cwd=folder, env=environment | {"TERM": "dumb", "COLUMNS": "200"},
        stdin=theirs, stdout=theirs, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    said, answered, until = b"", False, time.monotonic() + SECONDS
    try:
        while time.monotonic() < until:
            if not select.select([ours], [], [], 0.2)[0]:
                continue
            try:
                part = os.read(ours, 4096)
            except OSError:  # the other end is closed
                break
            if not part:
                break
            said += part
            if not answered and b"[y/N]" in said:
                os.write(ours, f"{answer}\n".encode())
                answered = True
        return process.wait(timeout=SECONDS), said.decode(errors="replace")
    finally:
        process.kill()
        os.close(ours)


def test_yes_reads_the_file_and_is_saved(office):
    code, said = in_a_terminal(office, "y", "--save-mapping", "p_20240802.csv")
    assert QUESTION in said and "kemiripan" in said
    assert code == 0, said
    assert int(Store(office / "data" / "store").load().stock["eligible"].sum()) == 5
    assert not any(person[0] in said for person in o.PERSONS)
    # the answer is part of the mapping: next week asks nothing and needs no terminal
    o.text(office / "p_20240809.csv", [HEADER, *o.rows()])
    again = without_a_terminal(office, "p_20240809.csv")
    assert again.returncode == 0, again.stderr


def test_no_stops_with_what_is_missing(office):
    code, said = in_a_terminal(office, "n", "p_20240802.csv")
    assert QUESTION in said
    assert code == 2
    assert "Kolom wajib tidak ada: TANGGAL LAHIR (p_20240802.csv)" in said
    assert "Traceback" not in said and not (office / "data" / "store" / "as_of=2024-08-02").exists()


def without_a_terminal(folder, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("EKTP_")}
    return subprocess.run(
        [sys.executable, "-m", "ektp_analysis", "ingest", *words],
        cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=SECONDS,
    )  # fmt: skip


def test_without_a_terminal_it_stops_and_says_how_to_answer(office):
    done = without_a_terminal(office, "p_20240802.csv")
    assert done.returncode == 2
    assert "kolom “TGL LAHIRAN ANAK” mungkin TANGGAL LAHIR" in done.stderr
    assert '--kolom "TGL LAHIRAN ANAK=TANGGAL LAHIR" --save-mapping' in done.stderr
    assert QUESTION not in done.stdout + done.stderr
    assert not (office / "data" / "store" / "as_of=2024-08-02").exists()
