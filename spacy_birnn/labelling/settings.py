"""Settings of the components: typed, frozen, and validated in one place."""

from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Dict, Iterable, Iterator, Tuple, TypeVar

from thinc.api import ConfigValidationError, Model

# Name of a setting, and what is wrong with its value.
Problem = Tuple[str, str]
SettingsT = TypeVar("SettingsT", bound="Settings")


@dataclass(frozen=True)
class Settings:
    """Settings that all components share.

    label_smoothing (float): Probability moved from the gold label to the others.
    max_length (int): Maximum number of tokens (characters in a segmenter) that the model reads at
        once when it predicts. Longer documents are cut. 0 for no limit.
    overlap (int): Context, in tokens, that a part of a cut document reads on either side.
    max_grad_norm (float): Maximum norm of the gradient of the mean loss per token, over all
        weights; a longer gradient is clipped. 0 for no limit.
    soft_labels (float): Weight of the soft labels in the loss; the rest is the weight of the gold
        labels. 0 ignores soft labels.
    """

    label_smoothing: float = 0.0
    max_length: int = 30000
    overlap: int = 32
    max_grad_norm: float = 0.0
    soft_labels: float = 0.0

    @property
    def wants_probabilities(self) -> bool:
        """Check whether predictions need probabilities."""
        return False

    @property
    def n_top(self) -> int:
        """Get the number of most probable labels to find for each token."""
        return 0

    def problems(self) -> Iterator[Problem]:
        """Find settings that are out of their range.

        YIELDS (Problem): The name of each, and what is wrong.
        """
        if not 0 <= self.label_smoothing < 0.5:
            yield (
                "label_smoothing",
                f"{self.label_smoothing} must be at least 0 and less than 0.5, so that the gold "
                "label stays the most probable",
            )
        if self.overlap < 0:
            yield "overlap", f"{self.overlap} must be 0 or greater"
        elif self.max_length < 0 or 0 < self.max_length <= 2 * self.overlap:
            yield (
                "max_length",
                f"{self.max_length} must be 0, or more than twice the overlap ({self.overlap})",
            )
        if self.max_grad_norm < 0:
            yield "max_grad_norm", f"{self.max_grad_norm} must be 0 or greater"
        if not 0 <= self.soft_labels <= 1:
            yield "soft_labels", f"{self.soft_labels} must be between 0 and 1"

    def as_dict(self) -> Dict[str, Any]:
        """Get the values by the name of the setting."""
        return asdict(self)

    def change(self: SettingsT, changes: Dict[str, Any]) -> SettingsT:
        """Replace some values.

        changes (Dict[str, Any]): New values by the name of the setting.
        RETURNS (Settings): The new settings.
        RAISES (ValueError): If there is no such setting.
        """
        known = [field.name for field in fields(self)]
        unknown = sorted(changes.keys() - set(known))
        if unknown:
            raise ValueError(f"There is no setting '{unknown[0]}': choose from {', '.join(known)}.")
        return replace(self, **changes)


def model_problems(model: Model, settings: Settings, has_auxiliary: bool) -> Iterator[Problem]:
    """Find settings that the model does not support.

    model (Model): The model of a component.
    settings (Settings): Its settings.
    has_auxiliary (bool): Whether its scheme has labels for an auxiliary output layer.
    YIELDS (Problem): The name of each, and what is wrong.
    """
    head = model.maybe_get_ref("head")
    if head is None or "methods" not in head.attrs:
        yield (
            "model",
            "its architecture is for other components: set @architectures of [model] to "
            "spacy_birnn.SequenceLabeller.v1 or spacy_birnn.BiLSTMTagger.v1",
        )
        return
    if model.has_ref("auxiliary") and not has_auxiliary:
        yield (
            "model.auxiliary",
            "this component has no labels for an auxiliary output layer, only birnn_segmenter has: "
            "remove [model.auxiliary], or set auxiliary = null in [model]",
        )
    if head.attrs["methods"].soften is None:
        for setting, labels in {"label_smoothing": "smoothed", "soft_labels": "soft"}.items():
            if getattr(settings, setting):
                yield (
                    setting,
                    f"this output layer cannot learn from {labels} labels: use the head "
                    "spacy_birnn.Softmax.v1, or set it to 0",
                )


def check_settings(name: str, settings: Settings, model: Model, has_auxiliary: bool) -> None:
    """Check the settings of a component.

    name (str): Name of the component.
    settings (Settings): Its settings.
    model (Model): Its model.
    has_auxiliary (bool): Whether its scheme has labels for an auxiliary output layer.
    RAISES (ConfigValidationError): If a setting is out of its range or does not fit the model.
    """
    fits = model_problems(model, settings, has_auxiliary)
    raise_problems(name, [*fits, *settings.problems()])


def raise_problems(name: str, problems: Iterable[Problem]) -> None:
    """Raise an error that names all problems, if there is one.

    name (str): Name of the component.
    problems (Iterable[Problem]): The problems.
    RAISES (ConfigValidationError): If there is a problem.
    """
    errors = [{"loc": [setting], "msg": message} for setting, message in problems]
    if errors:
        raise ConfigValidationError(title=f"Config error for the component '{name}'", errors=errors)
