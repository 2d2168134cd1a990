"""A run that failed tells someone: by a command of the office's choice, and by e-mail.

Neither carries more than the sentence that the terminal shows, cleaned once more of anything that
looks like a person's number or address.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from ektp_analysis.durable import replace_text
from ektp_analysis.errors import UNEXPECTED, BusyError, EktpError
from ektp_analysis.settings import Settings

STATE = Path(".ektp/last_run.json")
TIMEOUT = 60
MEANINGS = {
    2: "salah pakai, pengaturan, berkas kantor, atau gudang data",
    3: "ada laporan yang gagal dibuat",
    4: "situs tidak terbit; edisi sebelumnya tetap tampil",
    6: "terbit di komputer kantor, tetapi gagal dikirim",
    7: "pemasangan perlu dibenahi",
    UNEXPECTED: "kesalahan program",
}


@dataclass(frozen=True)
class News:
    """What is told.

    Attributes
    ----------
    state
        ``gagal`` or ``pulih`` (a run succeeds after one that failed).
    exit_code
        Of the command.
    sentence
        What happened and what to do.
    """

    state: str
    exit_code: int
    sentence: str

    @property
    def subject(self) -> str:
        """Subject of the mail."""
        if self.state == "pulih":
            return "Laporan KTP-el: kembali berjalan"
        return f"Laporan KTP-el: pembuatan gagal (kode {self.exit_code})"

    @property
    def body(self) -> str:
        """Text of the mail."""
        if self.state == "pulih":
            return f"{self.sentence}\n"
        meaning = MEANINGS.get(self.exit_code, "sebab lain")
        return (
            f"{self.sentence}\n\nKode keluar {self.exit_code}: {meaning}.\n"
            "Periksa di komputer kantor dengan: ektp doctor\n"
        )


def without_persons(text: str) -> str:
    """The text without long numbers, mail addresses and folders of users.

    Examples
    --------
    >>> without_persons("baris 9902190101900001 di /home/siti/data.csv dari a.b@x.go.id")
    'baris … di …/data.csv dari …'
    """
    text = re.sub(r"\d{10,}", "…", text)
    text = re.sub(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", "…", text)
    return re.sub(r"(?<![\w:/])/(?:[^\s/:()]+/)+", "…/", text)


def tell(settings: Settings, news: News) -> list[str]:
    """Run the hook and send the mail, as far as they are set.

    Parameters
    ----------
    settings
        ``notify_command``, ``notify_email``, ``smtp_host``, ``smtp_port``, ``mail_from``.
    news
        The hook gets it as JSON on its input, and as ``EKTP_STATE``, ``EKTP_EXIT_CODE`` and
        ``EKTP_SENTENCE`` in its environment.

    Returns
    -------
    list of str
        What could not be told, as Indonesian sentences; telling never raises.
    """
    news = News(news.state, news.exit_code, without_persons(news.sentence))
    problems = []
    if settings.notify_command:
        problems += _run(settings.notify_command, news)
    if settings.notify_email:
        problems += _mail(settings, news)
    return problems


def _run(command: str, news: News) -> list[str]:
    environment = {
        **os.environ,
        "EKTP_STATE": news.state,
        "EKTP_EXIT_CODE": str(news.exit_code),
        "EKTP_SENTENCE": news.sentence,
    }
    try:
        done = subprocess.run(
            shlex.split(command), input=json.dumps(asdict(news), ensure_ascii=False), text=True,
            env=environment, timeout=TIMEOUT, capture_output=True, check=False,
        )  # fmt: skip
    except FileNotFoundError:
        return ["Perintah kabar (notify_command) tidak ditemukan."]
    except subprocess.TimeoutExpired:
        return [f"Perintah kabar (notify_command) tidak selesai dalam {TIMEOUT} detik."]
    except (OSError, ValueError):
        return ["Perintah kabar (notify_command) tidak dapat dijalankan."]
    code = done.returncode
    return [f"Perintah kabar (notify_command) gagal dengan kode {code}."] if code else []


def _mail(settings: Settings, news: News) -> list[str]:
    message = EmailMessage()
    try:
        message["Subject"] = news.subject
        message["From"] = settings.mail_from
        message["To"] = ", ".join(settings.notify_email)
        message.set_content(news.body)
        with smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=TIMEOUT) as server:
            server.ehlo_or_helo_if_needed()
            if server.has_extn("starttls") and settings.smtp_host not in ("localhost", "127.0.0.1"):
                server.starttls()
            refused = server.send_message(message)
    except (OSError, smtplib.SMTPException, ValueError) as error:
        return [
            f"Surel kabar tidak terkirim ({type(error).__name__}); periksa smtp_host dan smtp_port."
        ]
    return [f"{len(refused)} alamat surel ditolak oleh penyalur."] if refused else []


def last_run(project: Path) -> dict[str, Any] | None:
    """``when`` (ISO, UTC), ``exit_code`` and ``sentence`` of the last build; None if never."""
    try:
        state: dict[str, Any] = json.loads((project / STATE).read_text(encoding="utf-8"))
        return {"when": str(state["when"]), "exit_code": int(state["exit_code"]), **state}
    except (OSError, ValueError, KeyError, TypeError):
        return None


@contextmanager
def watched(project: Path, settings: Settings, *, telling: bool) -> Iterator[None]:
    """Remember how a run ended, and tell of a failure and of the first success after one.

    A run that found another one busy is no failure. Errors pass through unchanged.

    Parameters
    ----------
    project
        Its ``.ektp/last_run.json`` keeps the end of the last run.
    settings
        Whom to tell.
    telling
        Whether to tell at all; the end is remembered in any case.
    """
    try:
        yield
    except BusyError:
        raise
    except EktpError as error:
        _ended(project, settings, News("gagal", error.exit_code, str(error)), telling)
        raise
    except Exception as error:
        # the message of a bug may hold anything, also a person's row: only its kind is told
        sentence = f"Kesalahan program ({type(error).__name__}); lihat catatan di komputer kantor."
        _ended(project, settings, News("gagal", UNEXPECTED, sentence), telling)
        raise
    else:
        _ended(project, settings, News("pulih", 0, "Laporan terbit lagi sesudah gagal."), telling)


def _ended(project: Path, settings: Settings, news: News, telling: bool) -> None:
    before = last_run(project)
    state = {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "exit_code": news.exit_code,
        "sentence": without_persons(news.sentence) if news.exit_code else "",
    }
    try:
        (project / STATE).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        replace_text(project / STATE, json.dumps(state, ensure_ascii=False) + "\n")
    except OSError:
        pass  # a full disk is told as the run's own failure
    recovered = news.exit_code == 0 and before is not None and before["exit_code"] != 0
    if telling and (news.exit_code or recovered):
        for problem in tell(settings, news):
            print(f"ektp: {problem}", file=sys.stderr)
