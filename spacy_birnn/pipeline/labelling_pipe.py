"""The base of the components: a trainable pipe that labels sequences."""

from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Sequence, Tuple, Type

import srsly
from spacy import util
from spacy.language import Language
from spacy.pipeline.trainable_pipe import TrainablePipe
from spacy.tokens import Doc
from spacy.training import Example, validate_examples, validate_get_examples
from spacy.vocab import Vocab
from thinc.api import Model, Optimizer, set_dropout_rate
from thinc.types import Floats2d

from ..labelling.decoder import Decoder
from ..labelling.initialization import (
    GetExamples,
    choose_labels,
    initialize_auxiliary,
    initialize_model,
)
from ..labelling.learning import Learner
from ..labelling.objective import Objective
from ..labelling.predictions import FloatArray
from ..labelling.scheme import LabelScheme
from ..labelling.settings import Settings, check_settings
from ..labelling.streaming import annotate_stream
from ..runtime.compiled_models import ARRAYS, arrays_readers, model_writers, refuse_training
from ..storage.component import StoredComponent
from .listeners import check_listeners
from .requirements import find_requirements
from .scorers import Outcome

READ_ONLY = (
    "The settings of a trained component are read-only in 'cfg': change them by its method "
    "configure(), as in configure(confidence=True)."
)


