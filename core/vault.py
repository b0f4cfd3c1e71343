"""Encrypts what must be stored and used again: the keys of model endpoints. Signs what comes back to us.

AES-256-GCM under a key derived from SECRET_KEY, or from a file in PLUMBLINE_HOME that its owner alone may
read. What is sealed is bound to what it is for, so that a stored key moved to another row, or a row whose
address was changed behind our back, no longer opens.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import secrets
import stat
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.errors import Refused
from core.settings import Settings

KEY_FILE = "secret.key"
SHORTEST = 32
"""Characters of a secret; what is shorter is a password, and those are guessed."""
VERSION = "v1."
NONCE_BYTES = 12


class KeyUnusable(Refused):
    """SECRET_KEY is too short / the key file can be read by others / …"""


class CannotOpen(Refused):
    """What is stored was sealed with another SECRET_KEY: bring it back, or enter it again."""


class Vault:
    """Seals with the first secret and opens with any, so that a new one can be put in front of the old."""

    def __init__(self, secret_texts: Sequence[str]) -> None:
        self._ciphers = [AESGCM(_derived(text)) for text in secret_texts]
        self._signers = [_derived(text, b"plumbline signatures 1") for text in secret_texts]

    def seal(self, text: str, about: str = "") -> str:
        """The text, encrypted; it opens only for the same `about`."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = self._ciphers[0].encrypt(nonce, text.encode(), about.encode())
        return VERSION + base64.urlsafe_b64encode(nonce + sealed).decode()

    def open_sealed(self, sealed: str, about: str = "") -> str:
        """The text again. Raises CannotOpen for another secret, another `about` or a changed text."""
        with suppress(binascii.Error, ValueError):
            raw = base64.urlsafe_b64decode(sealed.removeprefix(VERSION))
            for cipher in self._ciphers:
                with suppress(InvalidTag):
                    return cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], about.encode()).decode()
        raise CannotOpen(
            "What is stored was encrypted with another SECRET_KEY (or another file secret.key in "
            "PLUMBLINE_HOME): bring that one back, or enter the value again."
        )

    def sign(self, text: str) -> str:
        """A signature of the text, 43 characters that an address can hold."""
        return _signature(self._signers[0], text)

    def is_signed(self, text: str, signature: str) -> bool:
        """Whether the signature is one of ours of this text."""
        given = signature.encode()
        return any(hmac.compare_digest(_signature(key, text).encode(), given) for key in self._signers)


def vault(settings: Settings) -> Vault:
    """The vault of this installation. Raises KeyUnusable; makes the key file where there is none."""
    if settings.secret_key is None:
        return Vault([private_text(settings.plumbline_home / KEY_FILE)])
    texts = [text.strip() for text in settings.secret_key.get_secret_value().split(",")]
    if any(len(text) < SHORTEST for text in texts):
        raise KeyUnusable(
            f"SECRET_KEY needs at least {SHORTEST} characters; several keys are separated by commas, "
            "the newest first."
        )
    return Vault(texts)


def seal(settings: Settings, text: str, about: str = "") -> str:
    """As `Vault.seal`, with this installation's secret."""
    return vault(settings).seal(text, about)


def open_sealed(settings: Settings, sealed: str, about: str = "") -> str:
    """As `Vault.open_sealed`, with this installation's secrets."""
    return vault(settings).open_sealed(sealed, about)


def _derived(text: str, info: bytes = b"plumbline vault 1") -> bytes:
    """32 bytes by HKDF (RFC 5869); the secret is long and random, so nothing slower is needed."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(text.encode())


def _signature(key: bytes, text: str) -> str:
    digest = hmac.new(key, text.encode(), "sha256").digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def private_text(path: Path) -> str:
    """A random text in a file that its owner alone may read, made on first use, the same for everybody
    who asks. Raises KeyUnusable."""
    try:
        if not path.exists():
            _make(path)
        _refuse_open_file(path)
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it holds no text"
        raise KeyUnusable(f"The key file {path} cannot be used ({why}).") from None
    if len(text) < SHORTEST:
        raise KeyUnusable(
            f"The key file {path} is damaged: bring back a copy, or remove it and enter keys again."
        )
    return text


def _make(path: Path) -> None:
    """Complete or not at all, and one for all processes: the link is refused where another was faster."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # mode 0600
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(name, path)
    finally:
        Path(name).unlink()


def _refuse_open_file(path: Path) -> None:
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise KeyUnusable(f"The key file {path} can be read by others: run chmod 600 {path}")
