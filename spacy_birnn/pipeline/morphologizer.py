"""`birnn_morphologizer`: parts of speech and morphological features."""

from functools import cache, partial
from typing import Any, Callable, Dict, Iterable, Optional, Tuple, Union

import numpy as np
from spacy.attrs import MORPH, POS
from spacy.language import Language
from spacy.morphology import Morphology
from spacy.parts_of_speech import IDS
from spacy.tokens import Doc

from ..labelling.initialization import GetExamples
from ..labelling.morph_scheme import MorphologizerSettings, MorphScheme, join_label, split_label
from ..labelling.predictions import Prediction
from .defaults import DEFAULT_MODEL
from .factory import make_factory
from .labelling_pipe import LabellingPipe

# By name, "morph" and "pos" of labels: what spaCy's `morphologizer` stores as labels.
LabelData = Dict[str, Dict[str, Any]]


class BiRNNMorphologizer(LabellingPipe):
    """Set `token.pos` and `token.morph`, as spaCy's `morphologizer` does.

    vocab (Vocab): The shared vocabulary.
    model (Model[List[Doc], List[Floats2d]]): The model.
    name (str): Name of the component.
    scorer (Optional[Callable]): The scoring method; None for no scores.
    **settings (Any): See `MorphologizerSettings`.
    RAISES (ConfigValidationError): If a setting is out of its range.
    """

    default_name = "birnn_morphologizer"
    scheme_class = MorphScheme
    scheme: MorphScheme

    @property
    def label_data(self) -> LabelData:  # type: ignore[override]
        """Get what `spacy init labels` stores, in the format of spaCy's `morphologizer`."""
        pairs = {label: split_label(label) for label in self.labels}
        return {
            "morph": {label: feats for label, (feats, _) in pairs.items()},
            "pos": {label: IDS[pos] for label, (_, pos) in pairs.items()},
        }

    def initialize(
        self,
        get_examples: GetExamples,
        *,
        nlp: Optional[Language] = None,
        labels: Union[LabelData, Iterable[str], None] = None,
    ) -> None:
        """Initialize the component, see `LabellingPipe.initialize`.

        Labels of spaCy's `morphologizer` fit.
        """
        if isinstance(labels, dict):
            labels = labels["morph"]
        super().initialize(get_examples, nlp=nlp, labels=labels)

    def add_label(self, label: str) -> int:
        """Add a label such as "Case=Nom|POS=NOUN", see `LabellingPipe.add_label`."""
        if isinstance(label, str):
            label = join_label(*split_label(label))
        return super().add_label(label)

    def annotator(self) -> Callable[[Doc, Prediction], Doc]:
        labels, add = self.scheme.labels, self.vocab.morphology.add

        # There are hundreds of labels, and a batch has a few of them.
        @cache
        def values_of(output: int) -> Tuple[int, int]:
            feats, pos = split_label(labels[output])
            return add(feats), IDS[pos]

        return partial(self._annotate, values_of)

    def _annotate(self, values_of: Any, doc: Doc, prediction: Prediction) -> Doc:
        if not len(doc):
            return doc
        settings = self.scheme.settings
        found = np.array([values_of(output) for output in prediction.ids.tolist()], dtype=np.uint64)
        present = doc.to_array([MORPH, POS])
        result: Any = found if settings.overwrite else np.where(present == 0, found, present)
        if settings.extend:
            result[:, 0] = [self._extend(*pair) for pair in zip(present[:, 0], found[:, 0])]
        return doc.from_array([MORPH, POS], result)

    def _extend(self, present: int, found: int) -> int:
        """Join the features that a token has with those that are found."""
        strings = self.vocab.strings
        feats = [Morphology.feats_to_dict(strings[int(morph)]) for morph in (present, found)]
        first, last = feats if self.scheme.settings.overwrite else reversed(feats)
        return self.vocab.morphology.add({**first, **last})


make_birnn_morphologizer = Language.factory(
    "birnn_morphologizer",
    assigns=["token.morph", "token.pos"],
    default_config={
        "model": DEFAULT_MODEL,
        "scorer": {"@scorers": "spacy.morphologizer_scorer.v1"},
        **MorphologizerSettings().as_dict(),
    },
    default_score_weights={"pos_acc": 0.5, "morph_acc": 0.5, "morph_per_feat": None},
    func=make_factory(BiRNNMorphologizer),
)
