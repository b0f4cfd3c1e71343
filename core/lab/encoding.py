"""Lines of text out of an imported file, whatever its byte order mark."""

from __future__ import annotations

import codecs
import io
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from core.errors import BadImport
from core.lab.storable import storable_text

Source = Path | BinaryIO
"""A file, or a seekable binary stream such as an upload. It is read more than once."""

MAX_BYTES_AT_ONCE = 128 * 1024 * 1024
"""What is read as a whole: a line, a JSON document, a file in UTF-16."""

ZIP_MARK = b"PK\x03\x04"
UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@contextmanager
def opened(source: Source) -> Iterator[BinaryIO]:
    """The source's bytes from the beginning. Raises BadImport when there is no such file."""
    if not isinstance(source, Path):
        source.seek(0)
        yield source
        return
    try:
        stream = source.open("rb")
    except OSError as error:
        raise BadImport(f"The file “{source}” cannot be read: {error.strerror}.") from None
    with stream, _seekable(stream) as again:
        yield again


def source_name(source: Source) -> str:
    """The file's name without its folder, or "" for a stream without one."""
    name = source if isinstance(source, Path) else getattr(source, "name", "")
    return storable_text(Path(str(name)).name)


def utf8_stream(stream: BinaryIO) -> BinaryIO:
    """The stream from its beginning as UTF-8. Raises BadImport for an empty file or no text."""
    stream.seek(0)
    head = stream.read(4)
    stream.seek(0)
    if not head:
        raise BadImport("The file is empty.")
    if head == ZIP_MARK:
        raise BadImport("The file is a workbook or a zip archive; save the sheet as “CSV UTF-8” instead.")
    if head.startswith(UTF_16_MARKS):
        return _from_utf_16(stream)
    if head[:1] == b"\x00" or head[1:2] == b"\x00":
        raise BadImport("The file is not UTF-8 (byte 1 or 2 is NUL, as in UTF-16); save it as UTF-8.")
    return stream


def text_lines(stream: BinaryIO) -> Iterator[str]:
    """The lines of a UTF-8 stream with their endings, split at line feeds only.

    Raises BadImport naming the line and the byte in it that is not UTF-8.
    """
    number = 0
    while raw := stream.readline(MAX_BYTES_AT_ONCE + 1):
        number += 1
        if len(raw) > MAX_BYTES_AT_ONCE:
            raise BadImport(f"Line {number} is longer than {MAX_BYTES_AT_ONCE // 2**20} MB; no call is.")
        text = _decoded(raw, number)
        yield text.removeprefix("\ufeff") if number == 1 else text


def whole_text(stream: BinaryIO) -> str:
    """All of a UTF-8 stream. Raises BadImport where it is not UTF-8, or is too large to read whole."""
    raw = _whole(stream, "JSON Lines (one row a line)")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line_start = raw.rfind(b"\n", 0, error.start) + 1
        number = raw.count(b"\n", 0, error.start) + 1
        raise _not_utf8(number, error.start - line_start, raw[error.start]) from None


@contextmanager
def _seekable(stream: BinaryIO) -> Iterator[BinaryIO]:
    """The stream, or a copy on disk of a pipe's, which could be read only once."""
    if stream.seekable():
        yield stream
        return
    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(stream, copy)
        copy.seek(0)
        yield copy


def _decoded(raw: bytes, number: int) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _not_utf8(number, error.start, raw[error.start]) from None


def _not_utf8(line: int, offset: int, byte: int) -> BadImport:
    return BadImport(
        f"The file is not UTF-8: line {line}, byte {offset + 1} (0x{byte:02x}) is no UTF-8 text. "
        "Save it as UTF-8 (in a spreadsheet: “CSV UTF-8”)."
    )


def _from_utf_16(stream: BinaryIO) -> BinaryIO:
    raw = _whole(stream, "UTF-8")
    try:
        return io.BytesIO(raw.decode("utf-16").encode("utf-8"))
    except UnicodeDecodeError as error:
        raise BadImport(
            f"The file begins as UTF-16, but byte {error.start + 1} is not; save it as UTF-8."
        ) from None


def _whole(stream: BinaryIO, instead: str) -> bytes:
    raw = stream.read(MAX_BYTES_AT_ONCE + 1)
    if len(raw) > MAX_BYTES_AT_ONCE:
        limit = MAX_BYTES_AT_ONCE // 2**20
        raise BadImport(f"The file is larger than {limit} MB, too large for its form; save it as {instead}.")
    return raw
