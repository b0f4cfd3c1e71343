from __future__ import annotations

import pytest

from core.errors import DeliveryDelayed
from core.notifications.smtp_server import SmtpServer, StartTls, read_smtp_url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example.com", SmtpServer("mail.example.com", 25)),
        ("smtps://mail.example.com/", SmtpServer("mail.example.com", 465, tls=True)),
        ("smtp://127.0.0.1:2525", SmtpServer("127.0.0.1", 2525)),
        ("smtp://[::1]:2525", SmtpServer("::1", 2525)),
        (" smtp://u%40x:p%2F%23@h:587?starttls=required ",
         SmtpServer("h", 587, "u@x", "p/#", starttls=StartTls.REQUIRED)),
        ("smtps://h?verify=no", SmtpServer("h", 465, tls=True, verify=False)),
        ("smtp://h?starttls=no&verify=yes", SmtpServer("h", 25, starttls=StartTls.NO)),
    ],
)  # fmt: skip
def test_an_smtp_url_says_where_and_how(url: str, expected: SmtpServer) -> None:
    assert read_smtp_url(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.example.com:25",
        "http://user:hunter2@mail.example.com",
        "smtp://",
        "smtp://user:hunter2@",
        "smtp://user:hun/ter2@mail.example.com:587",
        "smtp://user:hun#ter2@mail.example.com:587",
        "smtp://user:hun?ter2@mail.example.com:587",
        "smtp://user:hun?ter2=x@mail.example.com:587",
        "smtp://user:hunter2@mail.example.com:hunter2",
        "smtp://user:hunter2@mail.example.com:99999",
        "smtp://user:hunter2@[mail.example.com",
        "smtp://user:hünter2@mail.example.com",
        "smtp://:hunter2@mail.example.com",
        "smtp://mail.example.com/hunter2",
        "smtp://mail.example.com?starttls=hunter2",
        "smtp://mail.example.com?verify=hunter2",
        "smtp://mail.example.com?tls=hunter2",
    ],
)
def test_an_smtp_url_that_makes_no_sense_is_explained_and_never_quoted(url: str) -> None:
    with pytest.raises(DeliveryDelayed, match="SMTP_URL must read") as caught:
        read_smtp_url(url)
    assert "nter2" not in str(caught.value)
    assert "hun" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_server_never_shows_its_password() -> None:
    assert "hunter2" not in repr(read_smtp_url("smtp://user:hunter2@h"))
