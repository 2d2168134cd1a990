"""The files of deploy/ say what the project does: every Friday, commands that exist, known exit codes."""

import re
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import typer
import yaml

from ektp_analysis import errors
from ektp_analysis.cli import app
from ektp_analysis.notify import MEANINGS
from ektp_analysis.settings import Settings
from ektp_analysis.site.command import EXIT_CODES

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
WIB = ZoneInfo("Asia/Jakarta")


def commands():
    return typer.main.get_command(app).commands


def test_every_command_and_option_in_deploy_exists():
    used = 0
    for path in DEPLOY.rglob("*"):
        if path.is_file() and path.suffix != ".md":
            for name, options in re.findall(r"bin/ektp (\w+)((?: --[\w-]+)*)", path.read_text()):
                known = {o for p in commands()[name].params for o in (*p.opts, *p.secondary_opts)}
                assert set(options.split()) <= known, path.name
                used += 1
    assert used >= 5


@pytest.mark.parametrize("unit", UNITS, ids=lambda p: p.name)
def test_systemd_accepts_the_unit(unit, tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed")
    for path in UNITS:  # the program of the units is not on this machine: another one stands in
        text = re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", path.read_text())
        (tmp_path / path.name).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / unit.name)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if "Failed to" in done.stderr and unit.name not in done.stderr:
        pytest.skip(f"systemd-analyze does not run here: {done.stderr.strip()[:80]}")
    assert (done.returncode, done.stderr) == (0, "")


def test_timer_is_on_friday():
    text = (DEPLOY / "systemd/ektp.timer").read_text()
    assert "OnCalendar=Fri *-*-* 06:00:00 Asia/Jakarta" in text and "Persistent=yes" in text
    if shutil.which("systemd-analyze"):
        spec = re.search(r"OnCalendar=(.*)", text)[1]
        done = subprocess.run(
            ["systemd-analyze", "calendar", spec], capture_output=True, text=True, check=True
        )
        stamp = re.search(r"Next elapse: \w+ ([\d-]+ [\d:]+) (\w+)", done.stdout)
        when = datetime.fromisoformat(stamp[1]).replace(tzinfo=ZoneInfo(stamp[2])).astimezone(WIB)
        assert (when.weekday(), when.hour) == (4, 6)


def test_cron_lines():
    lines = [
        line
        for line in (DEPLOY / "cron/ektp").read_text().splitlines()
        if line and not re.match(r"#|\w+=", line)
    ]
    fields = [line.split(maxsplit=6) for line in lines]
    assert [(f[:5], f[5]) for f in fields] == [
        (["0", "6", "*", "*", "5"], "ektp"),
        (["0", "6", "*", "*", "6"], "ektp"),
    ]
    for line in lines:
        assert "%" not in line, "cron takes a percent sign for a line break"
        subprocess.run(["sh", "-n", "-c", line.split(maxsplit=6)[6]], check=True)


def test_workflow():
    text = (DEPLOY / "github/weekly.yml").read_text()
    flow = yaml.safe_load(text)
    on = flow[True]  # YAML 1.1 reads the key `on` as true
    minute, hour, _, _, weekday = on["schedule"][0]["cron"].split()
    thursday = datetime(2024, 8, 1, int(hour), int(minute), tzinfo=ZoneInfo("UTC"))
    assert thursday.isoweekday() % 7 == int(weekday)
    there = thursday.astimezone(WIB)
    assert (there.weekday(), there.hour) == (4, 6)
    assert flow["permissions"] == {"contents": "write", "issues": "write"}
    assert flow["concurrency"]["cancel-in-progress"] is False, "a half-made edition helps nobody"
    job = flow["jobs"]["publish"]
    assert job["timeout-minutes"] <= 120
    for step in job["steps"]:
        assert ("uses" in step) != ("run" in step)
        if "uses" in step:
            assert re.fullmatch(r"[\w-]+/[\w-]+@v\d+", step["uses"])
        for name in step.get("env", {}):
            if name.startswith("EKTP_"):
                assert name.removeprefix("EKTP_").lower() in Settings.model_fields
        # what comes from outside reaches a shell through the environment only
        assert "${{" not in step.get("run", "")
    target = next(
        s["env"]["EKTP_TARGETS"] for s in job["steps"] if "EKTP_TARGETS" in s.get("env", {})
    )
    assert target.startswith("git+") and target.endswith("#gh-pages")
    assert job["steps"][-1]["if"] == "failure()"
    assert re.search(r"^site:", (ROOT / "Makefile").read_text(), re.M)


def test_workflow_agrees_with_the_published_schema():
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema",
         "vendor.github-workflows", str(DEPLOY / "github/weekly.yml")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_exit_codes_are_documented_where_they_are_looked_for():
    codes = {
        kind.exit_code
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.EktpError)
    }
    assert codes == {2, 3, 4, 5, 6, 7}
    guide = (ROOT / "docs/penerbitan.md").read_text()
    for code in codes | {0, errors.UNEXPECTED}:
        assert re.search(rf"\b{code} \w", EXIT_CODES), code
        assert re.search(rf"^\| {code} \|", guide, re.M), code
    assert set(MEANINGS) == codes - {5} | {errors.UNEXPECTED}
    for name in ("build", "publish", "deliver", "rollback", "verify", "doctor"):
        assert commands()[name].epilog == EXIT_CODES


def test_an_audit_that_could_look_nothing_up_does_not_pass(tmp_path):
    """pip-audit is played: like the real one it passes over what it does not know, but for --strict."""
    if not shutil.which("make"):
        pytest.skip("make is not installed")
    player = tmp_path / "python"
    player.write_text(
        "#!/bin/sh\n"
        'case "$*" in *--version*) exit 0;; *--strict*) echo "could not be audited"; exit 1;; esac\n'
        "exit 0\n"
    )
    player.chmod(0o755)
    done = subprocess.run(
        ["make", "audit", f"PYTHON={player}", "-o", ".venv/installed-test"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0 and "nothing is vouched for" in done.stdout
