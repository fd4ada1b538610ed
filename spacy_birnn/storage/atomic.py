"""Files that are written whole or not at all."""

import os
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Write a file under a temporary name, and move it into place at the end.

    If the block raises, the old file stays as it was and nothing is left behind.

    path (Path): The file to write. Its folder is made if need be.
    YIELDS (Path): The temporary file, in the same folder.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
