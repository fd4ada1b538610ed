"""What components share as spaCy stores them: settings from the config, and what they learnt."""

from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Iterator, Optional, Union

from spacy.pipeline.trainable_pipe import TrainablePipe
from spacy.vocab import Vocab
from thinc.api import ConfigValidationError, Model


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

    def from_bytes(self, bytes_data: bytes, *, exclude: Iterable[str] = ()) -> "StoredPipe":
        """bytes_data (bytes): What `to_bytes` returned.
        exclude (Iterable[str]): Parts to leave out.
        RETURNS (StoredPipe): Itself.
        RAISES (ValueError): If the data are damaged.
        """
        with self.explain_damage("bytes"):
            super().from_bytes(bytes_data, exclude=exclude)
            self.cfg.update(self._settings)
            self.check_loaded(exclude)
        return self

    def from_disk(self, path: Union[str, Path], *, exclude: Iterable[str] = ()) -> "StoredPipe":
        """path (Union[str, Path]): A folder written by `to_disk`.
        exclude (Iterable[str]): Parts to leave out.
        RETURNS (StoredPipe): Itself.
        RAISES (ValueError): If a file is missing or damaged.
        """
        with self.explain_damage(str(path)):
            super().from_disk(path, exclude=exclude)
            self.cfg.update(self._settings)
            self.check_loaded(exclude)
        return self

    @contextmanager
    def explain_damage(self, source: str) -> Iterator[None]:
        """source (str): What a component is loaded from.
        RAISES (ValueError): For any error inside the block.
        """
        try:
            yield
        except Exception as err:
            raise ValueError(
                f"The component '{self.name}' cannot be loaded from {source} ({err}): it is "
                f"damaged, incomplete or of another config, so restore it or train it anew."
            ) from err
