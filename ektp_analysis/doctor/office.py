"""What the office set up: folders, room, data, editions, schedule, delivery, news."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from ektp_analysis.doctor.finding import Finding
from ektp_analysis.errors import EktpError, disk_reason
from ektp_analysis.format import day, number
from ektp_analysis.notify import last_run
from ektp_analysis.private import restricted_folders
from ektp_analysis.settings import Settings
from ektp_analysis.site.deliver import parse_target, without_secret
from ektp_analysis.site.deliver_git import GitTarget
from ektp_analysis.site.deliver_rsync import RsyncTarget
from ektp_analysis.site.editions import current, editions
from ektp_analysis.site.manifest import read_manifest, verify_edition
from ektp_analysis.store import Store

LEAST = 500_000_000
"""Bytes: a build of one kabupaten with its cache takes about a tenth of it."""
COMFORT = 2_000_000_000
WEEK = timedelta(days=8)


def room(project: Path, settings: Settings) -> Finding:
    """Free disk where editions and caches are written."""
    folder = project / settings.editions
    free = shutil.disk_usage(folder if folder.exists() else project).free
    text = f"{number(free / 1e9, 1)} GB bebas"
    if free < LEAST:
        return Finding("Ruang disk", "salah", text, "Kosongkan disk: perlu sedikitnya 0,5 GB")
    if free < COMFORT:
        return Finding("Ruang disk", "perhatian", text, "Kosongkan disk, atau kecilkan retention")
    return Finding("Ruang disk", "baik", text)


def rights(project: Path, settings: Settings) -> Iterator[Finding]:
    """Whether every folder takes a file, and persons' data are for their owner only."""
    bad = []
    for folder in (
        settings.store,
        settings.editions,
        settings.quarantine,
        Path(".ektp"),
        Path(),
    ):
        place = project / folder
        while not place.exists():
            place = place.parent
        try:
            with tempfile.NamedTemporaryFile(dir=place, prefix=".periksa-"):
                pass
        except OSError as error:
            bad.append(f"{folder} ({disk_reason(error)})")
    if bad:
        yield Finding(
            "Izin folder", "salah", f"tidak dapat ditulis: {', '.join(bad)}",
            f"Beri hak tulis kepada pengguna ini (nomor {os.getuid()})",
        )  # fmt: skip
    else:
        yield Finding("Izin folder", "baik", "semua folder dapat ditulis")
    open_to_others = [
        os.path.relpath(folder, project)
        for folder in restricted_folders(project, settings)
        if folder.exists() and folder.stat().st_mode & 0o077
    ]
    if open_to_others:
        yield Finding(
            "Data pribadi", "perhatian",
            f"dapat dibaca pengguna lain: {', '.join(open_to_others)}",
            f"Jalankan: chmod 700 {' '.join(open_to_others)}",
        )  # fmt: skip


def data(project: Path, settings: Settings, today: date) -> Iterator[Finding]:
    """Whether the store is whole and fresh."""
    store = Store(project / settings.store)
    try:
        if not store.dates():
            yield Finding(
                "Gudang data", "perhatian", "masih kosong",
                f"Taruh berkas kantor di {settings.inbox}, lalu: ektp build",
            )  # fmt: skip
            return
        store.verify()
    except EktpError as error:
        yield Finding("Gudang data", "salah", f"{error.what} ({error.where})", error.mend)
        return
    latest = store.latest()
    kind = " (data sintetis)" if store.is_synthetic() else ""
    yield Finding("Gudang data", "baik", f"{number(len(store.dates()))} minggu utuh{kind}")
    age = (today - latest).days
    if age > settings.stale_days:
        yield Finding(
            "Kesegaran data", "perhatian", f"data terakhir {day(latest)}, {number(age)} hari lalu",
            f"Taruh berkas kantor minggu ini di {settings.inbox}, lalu: ektp build",
        )  # fmt: skip
    elif age < 0:
        yield Finding(
            "Kesegaran data", "salah", f"data terakhir {day(latest)} ada di masa depan",
            "Betulkan jam komputer (timedatectl), atau tanggal di nama folder data",
        )  # fmt: skip
    else:
        yield Finding("Kesegaran data", "baik", f"data terakhir {day(latest)}")


