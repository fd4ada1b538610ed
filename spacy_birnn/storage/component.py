"""Components as files and bytes, with errors that say what is wrong with a file."""

import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Iterator, Protocol

from spacy import util
from spacy.vocab import Vocab

from ..memory import MORE, is_out_of_memory
from .checksums import MANIFEST, FormatError, has_checksums, pack, read_files, unpack, write_files


class Storable(Protocol):
    """What a component must have to be stored."""

    name: str
    vocab: Vocab

    def writers(self) -> Dict[str, Callable[[], bytes]]:
        """RETURNS (Dict[str, Callable]): For each file, a function that makes its contents."""

    def readers(self) -> Dict[str, Callable[[bytes], Any]]:
        """RETURNS (Dict[str, Callable]): For each file, a function that loads its contents."""

    def check_loaded(self, exclude: Iterable[str]) -> None:
        """Check that what was loaded fits together.

        exclude (Iterable[str]): Parts that were not loaded.
        RAISES (ValueError): If it does not.
        """


def to_bytes(pipe: Storable, exclude: Iterable[str]) -> bytes:
    """Store a component in one string of bytes.

    pipe (Storable): The component.
    exclude (Iterable[str]): Parts to leave out.
    RETURNS (bytes): The component, with a checksum.
    """
    vocab = {"vocab": lambda: pipe.vocab.to_bytes(exclude=exclude)}
    return pack(util.to_dict({**pipe.writers(), **vocab}, exclude))


def from_bytes(pipe: Storable, bytes_data: bytes, exclude: Iterable[str]) -> None:
    """Load a component.

    pipe (Storable): The component.
    bytes_data (bytes): What `to_bytes` returned.
    exclude (Iterable[str]): Parts to leave out.
    RAISES (ValueError): If the data are damaged or of another format.
    """
    with explain_damage(pipe.name, "bytes"):
        vocab = {"vocab": lambda data: pipe.vocab.from_bytes(data, exclude=exclude)}
        util.from_dict(unpack(bytes_data), {**vocab, **pipe.readers()}, exclude)
        pipe.check_loaded(exclude)


def to_disk(pipe: Storable, path: Path, exclude: Iterable[str]) -> None:
    """Save a component. If the process is killed, all old files count, or all new ones.

    pipe (Storable): The component.
    path (Path): A folder.
    exclude (Iterable[str]): Parts to leave out. Those that are in the folder stay there.
    """
    write_files(path, util.to_dict(pipe.writers(), exclude))
    if "vocab" not in exclude:
        pipe.vocab.to_disk(path / "vocab", exclude=exclude)


def from_disk(pipe: Storable, path: Path, exclude: Iterable[str]) -> None:
    """Load a component.

    pipe (Storable): The component.
    path (Path): A folder written by `to_disk`.
    exclude (Iterable[str]): Parts to leave out.
    RAISES (ValueError): If a file is missing, damaged or of another format.
    """
    with explain_damage(pipe.name, str(path)):
        names = [name for name in pipe.readers() if name.split(".")[0] not in exclude]
        # All are checked before the first is loaded.
        files = read_files(path, names)
        if "vocab" not in exclude:
            pipe.vocab.from_disk(path / "vocab", exclude=exclude)
        util.from_dict(files, pipe.readers(), exclude)
        pipe.check_loaded(exclude)
    if not has_checksums(path):
        warnings.warn(
            f"The component '{pipe.name}' in {path} has no {MANIFEST}, so its files cannot be "
            f"checked: save the pipeline again with nlp.to_disk().",
            stacklevel=3,
        )


@contextmanager
def explain_damage(name: str, source: str) -> Iterator[None]:
    """Turn any error inside the block into one that names the component and its source.

    name (str): Name of the component.
    source (str): What the component is loaded from.
    RAISES (MemoryError): If memory runs out.
    RAISES (ValueError): For any other error inside the block.
    """
    try:
        yield
    except Exception as err:
        failed = f"The component '{name}' cannot be loaded from {source}"
        if is_out_of_memory(err):
            raise MemoryError(f"{failed}, because memory runs out: {MORE}.") from err
        if isinstance(err, FormatError):
            raise ValueError(f"{failed}: {err}.") from err
        if isinstance(err, ImportError):
            raise ValueError(f"{failed}: {err}") from err
        raise ValueError(
            f"{failed} ({err}): it is damaged, incomplete or of another config, so restore it or "
            f"train it anew."
        ) from err
