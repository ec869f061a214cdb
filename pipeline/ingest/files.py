"""Bytes of an extract, wherever it lies.

In: a path or fsspec URL. Out: its bytes, decompressed, and the checksum of what was stored. It must
not know what the bytes mean, and no error of its repeats them; nor a host, a bucket, a user or a
key, which an address and a driver's own message may hold.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from pipeline.errors import ExtractError, KinlinkError, UnreachableError

SHOWN = 5


@dataclass(frozen=True)
class Stored:
    """A file as it was stored.

    Attributes:
        parts: bytes of each file: one, or those of a folder of Parquet files by name.
        names: of the parts, within the folder; the file's own.
        sha256: of the bytes as stored; of all parts in order for a folder.
    """

    parts: tuple[bytes, ...]
    names: tuple[str, ...]
    sha256: str


@contextmanager
def reaching(url: str) -> Iterator[None]:
    """Turns whatever a file system or its driver raises into an error that names no host or user.

    Raises:
        ExtractError: nothing is there, it may not be read, or login or protocol fail.
        UnreachableError: a connection failed; trying again may help.
    """
    try:
        yield
    except KinlinkError:
        raise
    except (FileNotFoundError, NotADirectoryError):
        raise ExtractError(
            f"'{shown(url)}' is not there; check the path and the delivery"
        ) from None
    except PermissionError:
        raise ExtractError(f"'{shown(url)}' may not be read; check permissions and keys") from None
    except (ImportError, ValueError) as error:
        raise ExtractError(
            f"'{shown(url)}': the protocol cannot be used ({type(error).__name__}); install its "
            "fsspec package or correct the address"
        ) from None
    except OSError as error:
        raise UnreachableError(
            f"'{shown(url)}' cannot be reached now ({type(error).__name__}); check the connection"
        ) from None
    except Exception as error:
        raise ExtractError(
            f"'{shown(url)}' cannot be opened ({type(error).__name__}); check login, keys and "
            "address"
        ) from None


def file_system(url: str) -> tuple[Any, str]:
    """The fsspec file system of a URL, and the path in it.

    Raises:
        ExtractError: the protocol is unknown, its package is not installed, or login fails.
        UnreachableError: a connection failed.
    """
    with reaching(url):
        system, path = fsspec.core.url_to_fs(url)
        return system, path


def shown(url: str) -> str:
    """What messages call a place: a path as it is, of a URL the file and the protocol alone."""
    protocol, separator, rest = url.partition("://")
    if not separator:
        return url
    folder, _, name = rest.partition("?")[0].rstrip("/").rpartition("/")
    return f"{name} ({protocol})" if folder else f"the {protocol} folder"


def listing(url: str) -> dict[str, bool]:
    """Names in a folder, sorted, each with whether it is a folder; empty where there is none.

    A link counts as a folder unless it leads to a file: one that leads nowhere is still announced.
    """
    system, path = file_system(url)
    with reaching(url):
        try:
            entries = system.ls(path, detail=True)
        except (FileNotFoundError, NotADirectoryError):
            return {}
    found = {
        PurePosixPath(entry["name"].replace("\\", "/")).name: _is_folder(entry) for entry in entries
    }
    return dict(sorted(found.items()))


def _is_folder(entry: dict[str, Any]) -> bool:
    if entry.get("islink"):
        return not os.path.isfile(entry["name"])
    return bool(entry["type"] == "directory")


def leaving(folder: str) -> list[str]:
    """Links within a local folder, at any depth, that lead out of it or nowhere; sorted names."""
    system, path = file_system(folder)
    if not isinstance(system, LocalFileSystem):
        return []
    entries = [
        os.path.join(top, name)
        for top, folders, files in os.walk(path)
        for name in (*folders, *files)
    ]
    links = [entry for entry in entries if os.path.islink(entry) and not is_within(entry, path)]
    return sorted(os.path.relpath(link, path) for link in links)


def is_within(path: str, folder: str) -> bool:
    """Whether a local path, every link followed, exists and lies in a folder."""
    real, root = os.path.realpath(path), os.path.realpath(folder)
    return os.path.exists(real) and os.path.commonpath([real, root]) == root


def real(url: str) -> str:
    """One spelling of a place: every link of a local path followed."""
    return url if "://" in url else os.path.realpath(url)


def is_moved(root: str, name: str) -> bool:
    """Whether a local folder in the root is, or lies behind, a link to another place."""
    system, path = file_system(root)
    if not isinstance(system, LocalFileSystem):
        return False
    plain = os.path.join(os.path.realpath(path), name)
    return os.path.realpath(plain) != plain


def joined(folder: str, *names: str) -> str:
    """A path or URL inside a folder."""
    return "/".join([folder.rstrip("/"), *names])


def exists(url: str) -> bool:
    """Whether there is a file or folder."""
    system, path = file_system(url)
    with reaching(url):
        return bool(system.exists(path))


def fetch(url: str) -> Stored:
    """The bytes of a file, or of every Parquet file in a folder.

    Raises:
        ExtractError: nothing is there, it may not be read, or a folder of parts is not whole.
        UnreachableError: a connection failed.
    """
    system, path = file_system(url)
    with reaching(url):
        if not system.exists(path):
            raise FileNotFoundError
        names = _parts(system, path, url) if system.isdir(path) else [""]
        parts = tuple(system.cat_file(joined(path, name) if name else path) for name in names)
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return Stored(parts, tuple(names), digest.hexdigest())


def _parts(system: Any, path: str, url: str) -> list[str]:
    """Names of the Parquet files of a folder, sorted; `_SUCCESS` and the like are no parts.

    Raises:
        ExtractError: there is none, or a file that is no finished part.
    """
    names = [name.removeprefix(path).lstrip("/") for name in sorted(system.find(path))]
    parts = [name for name in names if name.endswith(".parquet")]
    unfinished = [
        name
        for name in names
        if name.startswith("_temporary/")
        or not (name.endswith(".parquet") or PurePosixPath(name).name.startswith(("_", ".")))
    ]
    if unfinished:
        raise ExtractError(
            f"folder '{shown(url)}' holds {len(unfinished)} files that are no finished Parquet "
            f"({', '.join(unfinished[:SHOWN])}); ask for it again, or take away what is no part"
        )
    if not parts:
        raise ExtractError(f"folder '{shown(url)}' holds no .parquet file")
    return parts


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
