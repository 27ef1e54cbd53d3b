"""Downloads for programs: kept in Keras' cache folder, verified by their hashes, unpacked."""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
import tempfile
import warnings
import zipfile
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import urlretrieve

from gradtape._src.keras.progress import Progbar


def keras_home() -> Path:
    """Keras' folder: KERAS_HOME, or .keras in the home directory."""
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras").expanduser()


def get_file(
    fname: Any = None,
    origin: str | None = None,
    untar: bool = False,
    md5_hash: str | None = None,
    file_hash: str | None = None,
    cache_subdir: str = "datasets",
    hash_algorithm: str = "auto",
    extract: bool = False,
    archive_format: Any = "auto",
    cache_dir: Any = None,
    force_download: bool = False,
) -> str:
    """The path of a file, which is downloaded unless it is in Keras' cache folder.

    Args:
      fname: its name there; by default that of the URL.
      origin: the URL.
      untar: whether it is a tar archive to be unpacked.
      md5_hash: its MD5 hash.
      file_hash: its hash.
      cache_subdir: the folder within the cache.
      hash_algorithm: "sha256", "md5", or "auto" to choose by the hash's length.
      extract: whether it is an archive to be unpacked.
      archive_format: "tar", "zip", a list of these, "auto" for both, or None for no archive.
      cache_dir: the cache; ~/.keras or KERAS_HOME by default.
      force_download: whether to download even if the file is cached.

    Returns:
      The path; for an archive the path of the folder into which it is unpacked.

    Raises:
      ValueError: origin is missing, the name is a path, or the hash does not match.
      Exception: the download failed.

    Example:
      >>> import pathlib, tempfile
      >>> with tempfile.TemporaryDirectory() as folder:
      ...     kept = pathlib.Path(folder, "datasets", "numbers.txt")
      ...     kept.parent.mkdir()
      ...     _ = kept.write_text("1 2 3")
      ...     path = tf.keras.utils.get_file(origin="https://example.org/numbers.txt", cache_dir=folder)
      ...     pathlib.Path(path).read_text()
      '1 2 3'
    """
    if origin is None:
        raise ValueError('Please specify the "origin" argument (URL of the file to download).')
    if md5_hash is not None and file_hash is None:
        file_hash, hash_algorithm = md5_hash, "md5"
    name = os.fspath(fname) if fname else os.path.basename(urlsplit(origin).path)
    if not name:
        raise ValueError(
            f"Can't parse the file name from the origin provided: '{origin}'.Please specify the `fname` argument."
        )
    if fname and os.sep in name:
        raise ValueError(
            "Paths are no longer accepted as the `fname` argument. To specify the file's parent directory, use the "
            f"`cache_dir` argument. Received: fname={name}"
        )
    folder = _writable(cache_dir) / cache_subdir
    folder.mkdir(parents=True, exist_ok=True)
    target, unpacked = folder / name, folder / name
    if extract or untar:
        if fname and "." in name:
            unpacked = folder / f"{name[: name.index('.')]}_extracted"
        else:
            target = folder / f"{name}_archive"
    if force_download or not _is_there(target, file_hash, hash_algorithm):
        _download(origin, target, file_hash, hash_algorithm)
    if not (extract or untar):
        return str(target)
    if not _extract(target, unpacked, "tar" if untar else archive_format):
        warnings.warn("Could not extract archive.", stacklevel=2)
    return str(unpacked)


def _writable(cache_dir: Any) -> Path:
    base = Path(cache_dir).expanduser() if cache_dir is not None else keras_home()
    nearest = base
    while not nearest.exists() and nearest != nearest.parent:
        nearest = nearest.parent
    return base if os.access(nearest, os.W_OK) else Path(tempfile.gettempdir()) / ".keras"


def _is_there(target: Path, file_hash: str | None, algorithm: str) -> bool:
    if not target.exists():
        return False
    if file_hash is None or _hash(target, file_hash, algorithm) == file_hash:
        return True
    print(
        "A local file was found, but it seems to be incomplete or outdated because the "
        f"{algorithm} file hash does not match the original value of {file_hash} so we will re-download the data."
    )
    return False


def _hash(path: Path, file_hash: str, algorithm: str) -> str:
    is_long = algorithm == "sha256" or (algorithm == "auto" and len(file_hash) == 64)
    found = hashlib.sha256() if is_long else hashlib.md5(usedforsecurity=False)
    with open(path, "rb") as file:
        while part := file.read(1 << 20):
            found.update(part)
    return found.hexdigest()


def _download(origin: str, target: Path, file_hash: str | None, algorithm: str) -> None:
    print(f"Downloading data from {origin}")
    bar: list[Progbar] = []

    def show(blocks: int, size: int, total: int) -> None:
        if not bar:
            bar.append(Progbar(None if total == -1 else total))
        bar[0].update(blocks * size if total == -1 else min(blocks * size, total))

    # Under another name until complete, so that no later call uses a partial file.
    partial = target.with_name(f"{target.name}.part")
    try:
        try:
            urlretrieve(origin, partial, show)
        except HTTPError as error:
            raise Exception(f"URL fetch failure on {origin}: {error.code} -- {error.msg}") from error
        except URLError as error:
            raise Exception(
                f"URL fetch failure on {origin}: {error.errno} -- {error.reason}. Without a network, put the file at "
                f"{target}, where it is searched first"
            ) from error
        if file_hash is not None and _hash(partial, file_hash, algorithm) != file_hash:
            raise ValueError(
                f"Incomplete or corrupted file detected. The {algorithm} file hash does not match the provided value "
                f"of {file_hash}."
            )
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _extract(path: Path, folder: Path, formats: Any) -> bool:
    """Unpacks an archive; False if it has none of these formats."""
    if formats is None:
        return False
    listed = ["tar", "zip"] if formats == "auto" else [formats] if isinstance(formats, str) else formats
    for kind in listed:
        if kind not in ("tar", "zip"):
            raise NotImplementedError(kind)
        if not (tarfile.is_tarfile if kind == "tar" else zipfile.is_zipfile)(path):
            continue
        try:
            if kind == "zip":
                with zipfile.ZipFile(path) as archive:
                    archive.extractall(folder)
            else:
                with tarfile.open(path) as archive:
                    _unpack(archive, folder)
        except (tarfile.TarError, RuntimeError, KeyboardInterrupt):
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return True
    return False


def _unpack(archive: tarfile.TarFile, folder: Path) -> None:
    """Unpacks members into the folder; raises for members with paths outside of it."""
    if hasattr(tarfile, "data_filter"):
        archive.extractall(folder, filter="data")
        return
    inside = os.path.realpath(folder)
    for member in archive.getmembers():
        place = os.path.realpath(os.path.join(folder, member.name))
        if not (member.isfile() or member.isdir()) or os.path.commonpath([inside, place]) != inside:
            raise tarfile.TarError(f"{member.name} would be unpacked outside {folder}")
    archive.extractall(folder)
