"""Bytes of an extract, wherever it lies.

In: a path or fsspec URL. Out: its bytes, decompressed, and the checksum of what was stored. It must
not know what the bytes mean, and no error of its repeats them.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import fsspec

from pipeline.errors import ExtractError


@dataclass(frozen=True)
class Stored:
    """A file as it was stored.

    Attributes:
        parts: bytes of each file: one, or those of a folder of Parquet files by name.
        sha256: of the bytes as stored; of all parts in order for a folder.
    """

    parts: tuple[bytes, ...]
    sha256: str


def file_system(url: str) -> tuple[Any, str]:
    """The fsspec file system of a URL, and the path in it.

    Raises:
        ExtractError: the protocol is unknown, or its package is not installed.
    """
    try:
        system, path = fsspec.core.url_to_fs(url)
    except (ImportError, ValueError) as error:
        protocol = url.partition("://")[0]
        raise ExtractError(
            f"'{shown(url)}': protocol '{protocol}' cannot be used ({type(error).__name__}); "
            "install its fsspec package or correct the address"
        ) from None
    return system, path


def shown(url: str) -> str:
    """A URL without user name and password, for messages."""
    protocol, separator, rest = url.partition("://")
    if not separator:
        return url
    return f"{protocol}://{rest.rpartition('@')[2]}"


def listing(url: str) -> dict[str, bool]:
    """Names in a folder, sorted, each with whether it is a folder; empty where there is none."""
    system, path = file_system(url)
    try:
        entries = system.ls(path, detail=True)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except PermissionError:
        raise ExtractError(f"folder '{shown(url)}' may not be read; check permissions") from None
    found = {
        PurePosixPath(entry["name"].replace("\\", "/")).name: entry["type"] == "directory"
        for entry in entries
    }
    return dict(sorted(found.items()))


def joined(folder: str, *names: str) -> str:
    """A path or URL inside a folder."""
    return "/".join([folder.rstrip("/"), *names])


def exists(url: str) -> bool:
    """Whether there is a file or folder."""
    system, path = file_system(url)
    return bool(system.exists(path))


def fetch(url: str) -> Stored:
    """The bytes of a file, or of every Parquet file in a folder.

    Raises:
        ExtractError: nothing is there, or it may not be read. A connection that fails stays an
            `OSError`, because trying again may help.
    """
    system, path = file_system(url)
    try:
        if not system.exists(path):
            raise ExtractError(f"'{shown(url)}' is not there; check the path and the delivery")
        paths = [path]
        if system.isdir(path):
            paths = sorted(name for name in system.find(path) if name.endswith(".parquet"))
        parts = tuple(system.cat_file(name) for name in paths)
    except PermissionError:
        raise ExtractError(f"'{shown(url)}' may not be read; check permissions") from None
    if not parts:
        raise ExtractError(f"folder '{shown(url)}' holds no .parquet file")
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return Stored(parts, digest.hexdigest())


def decompressed(data: bytes, url: str, compression: str | None) -> bytes:
    """The content of a gzip or zip file; compression by suffix unless given.

    Raises:
        ExtractError: the file is damaged, or a zip does not hold exactly one file.
    """
    compression = compression or {".gz": "gzip", ".zip": "zip"}.get(PurePosixPath(url).suffix)
    try:
        if compression == "gzip":
            return gzip.decompress(data)
        if compression == "zip":
            return _only_member(data, url)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile):
        raise ExtractError(
            f"'{shown(url)}' is a damaged or incomplete {compression} file; ask for it again"
        ) from None
    return data


def _only_member(data: bytes, url: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [name for name in archive.namelist() if not name.endswith("/")]
        if len(members) != 1:
            raise ExtractError(
                f"'{shown(url)}' holds {len(members)} files; a zip must hold exactly one table"
            )
        try:
            return archive.read(members[0])
        except (RuntimeError, NotImplementedError):
            raise ExtractError(
                f"'{shown(url)}' is encrypted or uses an unknown compression"
            ) from None
