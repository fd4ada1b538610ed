"""What components share as spaCy stores them: settings from the config, and what they learnt."""

import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Iterator, Optional, Union

import srsly
from spacy import util
from spacy.errors import Errors
from spacy.pipeline.trainable_pipe import TrainablePipe
from spacy.vocab import Vocab
from thinc.api import ConfigValidationError, Model

from .checked import MANIFEST, FormatError, has_checksums, pack, read_files, unpack, write_files
from .memory import MORE, is_out_of_memory


class StoredPipe(TrainablePipe):
    """A trainable component whose errors say what is wrong with a setting or a file.

    Settings are those of the config, also when it is loaded with other ones than it was saved
    with. What it learnt is saved with it.

    vocab (Vocab): The shared vocabulary.
    model (Model): The model.
    name (str): Name of the component.
    scorer (Optional[Callable]): The scoring method; None for no scores.
    settings (Dict[str, Any]): The settings, which `cfg` holds.
    **learnt (Any): What else it holds, before it learnt anything.
    """

    def __init__(
        self,
        vocab: Vocab,
        model: Model,
        name: str,
        scorer: Optional[Callable],
        settings: Dict[str, Any],
        **learnt: Any,
    ) -> None:
        self.vocab = vocab
        self.model = model
        self.name = name
        self.scorer = scorer
        self._settings = settings
        self.cfg = {**learnt, **settings}

    def check_setting(self, condition: bool, setting: str, message: str) -> None:
        """condition (bool): What must hold.
        setting (str): Name of the setting.
        message (str): What is wrong with its value, and what would be right.
        RAISES (ConfigValidationError): If the condition does not hold.
        """
        if not condition:
            raise ConfigValidationError(
                title=f"Config error for the component '{self.name}'",
                errors=[{"loc": [setting], "msg": message}],
            )

    def check_loaded(self, exclude: Iterable[str]) -> None:
        """exclude (Iterable[str]): Parts that were not loaded.
        RAISES (ValueError): If the others do not fit each other.
        """

    def writers(self) -> Dict[str, Callable[[], bytes]]:
        """RETURNS (Dict[str, Callable]): What makes the contents of each file, by its name."""
        return {
            "cfg": lambda: srsly.json_dumps(self.cfg, indent=2).encode("utf-8"),
            "model": self.model.to_bytes,
        }

    def readers(self) -> Dict[str, Callable[[bytes], Any]]:
        """RETURNS (Dict[str, Callable]): What loads the contents of each file, by its name."""
        return {
            "cfg": lambda data: self.cfg.update(srsly.json_loads(data)),
            "model": self._load_model,
        }

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """exclude (Iterable[str]): Parts to leave out.
        RETURNS (bytes): The component, with a checksum.
        """
        vocab = {"vocab": lambda: self.vocab.to_bytes(exclude=exclude)}
        return pack(util.to_dict({**self.writers(), **vocab}, exclude))

    def from_bytes(self, bytes_data: bytes, *, exclude: Iterable[str] = ()) -> "StoredPipe":
        """bytes_data (bytes): What `to_bytes` returned.
        exclude (Iterable[str]): Parts to leave out.
        RETURNS (StoredPipe): Itself.
        RAISES (MemoryError): If there is too little memory.
        RAISES (ValueError): If the data are damaged or of another format.
        """
        with self.explain_damage("bytes"):
            vocab = {"vocab": lambda data: self.vocab.from_bytes(data, exclude=exclude)}
            util.from_dict(unpack(bytes_data), {**vocab, **self.readers()}, exclude)
            self.cfg.update(self._settings)
            self.check_loaded(exclude)
        return self

    def to_disk(self, path: Union[str, Path], *, exclude: Iterable[str] = ()) -> None:
        """Save the component. If the process is killed, its old files count, or all new ones.

        path (Union[str, Path]): A folder.
        exclude (Iterable[str]): Parts to leave out. Those that are in the folder stay there.
        """
        path = Path(path)
        write_files(path, util.to_dict(self.writers(), exclude))
        if "vocab" not in exclude:
            self.vocab.to_disk(path / "vocab", exclude=exclude)

    def from_disk(self, path: Union[str, Path], *, exclude: Iterable[str] = ()) -> "StoredPipe":
        """path (Union[str, Path]): A folder written by `to_disk`.
        exclude (Iterable[str]): Parts to leave out.
        RETURNS (StoredPipe): Itself.
        RAISES (MemoryError): If there is too little memory.
        RAISES (ValueError): If a file is missing, damaged or of another format.
        """
        path = Path(path)
        with self.explain_damage(str(path)):
            names = [name for name in self.readers() if name.split(".")[0] not in exclude]
            # All are checked before the first is loaded.
            files = read_files(path, names)
            if "vocab" not in exclude:
                self.vocab.from_disk(path / "vocab", exclude=exclude)
            util.from_dict(files, self.readers(), exclude)
            self.cfg.update(self._settings)
            self.check_loaded(exclude)
        if not has_checksums(path):
            warnings.warn(
                f"The component '{self.name}' in {path} has no {MANIFEST}, so its files cannot be "
                f"checked: save the pipeline again with nlp.to_disk().",
                stacklevel=2,
            )
        return self

    def _load_model(self, bytes_data: bytes) -> None:
        try:
            self.model.from_bytes(bytes_data)
        except AttributeError:
            raise ValueError(Errors.E149) from None

    @contextmanager
    def explain_damage(self, source: str) -> Iterator[None]:
        """Say what is wrong where a component cannot be loaded.

        source (str): What it is loaded from.
        RAISES (MemoryError): If there is too little memory.
        RAISES (ValueError): For any other error inside the block.
        """
        try:
            yield
        except Exception as err:
            if is_out_of_memory(err):
                raise MemoryError(
                    f"There is too little memory to load the component '{self.name}' from "
                    f"{source}: {MORE}."
                ) from err
            failed = f"The component '{self.name}' cannot be loaded from {source}"
            if isinstance(err, FormatError):
                raise ValueError(f"{failed}: {err}.") from err
            if isinstance(err, ImportError):
                raise ValueError(f"{failed}: {err}") from err
            raise ValueError(
                f"{failed} ({err}): it is damaged, incomplete or of another config, so restore it "
                f"or train it anew."
            ) from err
