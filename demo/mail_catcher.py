"""A mail server that delivers nothing: every message becomes a file to look at.

    python -m demo.mail_catcher --port 1025 --folder .plumbline/mail

Each message is DIR/<UTC time>-<number>.eml, exactly as it arrived; a file is there whole or not at all.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import logging
import signal
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

MAX_BYTES = 25 * 1024 * 1024
log = logging.getLogger("mail_catcher")


class MailFolder:
    """An aiosmtpd handler that keeps what it gets. `clock` gives aware UTC times."""

    def __init__(self, folder: Path, clock: Callable[[], datetime]) -> None:
        self.folder = folder
        self.clock = clock
        self.numbers = itertools.count(1)
        folder.mkdir(parents=True, exist_ok=True)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Store the message; 451 where the disk says no, so that the sender tries again."""
        content = envelope.original_content or b""
        try:
            path = self.keep(content)
        except OSError as error:
            log.error("could not store a message: %s", error)
            return "451 The message could not be stored"
        log.info("%s: to %s, %r", path.name, ", ".join(envelope.rcpt_tos), subject(content))
        return f"250 Stored as {path.name}"

    def keep(self, content: bytes) -> Path:
        """Write to a hidden name first and rename: nobody ever reads half a message."""
        path = self.folder / f"{self.clock():%Y%m%dT%H%M%S.%fZ}-{next(self.numbers)}.eml"
        half = path.with_name(f".{path.name}.half")
        half.write_bytes(content)
        half.replace(path)
        return path


def subject(content: bytes) -> str:
    """The decoded subject, "" where there is none."""
    head = content.partition(b"\r\n\r\n")[0]
    return str(message_from_bytes(head, policy=default)["Subject"] or "")


async def serve(handler: MailFolder, host: str, port: int) -> None:
    """Take mail until SIGTERM or SIGINT. Port 0 takes any free one; the log says which."""
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, stopped.set)
    server = await loop.create_server(
        lambda: SMTP(handler, data_size_limit=MAX_BYTES, enable_SMTPUTF8=True, hostname="mail-catcher"),
        host,
        port,
    )
    log.info("taking mail on %s:%d into %s", host, server.sockets[0].getsockname()[1], handler.folder)
    await stopped.wait()
    server.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 0 when stopped, 1 where the address is taken or the folder cannot be made."""
    parser = argparse.ArgumentParser(
        prog="python -m demo.mail_catcher",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(asctime)s %(message)s")
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    try:
        handler = MailFolder(options.folder, lambda: datetime.now(UTC))
        asyncio.run(serve(handler, options.host, options.port))
    except OSError as error:
        log.error("cannot take mail on %s:%d into %s: %s", options.host, options.port, options.folder, error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
