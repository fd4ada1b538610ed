"""Teachers: trained pipelines that predict the probability of each label of each token."""

from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np
from spacy.language import Language
from spacy.pipeline.morphologizer import Morphologizer
from spacy.pipeline.ner import EntityRecognizer
from spacy.pipeline.senter import SentenceRecognizer
from spacy.pipeline.tagger import Tagger
from spacy.tokens import Doc

from ..corpora.reader import copy_words
from ..corpora.soft_labels import ENTITIES, MORPHS, TAGS, FloatArray
from ..errors import InputError
from ..pipeline.labelling_pipe import LabellingPipe
from ..pipeline.segmenter import BiRNNSegmenter
from ..tags.schemes import Spans, TagSet


class Teacher:
    """A trained pipeline that teaches with at most one component for each kind of soft labels.

    The components are ours, or spaCy's `tagger`, `morphologizer` or `ner`.

    name (str): Its name in messages.
    nlp (Language): The pipeline.
    components (Sequence[str]): Names of the components; if empty, all that can teach.
    RAISES (InputError): If a name is unknown, if a component cannot teach or has no labels, if
        there is none, or if several teach the same.
    """

    def __init__(self, name: str, nlp: Language, components: Sequence[str] = ()) -> None:
        self.name = name
        self.nlp = nlp
        self._kinds: Dict[str, str] = {}
        for component, pipe in nlp.pipeline:
            kind = _kind_of(pipe)
            if component in components or (not components and kind is not None):
                if kind is None:
                    raise self._error(f"the component '{component}' has no labels for tokens")
                if kind in self._kinds.values():
                    both = [c for c, other in self._kinds.items() if other == kind] + [component]
                    raise self._error(f"the components {_quote(both)} all have labels for {kind}")
                self._kinds[component] = kind
        missing = [component for component in components if component not in self._kinds]
        if missing or not self._kinds:
            lack = _quote(missing) if missing else "that can teach"
            has = _quote(nlp.pipe_names) or "none"
            raise self._error(f"it has no component {lack} (its components: {has})")
        # By kind, the names of the columns of the arrays that `teach` returns.
        self.outputs: Dict[str, Tuple[str, ...]] = {}
        for component, kind in self._kinds.items():
            trained: Any = nlp.get_pipe(component)
            if not trained.labels:
                raise self._error(f"the component '{component}' has no labels yet")
            self.outputs[kind] = _outputs(trained)

    def find_words(self, docs: Sequence[Doc]) -> List[Doc]:
        """Find the words of documents with the segmenters of the pipeline.

        docs (Sequence[Doc]): Documents from the tokenizer.
        RETURNS (List[Doc]): The segmented documents, or the same ones without a segmenter.
        """
        pipes = self.nlp.pipeline
        others = [name for name, pipe in pipes if not isinstance(pipe, BiRNNSegmenter)]
        return list(self.nlp.pipe(docs, disable=others))

    def teach(self, docs: Sequence[Doc]) -> Dict[str, List[FloatArray]]:
        """Predict the probabilities of labels.

        docs (Sequence[Doc]): Documents, of which only the words are read.
        RETURNS (Dict[str, List[FloatArray]]): By kind, for each document the probabilities of the
            outputs, shape (tokens, outputs). Tokens without a prediction have zeros.
        """
        bare = [copy_words(doc, self.nlp.vocab) for doc in docs]
        taught: Dict[str, List[FloatArray]] = {}
        for name, pipe in self.nlp.pipeline:
            kind = self._kinds.get(name)
            if kind is not None and not isinstance(pipe, EntityRecognizer):
                taught[kind] = _predict_probs(pipe, bare)
            if not self.nlp.get_pipe_meta(name).retokenizes:
                # Later components may need the annotations.
                others = [other for other in self.nlp.pipe_names if other != name]
                bare = list(self.nlp.pipe(bare, disable=others))
            if kind is not None and kind not in taught:
                taught[kind] = [_one_hot(pipe, doc) for doc in bare]
            if len(taught) == len(self._kinds):
                break
        return taught

    def _error(self, problem: str) -> InputError:
        return InputError(
            f"The teacher {self.name} cannot be used, because {problem}: name trained components "
            f"of spacy_birnn or spaCy's tagger, morphologizer or ner by --component."
        )


def _kind_of(pipe: object) -> Optional[str]:
    if isinstance(pipe, LabellingPipe):
        return pipe.scheme.kind or None
    if isinstance(pipe, EntityRecognizer):
        return ENTITIES
    # The morphologizer and the sentence recognizer are subclasses of the tagger.
    if isinstance(pipe, Morphologizer):
        return MORPHS
    is_tagger = isinstance(pipe, Tagger) and not isinstance(pipe, SentenceRecognizer)
    return TAGS if is_tagger else None


def _outputs(pipe: Any) -> Tuple[str, ...]:
    if isinstance(pipe, LabellingPipe):
        return pipe.scheme.outputs
    if isinstance(pipe, EntityRecognizer):
        return tuple(_tag_set(pipe).names(pipe.labels))
    return tuple(pipe.labels)


def _predict_probs(pipe: Any, docs: List[Doc]) -> List[Any]:
    if isinstance(pipe, LabellingPipe):
        return pipe.predict_probs(docs)
    ops, output = pipe.model.ops, pipe.model.get_ref("output_layer")
    scores = pipe.model.predict(docs)
    if not output.attrs.get("softmax_normalize", True):
        # spaCy's tagger predicts scores without normalizing them.
        scores = [ops.softmax(s, temperature=output.attrs["softmax_temperature"]) for s in scores]
    return [ops.to_numpy(probs) for probs in scores]


def _one_hot(pipe: EntityRecognizer, doc: Doc) -> FloatArray:
    """The predicted entities as probabilities, because spaCy's ner has none for tags."""
    numbers = {label: i for i, label in enumerate(pipe.labels)}
    known = [ent for ent in doc.ents if ent.label_ in numbers]
    columns = (
        [ent.start for ent in known],
        [ent.end for ent in known],
        [numbers[ent.label_] for ent in known],
    )
    spans = Spans(*(np.array(column, dtype=np.int64) for column in columns))
    tag_set = _tag_set(pipe)
    probs = np.eye(tag_set.n_tags)[tag_set.encode(spans, len(doc))]
    # This component has no prediction for the entities of another one.
    for ent in doc.ents:
        if ent.label_ not in numbers:
            probs[ent.start : ent.end] = 0.0
    return probs


def _tag_set(pipe: EntityRecognizer) -> TagSet:
    return TagSet("BILUO", len(pipe.labels))


def _quote(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
