"""A failed run tells someone, by command and by mail, and says nothing about a person."""

import json
import socket
import sys
from email import message_from_bytes
from email.policy import default

import pytest
from aiosmtpd.controller import Controller

from ektp_analysis.errors import BusyError, ExecutionError, InputError
from ektp_analysis.notify import News, last_run, tell, watched, without_persons
from ektp_analysis.settings import Settings

NIK = "1702190101900001"


class Inbox:
    """Keeps what it is sent; refuses recipients at refused.test."""

    def __init__(self):
        self.mails = []

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if address.endswith("@refused.test"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.mails.append(message_from_bytes(envelope.content, policy=default))
        return "250 OK"


@pytest.fixture
def smtp():
    inbox = Inbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    yield inbox, {"smtp_host": "127.0.0.1", "smtp_port": port}
    controller.stop()


def hook(tmp_path, code=0):
    """A command that keeps what it was told."""
    script = tmp_path / "kabar.py"
    script.write_text(
        "import json, os, sys\n"
        f"open({str(tmp_path / 'kabar.json')!r}, 'a').write(json.dumps({{\n"
        "  'input': json.load(sys.stdin), 'env': os.environ['EKTP_SENTENCE'],\n"
        "  'code': os.environ['EKTP_EXIT_CODE']}) + '\\n')\n"
        f"sys.exit({code})\n"
    )
    return f"{sys.executable} '{script}'"


def told(tmp_path):
    path = tmp_path / "kabar.json"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_mail_of_a_failure(smtp):
    inbox, server = smtp
    settings = Settings(notify_email="kepala@kantor.test, data@kantor.test", **server)
    sentence = (
        f"Kolom NIK ganda: {NIK} (/home/siti/data/inbox/penduduk.csv). Hubungi siti@kantor.test."
    )
    assert tell(settings, News("gagal", 2, sentence)) == []
    mail = inbox.mails[0]
    assert mail["Subject"] == "Laporan KTP-el: pembuatan gagal (kode 2)"
    assert mail["To"] == "kepala@kantor.test, data@kantor.test"
    body = mail.get_content()
    assert "Kolom NIK ganda: … (…/penduduk.csv). Hubungi …" in body
    assert "Kode keluar 2: salah pakai, pengaturan, berkas kantor" in body and "ektp doctor" in body
    whole = mail.as_string()
    assert NIK not in whole and "siti" not in whole


def test_mail_that_is_not_taken_is_said_and_never_raises(smtp):
    _, server = smtp
    news = News("gagal", 4, "x")
    settings = Settings(notify_email="a@kantor.test b@refused.test", **server)
    assert tell(settings, news) == ["1 alamat surel ditolak oleh penyalur."]
    settings = Settings(notify_email="a@kantor.test", smtp_host="127.0.0.1", smtp_port=1)
    assert tell(settings, news) == [
        "Surel kabar tidak terkirim (ConnectionRefusedError); periksa smtp_host dan smtp_port."
    ]
    settings = Settings(notify_email="a@kantor.test\r\nBcc:x@y.test", **server)
    assert len(tell(settings, news)) <= 1, "a line break in an address makes no header"


def test_hook(tmp_path):
    settings = Settings(notify_command=hook(tmp_path))
    assert tell(settings, News("gagal", 3, f"1 laporan gagal {NIK}")) == []
    assert told(tmp_path) == [
        {
            "input": {"state": "gagal", "exit_code": 3, "sentence": "1 laporan gagal …"},
            "env": "1 laporan gagal …",
            "code": "3",
        }
    ]
    for command, words in (
        (hook(tmp_path, code=9), "gagal dengan kode 9"),
        ("/tidak/ada", "tidak ditemukan"),
        ("'", "tidak dapat dijalankan"),
    ):
        assert words in tell(Settings(notify_command=command), News("gagal", 3, "x"))[0]


def test_a_run_tells_of_failure_then_of_recovery_once(tmp_path, capsys):
    settings = Settings(notify_command=hook(tmp_path))

    def run(error=None, telling=True):
        try:
            with watched(tmp_path, settings, telling=telling):
                if error:
                    raise error
        except Exception as raised:
            assert raised is error

    run()
    assert told(tmp_path) == [] and last_run(tmp_path)["exit_code"] == 0
    run(InputError("Berkas rusak", "a.csv", "Kirim ulang"))
    run(KeyError(NIK))
    run(BusyError("Pembuatan situs lain sedang berjalan"))
    assert last_run(tmp_path)["exit_code"] == 70, "busy is no end of a run"
    run()
    run()
    said = [(t["input"]["exit_code"], t["input"]["sentence"]) for t in told(tmp_path)]
    assert said == [
        (2, "Berkas rusak (a.csv). Kirim ulang."),
        (70, "Kesalahan program (KeyError); lihat catatan di komputer kantor."),
        (0, "Laporan terbit lagi sesudah gagal."),
    ]
    run(ExecutionError("2 laporan gagal"), telling=False)
    assert len(told(tmp_path)) == 3 and last_run(tmp_path)["exit_code"] == 3
    (tmp_path / ".ektp/last_run.json").write_text("{")
    assert last_run(tmp_path) is None
    assert capsys.readouterr().err == ""


def test_dates_and_editions_stay_readable():
    text = "Edisi 2024-W31 terbit, data 2024-08-02; kode 17.02.19; 13.245 warga (data/inbox/a.csv)"
    assert without_persons(text) == text
