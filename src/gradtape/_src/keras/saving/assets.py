"""Files that objects of a model save besides their arrays: a folder for each, packed with the model."""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile

FOLDER = "assets"


class Assets:
    """A folder for the time of saving or loading; a context manager."""

    def __enter__(self) -> Assets:
        self._folder = tempfile.mkdtemp()
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def make(self, path: str) -> str:
        """The folder of an object's files, which is made.

        Args:
          path: the object's path.

        Returns:
          The folder's path.
        """
        folder = os.path.join(self._folder, *path.split("/"))
        os.makedirs(folder, exist_ok=True)
        return folder

    def get(self, path: str) -> str | None:
        """The folder of an object's files, None if there are none.

        Args:
          path: the object's path.

        Returns:
          The folder's path, or None.
        """
        folder = os.path.join(self._folder, *path.split("/"))
        return folder if os.path.exists(folder) else None

    def pack(self, archive: zipfile.ZipFile) -> None:
        """Puts all files into an archive."""
        for folder, _, names in os.walk(self._folder):
            for name in names:
                whole = os.path.join(folder, name)
                archive.write(whole, f"{FOLDER}/{os.path.relpath(whole, self._folder).replace(os.sep, '/')}")

    def unpack(self, archive: zipfile.ZipFile) -> bool:
        """Takes all files from an archive.

        Returns:
          Whether there are any.

        Raises:
          ValueError: the name of one leads out of the folder.
        """
        found = False
        for info in archive.infolist():
            first, *within = info.filename.replace("\\", "/").split("/")
            if first != FOLDER or info.is_dir():
                continue
            if any(part in ("", ".", "..") or ":" in part or "\0" in part for part in within):
                raise ValueError(f"Invalid asset path: '{info.filename}' escapes the asset directory.")
            whole = os.path.join(self.make("/".join(within[:-1])), within[-1])
            with archive.open(info) as source, open(whole, "xb") as target:
                shutil.copyfileobj(source, target)
            found = True
        return found
