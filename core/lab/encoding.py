"""Lines of text out of an imported file, whatever its byte order mark."""

from __future__ import annotations

import codecs
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from core.errors import BadImport
from core.storable import storable_text

Source = Path | BinaryIO
"""A file, or a seekable binary stream such as an upload. It is read more than once."""

MAX_AT_ONCE = 32 * 1024 * 1024
"""Bytes or characters of one row: a line, a cell, an element of a JSON document."""

PIECE = 1024 * 1024
UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
PACKED = {
    b"PK\x03\x04": "a workbook or a zip archive; save the sheet as “CSV UTF-8” or unpack it",
    b"PK\x05\x06": "an empty zip archive; unpack it",
    b"\x1f\x8b": "compressed (gzip); unpack it",
    b"BZh": "compressed (bzip2); unpack it",
    b"\xfd7zXZ\x00": "compressed (xz); unpack it",
    b"\x28\xb5\x2f\xfd": "compressed (zstd); unpack it",
    b"7z\xbc\xaf": "a 7z archive; unpack it",
    b"Rar!": "a rar archive; unpack it",
    b"\xd0\xcf\x11\xe0": "an old workbook or document; save the sheet as “CSV UTF-8”",
    b"SQLite format 3\x00": "a database; export its rows as CSV",
    b"PAR1": "a Parquet file; save it as CSV or JSON Lines",
    b"%PDF": "a PDF; save the text",
}
"""What files begin with that hold no text. None is unpacked here: a small one may hold gigabytes."""


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
    head = stream.read(16)
    stream.seek(0)
    if not head:
        raise BadImport("The file is empty.")
    for mark, what in PACKED.items():
        if head.startswith(mark):
            raise BadImport(f"The file is {what} first.")
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
    while raw := stream.readline(MAX_AT_ONCE + 1):
        number += 1
        if len(raw) > MAX_AT_ONCE:
            raise BadImport(f"Line {number} is longer than {MAX_AT_ONCE // 2**20} MB; no call is.")
        text = _decoded(raw, number)
        yield text.removeprefix("\ufeff") if number == 1 else text


def text_pieces(stream: BinaryIO) -> Iterator[str]:
    """All of a UTF-8 stream, a megabyte at a time, wherever its lines end. Raises as `text_lines`."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    line, offset, first = 1, 0, True
    while True:
        raw = stream.read(PIECE)
        waiting = len(decoder.getstate()[0])
        try:
            text = decoder.decode(raw, final=not raw)
        except UnicodeDecodeError as error:
            before = error.object[: error.start]
            in_line = (
                len(before) - before.rfind(b"\n") - 1 if b"\n" in before else offset - waiting + len(before)
            )
            raise _not_utf8(line + before.count(b"\n"), in_line, error.object[error.start]) from None
        if text:
            yield text.removeprefix("\ufeff") if first else text
            first = False
        if not raw:
            return
        line += raw.count(b"\n")
        offset = len(raw) - raw.rfind(b"\n") - 1 if b"\n" in raw else offset + len(raw)


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
    """A copy in UTF-8, on disk."""
    copy = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115 - whoever reads it lets it go
    decoder = codecs.getincrementaldecoder("utf-16")()
    done = 0
    while True:
        raw = stream.read(PIECE)
        try:
            text = decoder.decode(raw, final=not raw)
        except UnicodeDecodeError as error:
            at = done - (len(error.object) - len(raw)) + error.start + 1
            raise BadImport(f"The file begins as UTF-16, but byte {at} is not; save it as UTF-8.") from None
        copy.write(text.encode())
        if not raw:
            copy.seek(0)
            return copy
        done += len(raw)