class LabellingPipe(StoredComponent, TrainablePipe):
    """Label the tokens of documents, or the characters of their texts.

    A pipe has a label scheme, from which it makes a decoder and an objective. A task is a subclass
    that names its scheme and says how to annotate a document (`annotator`).

    vocab (Vocab): The shared vocabulary.
    model (Model[List[Doc], List[Floats2d]]): The model.
    name (str): Name of the component, the key of its loss.
    scorer (Optional[Callable]): The scoring method; None for no scores.
    **settings (Any): Settings of the scheme, fields of its `settings_class`.
    RAISES (ConfigValidationError): If a setting is out of its range or does not fit the model.
    """

    # Name of a component that gets none.
    default_name: str
    scheme_class: Type[LabelScheme]
    mapped_files = (ARRAYS,)

    def __init__(
        self,
        vocab: Vocab,
        model: Model[List[Doc], List[Floats2d]],
        name: str = "",
        *,
        scorer: Optional[Callable] = None,
        **settings: Any,
    ) -> None:
        self.vocab = vocab
        self.model = model
        self.name = name or self.default_name
        self.scorer = scorer
        self.scheme = self.scheme_class(self.name, self.scheme_class.settings_class(**settings))
        # Scores are divided by it for probabilities.
        self.temperature = 1.0
        self.learner = Learner(self.name)
        self._rehearsal_model: Optional[Model] = None
        self._set_settings(self.scheme.settings)

    def annotator(self) -> Callable[[Doc, Any], Doc]:
        """Make a function that annotates a document with a prediction of `predict`.

        RETURNS (Callable[[Doc, Any], Doc]): The function, which returns the document, or a new one
            in its place.
        """
        raise NotImplementedError

    def outcomes(self, example: Example) -> List[Outcome]:
        """List the probability of each prediction of an example, and whether it is correct."""
        return []

    @property
    def settings(self) -> Settings:
        """Get the settings, which `configure` changes."""
        return self.scheme.settings

    @property
    def decoder(self) -> Decoder:
        """Make the decoder, which finds the best labels for scores."""
        return Decoder(self.model, self.scheme, self.temperature)

    @property
    def objective(self) -> Objective:
        """Make the objective, which compares scores with gold labels."""
        return Objective(self.model, self.scheme)

    @property
    def cfg(self) -> Dict[str, Any]:
        """Get what is stored, the settings and what was learned, as a read-only dictionary."""
        learned = {**self.scheme.state(), "temperature": self.temperature}
        return util.SimpleFrozenDict({**learned, **self.settings.as_dict()}, error=READ_ONLY)

    def configure(self, **changes: Any) -> None:
        """Change settings, for example with `configure(confidence=True)`.

        **changes (Any): New values of settings.
        RAISES (ValueError): If there is no such setting.
        RAISES (ConfigValidationError): If a value is out of its range.
        """
        self._set_settings(self.settings.change(changes))

    def _set_settings(self, settings: Settings) -> None:
        has_auxiliary = self.scheme.auxiliary is not None
        check_settings(self.name, settings, self.model, has_auxiliary)
        self.scheme.settings = settings

    @property
    def labels(self) -> Tuple[str, ...]:
        """Get the labels, in the order of the outputs of the model."""
        return tuple(self.scheme.labels)

    # What `spacy init labels` stores.
    label_data = labels

    def add_label(self, label: str) -> int:
        """Add a label, and an output for it if the model is initialized.

        label (str): The label.
        RETURNS (int): 0 if it is already there, otherwise 1.
        """
        if label in self.scheme.labels:
            return 0
        refuse_training(self.name, self.model)
        self._allow_extra_label()
        self.scheme.add(label)
        self.vocab.strings.add(label)
        if self.model.get_ref("output_layer").has_dim("nO"):
            self.set_output(self.scheme.n_outputs)
        return 1

    def __call__(self, doc: Doc) -> Doc:
        """Annotate a document. It is returned unchanged if it fails and errors are handled."""
        return next(self.pipe([doc]), doc)

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 128) -> Iterator[Doc]:
        """Annotate a stream of documents, see `annotate_stream`."""
        return annotate_stream(self, self.annotator, stream, batch_size)

    def predict(self, docs: Sequence[Doc]) -> List[Any]:
        """Find the best labels of documents, see `Decoder.predict`."""
        return self.decoder.predict(self.scheme.read(docs))

    def predict_probs(self, docs: Sequence[Doc]) -> List[FloatArray]:
        """Find the probabilities of all outputs, see `Decoder.predict_probs`."""
        return self.decoder.predict_probs(self.scheme.read(docs))

    def set_annotations(self, docs: Iterable[Doc], predictions: Iterable[Any]) -> None:
        """Annotate documents in place with what `predict` found for them."""
        annotate = self.annotator()
        for doc, prediction in zip(docs, predictions):
            annotate(doc, prediction)

    def get_loss(
        self, examples: Sequence[Example], scores: List[Floats2d]
    ) -> Tuple[float, List[Floats2d]]:
        """Compare scores with the annotations of the references, see `Objective.get_loss`."""
        refuse_training(self.name, self.model)
        validate_examples(examples, f"{type(self).__name__}.get_loss")
        loss, gradients = self.objective.get_loss(examples, scores)
        self.learner.n_tokens += sum(map(len, scores))
        return loss, gradients

    def update(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Optional[Optimizer] = None,
        losses: Optional[Dict[str, float]] = None,
    ) -> Dict[str, float]:
        """Learn from a batch, see `TrainablePipe.update`.

        Without an optimizer, the gradient is kept for the next batch. If memory runs out, this
        batch and later ones are split, and their gradients are summed.
        """
        refuse_training(self.name, self.model)
        losses = {} if losses is None else losses

        def learn(part: Sequence[Example], of_part: Dict[str, float]) -> None:
            super(LabellingPipe, self).update(part, drop=drop, sgd=False, losses=of_part)

        loss = self.learner.add_gradient(self.model, list(examples), learn)
        losses[self.name] = losses.get(self.name, 0.0) + loss
        if sgd:
            self.finish_update(sgd)
        return losses

    def rehearse(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Optional[Optimizer] = None,
        losses: Optional[Dict[str, float]] = None,
        **config: Any,
    ) -> Dict[str, float]:
        """Learn to predict as before `nlp.resume_training`, see `TrainablePipe.rehearse`.

        The annotations of the examples are not used.
        """
        refuse_training(self.name, self.model)
        losses = {} if losses is None else losses
        losses.setdefault(self.name, 0.0)
        examples = list(examples)
        validate_examples(examples, f"{type(self).__name__}.rehearse")
        docs = [example.predicted for example in examples]
        if self._rehearsal_model is None or not any(len(doc) for doc in docs):
            return losses
        set_dropout_rate(self.model, drop)
        scores, backprop = self.model.begin_update(docs)
        targets = self._rehearsal_model.predict(docs)
        loss, gradients = self.objective.get_rehearsal_loss(scores, targets)
        backprop(gradients)
        self.learner.n_tokens += sum(map(len, gradients))
        if sgd is not None:
            self.finish_update(sgd)
        losses[self.name] += loss
        return losses

    def finish_update(self, sgd: Optimizer) -> None:
        """Update the weights, see `Learner.update_weights`."""
        self.learner.update_weights(self.model, sgd, self.settings.max_grad_norm)

    def initialize(
        self,
        get_examples: GetExamples,
        *,
        nlp: Optional[Language] = None,
        labels: Optional[Iterable[str]] = None,
    ) -> None:
        """Initialize the labels, the dimensions and the weights of the model.

        get_examples (GetExamples): Returns the training data.
        nlp (Optional[Language]): The pipeline.
        labels (Optional[Iterable[str]]): The labels, for example from `spacy init labels`; None
            to collect them from the examples.
        RAISES (ValueError): If there are no labels, or if the model does not fit.
        """
        refuse_training(self.name, self.model)
        validate_get_examples(get_examples, f"{type(self).__name__}.initialize")
        if nlp is not None:
            check_listeners(self.name, self.model, nlp)
            nlp.meta["requirements"] = find_requirements(nlp)
        util.check_lexeme_norms(self.vocab, self.name)
        soft_labels = self.settings.soft_labels > 0
        for label in choose_labels(self.scheme, get_examples, labels, soft_labels):
            self.add_label(label)
        initialize_auxiliary(self.model, self.scheme, get_examples)
        initialize_model(self.model, self.scheme, get_examples)
        self.temperature = 1.0

    def score(self, examples: Iterable[Example], **kwargs: Any) -> Dict[str, Any]:
        """Score predictions, and warn about gold labels that cannot be predicted."""
        examples = list(examples)
        self.scheme.warn_of_unknown_labels(examples)
        return super().score(examples, **kwargs)

    def writers(self) -> Dict[str, Callable[[], bytes]]:
        """Get a function for each file that makes its contents."""
        cfg = {"cfg": lambda: srsly.json_dumps(self.cfg, indent=2).encode("utf-8")}
        return {**cfg, **model_writers(self.model)}

    def readers(self) -> Dict[str, Callable[[bytes], Any]]:
        """Get a function for each file that loads its contents."""
        own = {"cfg": self._load_state, "model": self.load_model}
        return {**own, **arrays_readers(self.model)}

    def _load_state(self, bytes_data: bytes) -> None:
        # The settings come from the config of the pipeline, which may have changed.
        state = srsly.json_loads(bytes_data)
        self.scheme.load_state(state)
        self.temperature = state.get("temperature", 1.0)

    def check_loaded(self, exclude: Iterable[str]) -> None:
        """Check that the model and the labels fit each other, unless one was not loaded."""
        n_outputs = self.scheme.n_outputs
        width = self.model.get_ref("output_layer").maybe_get_dim("nO")
        if not {"cfg", "model"} & set(exclude) and width not in (None, n_outputs):
            labels = f"{n_outputs} of {len(self.labels)} labels"
            raise ValueError(f"the model has {width} outputs and not the {labels}")
