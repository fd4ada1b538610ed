"""Files that are written completely or not at all."""

import os
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Write a file under a temporary name, and move it into place at the end.

    If the block raises, the old file stays and the temporary one is removed.

    path (Path): The file to write. Its folder is created if it does not exist.
    YIELDS (Path): The temporary file, in the same folder.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
