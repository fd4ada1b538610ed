"""Components as files and bytes, with errors that name what is damaged."""

import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Iterator, Tuple, TypeVar, Union

from spacy import util
from spacy.errors import Errors
from spacy.vocab import Vocab
from thinc.api import Model

from ..memory import MORE, is_out_of_memory
from .checksums import MANIFEST, FormatError, has_checksums, pack, read_files, unpack, write_files

StoredT = TypeVar("StoredT", bound="StoredComponent")


class StoredComponent:
    """Store a component as files or bytes, with checksums.

    Subclasses define the files in `writers` and `readers`.
    """

    name: str
    vocab: Vocab
    model: Model
    # Files that are mapped into memory when they are loaded from a folder.
    mapped_files: Tuple[str, ...] = ()

    def writers(self) -> Dict[str, Callable[[], bytes]]:
        """Get a function for each file that makes its contents."""
        raise NotImplementedError

    def readers(self) -> Dict[str, Callable[[bytes], Any]]:
        """Get a function for each file that loads its contents."""
        raise NotImplementedError

    def load_model(self, bytes_data: bytes) -> None:
        """Load the weights of the model.

        bytes_data (bytes): The contents of the file "model".
        RAISES (ValueError): If they belong to another architecture.
        """
        try:
            self.model.from_bytes(bytes_data)
        except AttributeError:
            raise ValueError(Errors.E149) from None

    def check_loaded(self, exclude: Iterable[str]) -> None:
        """Check that the loaded parts fit together.

        exclude (Iterable[str]): Parts that were not loaded.
        RAISES (ValueError): If they do not.
        """

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """Serialize the component, with a checksum.

        exclude (Iterable[str]): Parts to leave out.
        RETURNS (bytes): The serialized component.
        """
        vocab = {"vocab": lambda: self.vocab.to_bytes(exclude=exclude)}
        return pack(util.to_dict({**self.writers(), **vocab}, exclude))

    def from_bytes(self: StoredT, bytes_data: bytes, *, exclude: Iterable[str] = ()) -> StoredT:
        """Load the component from bytes.

        bytes_data (bytes): The result of `to_bytes`.
        exclude (Iterable[str]): Parts to leave out.
        RETURNS (StoredComponent): Itself.
        RAISES (MemoryError): If memory runs out.
        RAISES (ValueError): If the data are damaged or in another format.
        """
        with explain_load_error(self.name, "bytes"):
            vocab = {"vocab": lambda data: self.vocab.from_bytes(data, exclude=exclude)}
            util.from_dict(unpack(bytes_data), {**vocab, **self.readers()}, exclude)
            self.check_loaded(exclude)
        return self

    def to_disk(self, path: Union[str, Path], *, exclude: Iterable[str] = ()) -> None:
        """Save the component. A process that is killed leaves all old files valid, or all new ones.

        path (Union[str, Path]): A folder.
        exclude (Iterable[str]): Parts to leave out, which stay as they are in the folder.
        """
        path = Path(path)
        write_files(path, util.to_dict(self.writers(), exclude), self.mapped_files)
        if "vocab" not in exclude:
            self.vocab.to_disk(path / "vocab", exclude=exclude)

    def from_disk(self: StoredT, path: Union[str, Path], *, exclude: Iterable[str] = ()) -> StoredT:
        """Load the component from a folder.

        path (Union[str, Path]): A folder written by `to_disk`.
        exclude (Iterable[str]): Parts to leave out.
        RETURNS (StoredComponent): Itself.
        RAISES (MemoryError): If memory runs out.
        RAISES (ValueError): If a file is missing, damaged or in another format.
        """
        path = Path(path)
        with explain_load_error(self.name, str(path)):
            names = [name for name in self.readers() if name.split(".")[0] not in exclude]
            # Check all before loading the first.
            files = read_files(path, names, self.mapped_files)
            if "vocab" not in exclude:
                self.vocab.from_disk(path / "vocab", exclude=exclude)
            util.from_dict(files, self.readers(), exclude)
            self.check_loaded(exclude)
        if not has_checksums(path):
            warnings.warn(
                f"The component '{self.name}' in {path} has no {MANIFEST}, so its files cannot be "
                f"checked: save the pipeline again with nlp.to_disk().",
                stacklevel=2,
            )
        return self


@contextmanager
def explain_load_error(name: str, source: str) -> Iterator[None]:
    """Convert errors of a block to errors that name the component and its source.

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
