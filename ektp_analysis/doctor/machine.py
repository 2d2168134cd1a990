"""What the machine offers: Python, packages, renderer, kernel, fonts, browser."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata

from packaging.requirements import Requirement

from ektp_analysis.doctor.finding import Finding

OLDEST = (3, 11)
FONTS = ("DejaVu Sans",)
"""What figures fall back to; without it matplotlib draws empty boxes."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def python() -> Finding:
    """The interpreter."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST:
        return Finding("Python", "salah", f"versi {version}", "Pasang Python 3.11 atau lebih baru")
    return Finding("Python", "baik", f"versi {version}")


def packages() -> Finding:
    """The packages that ``ektp-analysis`` requires, with their bounds."""
    try:
        lines = metadata.requires("ektp-analysis") or []
    except metadata.PackageNotFoundError:
        return Finding(
            "Paket",
            "salah",
            "ektp-analysis tidak terpasang",
            "Jalankan: pip install --no-deps -e .",
        )
    wrong, count = [], 0
    for requirement in map(Requirement, lines):
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        count += 1
        try:
            found = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            wrong.append(f"{requirement.name} tidak ada")
        else:
            if not requirement.specifier.contains(found, prereleases=True):
                wrong.append(f"{requirement.name} {found} (perlu {requirement.specifier})")
    if wrong:
        return Finding(
            "Paket", "salah", "; ".join(wrong),
            "Jalankan: pip install --require-hashes -r requirements.lock",
        )  # fmt: skip
    return Finding("Paket", "baik", f"{count} paket terpasang")


def renderer() -> Finding:
    """Quarto, or the embedded renderer."""
    quarto = shutil.which("quarto")
    if quarto:
        done = _output([quarto, "--version"])
        if done:
            return Finding("Perender", "baik", f"Quarto {done}")
        return Finding(
            "Perender", "salah", "Quarto ada tetapi tidak jalan",
            "Pasang ulang Quarto, atau keluarkan dari PATH: perender bawaan lalu dipakai",
        )  # fmt: skip
    try:
        return Finding("Perender", "baik", f"bawaan (smalldocs {metadata.version('smalldocs')})")
    except metadata.PackageNotFoundError:
        return Finding(
            "Perender", "salah", "Quarto maupun smalldocs tidak ada",
            "Jalankan: pip install --require-hashes -r requirements.lock",
        )  # fmt: skip


def kernel() -> Finding:
    """The Jupyter kernel of the notebooks."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        command = KernelSpecManager().get_kernel_spec("python3").argv[0]
    except NoSuchKernel:
        return Finding(
            "Kernel", "salah", "kernel python3 tidak ada",
            "Jalankan: python -m ipykernel install --sys-prefix",
        )  # fmt: skip
    if not shutil.which(command):
        return Finding(
            "Kernel", "salah", "kernel python3 menunjuk Python yang tidak ada",
            "Jalankan: python -m ipykernel install --sys-prefix",
        )  # fmt: skip
    return Finding("Kernel", "baik", "python3 siap")


def fonts() -> Finding:
    """The fonts of the figures."""
    from matplotlib.font_manager import fontManager

    there = {font.name for font in fontManager.ttflist}
    missing = [name for name in FONTS if name not in there]
    if missing:
        return Finding(
            "Huruf", "salah", f"{', '.join(missing)} tidak ditemukan",
            "Pasang ulang matplotlib, atau paket fonts-dejavu",
        )  # fmt: skip
    return Finding("Huruf", "baik", ", ".join(FONTS))


def browser() -> Finding:
    """Chromium, for the browser tests only."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        return Finding(
            "Chromium", "perhatian", "tidak terpasang (hanya perlu untuk uji peramban)",
            "Bagi pengembang: pasang paket chromium",
        )  # fmt: skip
    return Finding("Chromium", "baik", _output([found, "--version", "--no-sandbox"]) or found)


def _output(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip().splitlines()[-1] if done.returncode == 0 and done.stdout else ""


def examine() -> Iterator[Finding]:
    """All findings on the machine."""
    for look in (python, packages, renderer, kernel, fonts, browser):
        yield look()