def published(project: Path, settings: Settings, now: datetime) -> Iterator[Finding]:
    """Whether a whole edition is up, and the clock is not behind it."""
    folder = project / settings.editions
    up = current(folder)
    if up is None:
        yield Finding("Edisi", "perhatian", "belum ada yang terbit", "Jalankan: ektp build")
        return
    if problems := verify_edition(folder / up):
        yield Finding(
            "Edisi", "salah", f"edisi yang tampil ({up}) rusak: {problems[0]}",
            "Jalankan: ektp rollback, lalu ektp build",
        )  # fmt: skip
    else:
        total = number(len(editions(folder)))
        yield Finding("Edisi", "baik", f"{up} tampil dan utuh; {total} edisi tersimpan")
    manifest = read_manifest(folder / up)
    if manifest and manifest.published > now + timedelta(minutes=5):
        yield Finding(
            "Jam", "salah", "jam komputer lebih awal daripada terbitnya edisi yang tampil",
            "Betulkan jam: timedatectl set-ntp true",
        )  # fmt: skip
    else:
        yield Finding("Jam", "baik", f"{now:%Y-%m-%d %H:%M} UTC")


def schedule(project: Path, now: datetime) -> Iterator[Finding]:
    """Whether something runs the build every week, and how its last run ended."""
    found = _scheduler(project)
    if found:
        yield Finding("Jadwal", "baik", found)
    else:
        yield Finding(
            "Jadwal", "perhatian", "tidak ada jadwal mingguan yang ditemukan",
            "Pasang salah satu dari deploy/: timer systemd, baris cron, atau alur GitHub Actions",
        )  # fmt: skip
    state = last_run(project)
    if state is None:
        return
    when = datetime.fromisoformat(state["when"])
    if state["exit_code"]:
        yield Finding(
            "Proses terakhir", "salah",
            f"{when:%Y-%m-%d} gagal (kode {state['exit_code']}): {state['sentence']}",
            "Benahi, lalu ulangi: ektp build",
        )  # fmt: skip
    elif now - when > WEEK:
        yield Finding(
            "Proses terakhir", "perhatian", f"sudah {number((now - when).days)} hari yang lalu",
            "Periksa jadwalnya: systemctl list-timers, atau crontab -l",
        )  # fmt: skip
    else:
        yield Finding("Proses terakhir", "baik", f"{when:%Y-%m-%d %H:%M} UTC berhasil")


def _scheduler(project: Path) -> str:
    for scope in ([], ["--user"]):
        if _says(["systemctl", *scope, "is-enabled", "ektp.timer"]).startswith("enabled"):
            return "timer systemd ektp.timer"
    if any(
        "ektp" in line and not line.lstrip().startswith("#")
        for line in _says(["crontab", "-l"]).splitlines()
    ):
        return "cron"
    for workflow in (project / ".github/workflows").glob("*.y*ml"):
        text = workflow.read_text(encoding="utf-8", errors="replace")
        if "schedule:" in text and "ektp" in text:
            return f"GitHub Actions ({workflow.name})"
    return ""


def _says(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout


def delivery(settings: Settings) -> Iterator[Finding]:
    """Whether the targets are understood, and their tools are there."""
    for text in settings.targets:
        name = without_secret(text)
        try:
            target = parse_target(text, ssh=settings.ssh_command)
        except EktpError as error:
            yield Finding("Tujuan", "salah", f"{name} tidak dikenal", error.mend)
            continue
        tool = {GitTarget: "git", RsyncTarget: "rsync"}.get(type(target))
        if tool and not shutil.which(tool):
            yield Finding(
                "Tujuan", "salah", f"{name}: {tool} tidak terpasang", f"Pasang paket {tool}"
            )
        else:
            yield Finding("Tujuan", "baik", name)


def news(settings: Settings) -> Finding:
    """Whether someone hears of a failure."""
    ways = [
        *(["perintah"] if settings.notify_command else []),
        *([f"{len(settings.notify_email)} alamat surel"] if settings.notify_email else []),
    ]
    if ways:
        return Finding("Kabar", "baik", f"bila gagal: {' dan '.join(ways)}")
    return Finding(
        "Kabar", "perhatian", "tidak ada yang diberi tahu bila pembuatan gagal",
        "Isi notify_command atau notify_email di ektp.toml, lalu coba: ektp notify --test",
    )  # fmt: skip


def examine(project: Path, settings: Settings, now: datetime | None = None) -> Iterator[Finding]:
    """All findings on what the office set up.

    Parameters
    ----------
    project
        Folder of ``_quarto.yml``.
    settings
        In force.
    now
        Time, with its zone; the present by default.
    """
    now = now or datetime.now(UTC)
    yield room(project, settings)
    yield from rights(project, settings)
    yield from data(project, settings, now.date())
    yield from published(project, settings, now)
    yield from schedule(project, now)
    yield from delivery(settings)
    yield news(settings)
