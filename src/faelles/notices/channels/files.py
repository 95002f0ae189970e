"""Files that appear whole."""

import os
from pathlib import Path
from tempfile import NamedTemporaryFile


def put(folder: Path, name: str, content: bytes) -> None:
    """Let the file appear whole, in place of one of the same name: the same message once more is the same file."""
    folder.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile("wb", dir=folder, prefix=".", delete=False) as draft:
        draft.write(content)
        draft.flush()
        os.fsync(draft.fileno())
    Path(draft.name).replace(folder / name)
