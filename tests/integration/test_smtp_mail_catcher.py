from __future__ import annotations

import email
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP, default
from pathlib import Path

import pytest

from core.errors import DeliveryDelayed, DeliveryRefused
from core.notifications.message import build_message
from core.notifications.smtp import send
from core.notifications.summary import subject
from demo.mail_catcher import MailFolder
from tests.golden.runs import REALISTIC
from tests.integration.smtp_servers import running_smtp
from tests.servers import ROOT, wait_until

NOW = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)


@contextmanager
def running_catcher(folder: Path, port: int = 0) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    log = folder.with_suffix(".log")
    with log.open("wb") as out:
        command = ["-m", "demo.mail_catcher", "--port", str(port), "--folder", str(folder)]
        process = subprocess.Popen([sys.executable, *command], stdout=out, stderr=out, cwd=ROOT)
    try:
        yield process, log
    finally:
        process.terminate()
        process.wait()


def port_of(log: Path) -> int:
    found = wait_until(
        lambda: re.search(r"taking mail on 127\.0\.0\.1:(\d+)", log.read_text()), "the catcher"
    )
    return int(found[1])


def plain(body: str) -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = "p@example.com", "ann@example.com", "Large"
    mail.set_content(body)
    return mail


def test_every_message_becomes_a_file_and_a_line_of_the_log(tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    message = build_message(REALISTIC, "ann@example.com", "Plumbline <p@example.com>", "<1@plumbline>", NOW)
    with running_catcher(folder) as (process, log):
        url = f"smtp://127.0.0.1:{port_of(log)}"
        send(message, url)
        send(message, url)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    files = sorted(folder.iterdir())
    assert [bool(re.fullmatch(r"\d{8}T\d{6}\.\d{6}Z-\d+\.eml", file.name)) for file in files] == [True, True]
    read = email.message_from_bytes(files[0].read_bytes(), policy=default)
    assert read["Subject"] == subject(REALISTIC)
    lines = [line for line in log.read_text().splitlines() if "to ann@example.com" in line]
    assert len(lines) == 2
    assert subject(REALISTIC) in lines[0]


def test_a_taken_port_ends_it_with_one_sentence(tmp_path: Path) -> None:
    with (
        running_catcher(tmp_path / "one") as (_, log),
        running_catcher(tmp_path / "two", port_of(log)) as (second, second_log),
    ):
        assert second.wait(60) == 1
    assert "cannot take mail on 127.0.0.1" in second_log.read_text()


@pytest.mark.thorough
def test_it_takes_messages_up_to_25_megabytes(tmp_path: Path) -> None:
    with running_catcher(tmp_path / "mail") as (_, log):
        url = f"smtp://127.0.0.1:{port_of(log)}"
        send(plain(("0123456789" * 7 + "\n") * 320_000), url)
        with pytest.raises(DeliveryRefused, match="552"):
            send(plain(("0123456789" * 7 + "\n") * 400_000), url)
    (kept,) = (tmp_path / "mail").glob("*.eml")
    assert kept.stat().st_size > 23_000_000


def test_a_folder_that_cannot_be_written_delays_the_mail(tmp_path: Path) -> None:
    handler = MailFolder(tmp_path / "mail", lambda: NOW)
    (tmp_path / "mail").rmdir()
    with running_smtp(handler) as port, pytest.raises(DeliveryDelayed, match="451"):
        send(plain("Hello"), f"smtp://127.0.0.1:{port}")


def test_messages_of_the_same_moment_get_different_names(tmp_path: Path) -> None:
    folder = MailFolder(tmp_path / "mail", lambda: NOW)
    assert [folder.keep(b"x").name for _ in range(2)] == [
        "20261123T140500.000000Z-1.eml",
        "20261123T140500.000000Z-2.eml",
    ]
