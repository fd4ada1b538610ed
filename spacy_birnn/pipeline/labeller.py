"""The shared base of the components."""

import math
import warnings
from collections import Counter
from itertools import islice
from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    Dict,
    Iterable,
    Iterator,
    List,
    Optional,
    Sequence,
    Set,
    Tuple,
    cast,
)

import numpy as np
from numpy.typing import NDArray
from spacy import util
from spacy.attrs import ORTH
from spacy.errors import Errors
from spacy.language import Language
from spacy.pipeline.tok2vec import Tok2VecListener
from spacy.tokens import Doc
from spacy.training import Example, validate_examples, validate_get_examples
from spacy.vocab import Vocab
from thinc.api import Model, Optimizer, set_dropout_rate
from thinc.types import Floats2d

from ..tags.labels import MISSING, LabelIds, negative
from ..tags.marginals import Marginals
from ..tags.schemes import Transitions, unrestricted
from ..tags.viterbi import Weights, viterbi
from .annotating import AnnotatingPipe
from .listeners import check_listeners
from .memory import is_out_of_memory, warn_of_split
from .pieces import Piece, Unit, make_batches
from .predictions import Prediction, join_predictions
from .scorers import Outcome

if TYPE_CHECKING:
    from ..models.heads import HeadMethods

# Pieces of documents, and the scores of each, shape (tokens, outputs).
Scored = Tuple[List[Piece], List[Floats2d]]


class SequenceLabeller(AnnotatingPipe):
    """Give every token a label.

    A task is a subclass that says which labels an `Example` holds (`example_labels`), how
    they read as numbers for training (`gold_ids`), how numbers become annotations
    (`annotator`); and, if they are no plain labels, how many numbers there are
    (`n_outputs`), which may follow which (`transitions`), which a document allows (`mask`), and
    when probabilities are wanted (`wants_probabilities`).

    vocab (Vocab): The shared vocabulary.
    model (Model[List[Doc], List[Floats2d]]): The model.
    name (str): Name of the component, the key of its loss.
    scorer (Optional[Callable]): The scoring method; None for no scores.
    neg_prefix (str): Marks a label of the training data as wrong; "" if there is no such mark.
    label_smoothing (float): Probability moved from the gold label to the others.
    max_length (int): Most tokens that the model sees at once in prediction, which bounds its
        memory. A longer document is cut; 0 for no limit.
    overlap (int): Tokens that a part of a document reads on either side as context.
    confidence (bool): Compute the probabilities of what is predicted.
    max_grad_norm (float): Greatest norm of the gradient of all weights together, of the mean loss
        of a token; a longer one is shortened. 0 for no limit.
    soft_labels (float): Weight of the soft labels of the training data in the loss, if it is not
        0; the gold labels have the rest.
    **cfg (Any): Other settings.
    RAISES (ConfigValidationError): If a setting is out of its range, if the model has no output
        layer for labels or one that the component has no labels for, or if the output layer cannot
        learn from smoothed or soft labels.
    """

    # What the soft labels are of that it learns from.
    annotation = ""
    # What the model gives an output for, and an embedding that does so.
    unit = "token"
    embed = "spacy_birnn.WordCharEmbed.v1"

    def __init__(
        self,
        vocab: Vocab,
        model: Model[List[Doc], List[Floats2d]],
        name: str,
        *,
        scorer: Optional[Callable] = None,
        neg_prefix: str = "",
        label_smoothing: float = 0.0,
        max_length: int = 30000,
        overlap: int = 32,
        confidence: bool = False,
        max_grad_norm: float = 0.0,
        soft_labels: float = 0.0,
        **cfg: Any,
    ) -> None:
        settings = {
            "neg_prefix": neg_prefix,
            "label_smoothing": label_smoothing,
            "max_length": max_length,
            "overlap": overlap,
            "confidence": confidence,
            "max_grad_norm": max_grad_norm,
            "soft_labels": soft_labels,
            **cfg,
        }
        super().__init__(vocab, model, name, scorer, settings, labels=[], temperature=1.0)
        head = model.maybe_get_ref("head")
        self.check_setting(
            head is not None and "methods" in head.attrs,
            "model",
            "its architecture is for other components: set @architectures of [model] to "
            "spacy_birnn.SequenceLabeller.v1 or spacy_birnn.BiLSTMTagger.v1",
        )
        self.check_setting(
            not model.has_ref("auxiliary") or "auxiliary_weight" in settings,
            "model.auxiliary",
            "this component has no labels for an auxiliary output layer, only birnn_segmenter has: "
            "remove [model.auxiliary], or set auxiliary = null in [model]",
        )
        self.check_setting(
            overlap >= 0 and (max_length == 0 or max_length > 2 * overlap),
            "max_length",
            f"{max_length} must be 0, or more than twice the overlap ({overlap})",
        )
        self.check_setting(
            0 <= label_smoothing < 0.5,
            "label_smoothing",
            f"{label_smoothing} must be at least 0 and less than 0.5, so that the label of the "
            "data stays the most probable",
        )
        self.check_setting(
            label_smoothing == 0 or self._head_methods.soften is not None,
            "label_smoothing",
            "this output layer cannot learn from smoothed labels: take the head "
            "spacy_birnn.Softmax.v1, or set it to 0",
        )
        self.check_setting(
            max_grad_norm >= 0, "max_grad_norm", f"{max_grad_norm} must be 0 or greater"
        )
        self.check_setting(
            0 <= soft_labels <= 1, "soft_labels", f"{soft_labels} must be between 0 and 1"
        )
        self.check_setting(
            soft_labels == 0 or self._head_methods.soften is not None,
            "soft_labels",
            "this output layer cannot learn from soft labels: take the head "
            "spacy_birnn.Softmax.v1, or set it to 0",
        )
        self._rehearsal_model: Optional[Model] = None
        # Tokens that the gradient is of, here or in all workers that learn together.
        self.n_learnt = 0
        # Parts that a batch of the training is learnt in, for want of memory.
        self._n_parts = 1
        self._reported: Set[str] = set()

    def example_labels(self, example: Example) -> Iterable[str]:
        """example (Example): An example.
        RETURNS (Iterable[str]): The labels that its reference holds, in any order.
        """
        raise NotImplementedError

    def gold_ids(self, examples: Sequence[Example]) -> LabelIds:
        """Read the labels of all tokens of a batch.

        examples (Sequence[Example]): The batch.
        RETURNS (LabelIds): Shape (tokens,): for each predicted token.
        """
        raise NotImplementedError

    def auxiliary_labels(self, example: Example) -> Iterable[str]:
        """example (Example): An example.
        RETURNS (Iterable[str]): The labels that its reference holds for the auxiliary output
            layer, which is there if the model has one.
        """
        return ()

    def auxiliary_ids(self, examples: Sequence[Example]) -> LabelIds:
        """Read the labels for the auxiliary output layer.

        examples (Sequence[Example]): The batch.
        RETURNS (LabelIds): Shape (tokens,): for each predicted token.
        """
        raise NotImplementedError

    @property
    def n_outputs(self) -> int:
        """RETURNS (int): Number of the model's outputs for a token."""
        return len(self.labels)

    @property
    def chance(self) -> float:
        """RETURNS (float): How often a guess at what it predicts is right."""
        return 1 / max(1, self.n_outputs)

    @property
    def outputs(self) -> Tuple[str, ...]:
        """RETURNS (Tuple[str, ...]): Names of the model's outputs."""
        return self.labels

    def labels_of(self, outputs: Iterable[str]) -> Set[str]:
        """outputs (Iterable[str]): Names of outputs.
        RETURNS (Set[str]): The labels that have such outputs.
        """
        return set(outputs)

    @property
    def transitions(self) -> Transitions:
        """RETURNS (Transitions): Which output may follow which."""
        return unrestricted(self.n_outputs)

    def read(self, docs: Sequence[Doc]) -> Sequence[Unit]:
        """docs (Sequence[Doc]): Documents.
        RETURNS (Sequence[Unit]): What of each of them the model gives outputs for: its tokens.
        """
        return docs

    def mask(self, unit: Any) -> Optional[NDArray[np.bool_]]:
        """Say which outputs each token may have, whatever the model scores.

        unit (Unit): What was read.
        RETURNS (Optional[NDArray[np.bool_]]): Shape (tokens, outputs); None if all are allowed.
        """
        return None

    def outcomes(self, example: Example) -> List[Outcome]:
        """example (Example): An example with an annotated prediction.
        RETURNS (List[Outcome]): Probabilities of what was predicted, and whether it is right.
            Nothing if the component has no probabilities.
        """
        return []

    @property
    def wants_probabilities(self) -> bool:
        """RETURNS (bool): Whether predictions shall have probabilities."""
        return self.cfg["confidence"]

    def label_ids(self, labels: Iterable[str]) -> LabelIds:
        """Turn gold labels into numbers.

        labels (Iterable[str]): Labels; "" if missing; with the prefix `neg_prefix` "any but".
        RETURNS (LabelIds): Shape (labels,).
        RAISES (ValueError): If a label is unknown.
        """
        numbers = {label: i for i, label in enumerate(self.labels)}
        prefix = self.cfg["neg_prefix"]
        ids = []
        for label in labels:
            negated = label[len(prefix) :] if prefix and label.startswith(prefix) else None
            if not label:
                ids.append(MISSING)
            elif label in numbers:
                ids.append(numbers[label])
            elif negated in numbers:
                ids.append(negative(numbers[negated]))
            else:
                raise ValueError(
                    f"The component '{self.name}' does not know the label '{label}': call "
                    f"add_label() before training, or initialise it with all training data."
                )
        return np.array(ids, dtype=np.int64)

    @property
    def labels(self) -> Tuple[str, ...]:
        """RETURNS (Tuple[str, ...]): The labels, in the order of the model's outputs."""
        return tuple(self.cfg["labels"])

    @property
    def label_data(self) -> Tuple[str, ...]:
        """RETURNS (Tuple[str, ...]): What `spacy init labels` stores."""
        return self.labels

    def add_label(self, label: str) -> int:
        """Add a label. The output layer of an initialised model grows with it.

        label (str): The label.
        RETURNS (int): 0 if it is already there, otherwise 1.
        RAISES (ValueError): If the label is not a string.
        """
        if not isinstance(label, str):
            raise ValueError(Errors.E187)
        if label in self.cfg["labels"]:
            return 0
        self._allow_extra_label()
        self.cfg["labels"].append(label)
        self.vocab.strings.add(label)
        if self.model.get_ref("output_layer").has_dim("nO"):
            self.set_output(self.n_outputs)
        return 1

    def predict(self, docs: Sequence[Doc]) -> List[Any]:
        """docs (Sequence[Doc]): The documents.
        RETURNS (List[Prediction]): For each document the best labels.
        """
        return self.predict_units(self.read(docs))

    def predict_units(
        self, units: Sequence[Unit], scored: Optional[Iterable[Scored]] = None
    ) -> List[Prediction]:
        """Find the best labels of each document.

        units (Sequence[Unit]): What is read of each document.
        scored (Optional[Iterable[Scored]]): Their scores, from `score_units`; None to let the model
            score them.
        RETURNS (List[Prediction]): The best labels of each.
        """
        found = self._decode_parts(units, scored, self.decode)
        return [self.join(unit, parts) for unit, parts in zip(units, found)]

    def score_units(self, units: Sequence[Unit]) -> Iterator[Scored]:
        """Let the model score documents. It sees at most `max_length` tokens at once. Longer
        documents are cut into pieces, which read `overlap` tokens on either side of their own as
        context.

        units (Sequence[Unit]): What is read of each document.
        YIELDS (Scored): Pieces of them, and the scores of each piece, shape (tokens, outputs).
        """
        limit, overlap = self.cfg["max_length"], self.cfg["overlap"]
        for batch in make_batches(units, limit, overlap, self._reads_parts):
            yield batch, self.model.predict([cast(Doc, piece.unit) for piece in batch])

    def predict_probs(self, docs: Sequence[Doc]) -> List[Any]:
        """docs (Sequence[Doc]): The documents.
        RETURNS (List[Any]): For each document the probability of each output among all legal
            sequences, shape (tokens, outputs).
        """
        found = self._decode_parts(self.read(docs), None, self._spread)
        none = Prediction(np.zeros(0, dtype=np.int64), probs=np.zeros((0, self.n_outputs)))
        return [join_predictions([none, *parts]).probs for parts in found]

    def _decode_parts(
        self,
        units: Sequence[Unit],
        scored: Optional[Iterable[Scored]],
        decode: Callable[..., List[Prediction]],
    ) -> List[List[Prediction]]:
        found: List[List[Prediction]] = [[] for _ in units]
        for batch, scores in self.score_units(units) if scored is None else scored:
            for piece, prediction in zip(batch, decode([piece.unit for piece in batch], scores)):
                found[piece.parent].append(prediction.cut(piece.own))
        return found

    def join(self, unit: Unit, parts: Sequence[Prediction]) -> Prediction:
        """Put the predictions for the pieces of a document together.

        unit (Unit): What was read of the document.
        parts (Sequence[Prediction]): The predictions.
        RETURNS (Prediction): The prediction for the document.
        """
        return join_predictions(parts)

    def decode(self, units: Sequence[Unit], scores: Sequence[Floats2d]) -> List[Prediction]:
        """units (Sequence[Unit]): What was read.
        scores (Sequence[Floats2d]): For each of them scores, shape (tokens, outputs).
        RETURNS (List[Prediction]): For each of them the best legal sequence of outputs.
        """
        ops, lengths = self.model.ops, [len(unit) for unit in units]
        transitions, weights = self.transitions, self._head_methods.weights(self._head)
        flat = self._mask_scores(units, scores)
        if weights is None and not len(transitions.continuers):
            ids = ops.to_numpy(flat.argmax(axis=1))
        else:
            ids = viterbi(ops.to_numpy(flat), lengths, transitions, weights)
        prediction = Prediction(ids)
        if self.wants_probabilities:
            prediction = self.rate(ids, self._marginals(flat, lengths))
        return _cut_at(prediction, lengths)

    def _spread(self, units: Sequence[Unit], scores: Sequence[Floats2d]) -> List[Prediction]:
        """As `decode`: the probabilities of all outputs, and no decision."""
        lengths = [len(unit) for unit in units]
        marginals = self._marginals(self._mask_scores(units, scores), lengths)
        undecided = np.full(sum(lengths), MISSING, dtype=np.int64)
        return _cut_at(Prediction(undecided, probs=np.exp(marginals.of_tags())), lengths)

    def _mask_scores(self, units: Sequence[Unit], scores: Sequence[Floats2d]) -> Floats2d:
        """All scores in one array, -inf where a mask forbids an output."""
        ops: Any = self.model.ops
        flat = ops.flatten(scores)
        if not ops.xp.isfinite(flat).all():
            bad = [u.text for u, s in zip(units, scores) if not ops.xp.isfinite(s).all()]
            raise ValueError(
                f"The model of the component '{self.name}' gives scores that are not finite for "
                f"the document {bad[0][:50]!r}: train it again, with a lower rate in "
                f"[training.optimizer.learn_rate]."
            )
        masks = [self.mask(unit) for unit in units]
        if all(mask is None for mask in masks):
            return flat
        everything = np.ones((len(flat), flat.shape[1]), dtype=bool)
        ends = np.cumsum([len(unit) for unit in units]).tolist()
        for start, end, mask in zip([0, *ends], ends, masks):
            if mask is not None:
                everything[start:end] = mask
        return ops.xp.where(ops.asarray(everything), flat, -np.inf)

    def _marginals(self, scores: Floats2d, lengths: Sequence[int]) -> Marginals:
        weights, heat = self._head_methods.weights(self._head), self.cfg["temperature"]
        cooled = weights and Weights(*(weight / heat for weight in weights))
        flat: Any = self.model.ops.to_numpy(scores)
        return Marginals(flat / heat, lengths, self.transitions, cooled)

    def rate(self, ids: LabelIds, marginals: Marginals) -> Prediction:
        """ids (LabelIds): Shape (tokens,): the outputs of a batch.
        marginals (Marginals): The probabilities of all outputs.
        RETURNS (Prediction): The outputs with their probabilities.
        """
        return Prediction(ids, *marginals.of_path(ids))

    @property
    def _head(self) -> Model:
        return self.model.get_ref("head")

    @property
    def _head_methods(self) -> "HeadMethods":
        return self._head.attrs["methods"]

    def _reads_parts(self) -> bool:
        # A listener looks up what was computed for a whole document.
        return not any("listener" in node.name for node in self.model.walk())

    def rehearse(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Optional[Optimizer] = None,
        losses: Optional[Dict[str, float]] = None,
        **config: Any,
    ) -> Dict[str, float]:
        """Learn to predict as the model did before `nlp.resume_training`, so as not to forget.

        examples (Iterable[Example]): A batch; its annotations are not used.
        drop (float): The dropout rate.
        sgd (Optional[Optimizer]): The optimizer.
        losses (Optional[Dict[str, float]]): Losses so far, by component.
        RETURNS (Dict[str, float]): The losses, this component's added.
        """
        losses = {} if losses is None else losses
        losses.setdefault(self.name, 0.0)
        examples = list(examples)
        validate_examples(examples, f"{type(self).__name__}.rehearse")
        docs = [eg.predicted for eg in examples]
        if self._rehearsal_model is None or not any(len(doc) for doc in docs):
            return losses
        set_dropout_rate(self.model, drop)
        scores, backprop = self.model.begin_update(docs)
        target = self._rehearsal_model.predict(docs)
        softmax = self.model.ops.softmax
        d_scores = []
        for ours, theirs in zip(scores, target):
            # What an auxiliary output layer gives is not rehearsed.
            d_ours: Any = self.model.ops.xp.zeros_like(ours)
            n_outputs = theirs.shape[1]
            d_ours[:, :n_outputs] = softmax(ours[:, :n_outputs]) - softmax(theirs)
            d_scores.append(d_ours)
        backprop(d_scores)
        self.n_learnt += sum(map(len, d_scores))
        if sgd is not None:
            self.finish_update(sgd)
        losses[self.name] += sum(_sum_of_squares(d) for d in d_scores)
        return losses

    def get_loss(
        self, examples: Sequence[Example], scores: List[Floats2d]
    ) -> Tuple[float, List[Floats2d]]:
        """Compare scores with the annotations of the references.

        examples (Sequence[Example]): The batch.
        scores (List[Floats2d]): For each example the scores, shape (tokens, outputs).
        RETURNS (Tuple[float, List[Floats2d]]): The loss, and its gradient by the scores.
        RAISES (ValueError): If the loss is not a finite number.
        """
        validate_examples(examples, f"{type(self).__name__}.get_loss")
        ops = self.model.ops
        lengths = [len(s) for s in scores]
        flat: Any = ops.flatten(scores)
        methods, ours, gold = self._head_methods, flat[:, : self.n_outputs], self.gold_ids(examples)
        loss, gradient = methods.loss(
            self._head, ours, gold, lengths, self.transitions, self.cfg["label_smoothing"]
        )
        weight = self.cfg["soft_labels"]
        if weight and methods.soften is not None:
            # Imported here: blank pipelines load no corpora.
            from .soft_targets import find_targets

            targets = ops.asarray2f(find_targets(self, examples))
            loss, gradient = methods.soften(self._head, ours, gold, gradient, targets, weight)
        auxiliary, beside = self.model.maybe_get_ref("auxiliary"), flat[:, self.n_outputs :]
        # Predicted scores are without those of the auxiliary output layer.
        if auxiliary is not None and beside.shape[1]:
            free = unrestricted(auxiliary.get_dim("nO"))
            others, weight = self.auxiliary_ids(examples), self.cfg["auxiliary_weight"]
            learn = auxiliary.attrs["methods"].loss
            _, d_beside = learn(auxiliary, beside, others, lengths, free, 0.0, weight)
            gradient = ops.xp.hstack([gradient, d_beside])
        if not math.isfinite(loss):
            longest = max(examples, key=lambda eg: len(eg.reference)).reference
            raise ValueError(
                f"The loss of the component '{self.name}' is {loss} for the batch of "
                f"{len(examples)} documents that begins with '{examples[0].text[:40]}' (the "
                f"longest has {len(longest)} tokens and begins with '{longest.text[:40]}'): lower "
                f"the rate in [training.optimizer.learn_rate], or set max_grad_norm for the "
                f"component."
            )
        self.n_learnt += len(flat)
        return loss, ops.unflatten(gradient, ops.asarray1i(lengths))

    def score(self, examples: Iterable[Example], **kwargs: Any) -> Dict[str, Any]:
        """Score predictions. A warning counts the documents with labels that were not in the
        training data, once for each label.

        examples (Iterable[Example]): The examples.
        **kwargs (Any): Settings for the scorer.
        RETURNS (Dict[str, Any]): The scores.
        """
        examples = list(examples)
        self.warn_of_unknown_labels(examples)
        return super().score(examples, **kwargs)

    def warn_of_unknown_labels(self, examples: Sequence[Example]) -> None:
        """Warn of labels that were not in the training data, once for each label.

        examples (Sequence[Example]): The examples, whose documents the warning counts.
        """
        prefix = self.cfg["neg_prefix"]
        known = {*self.labels, *(prefix + label for label in self.labels if prefix)}
        counts = Counter(label for eg in examples for label in self.example_labels(eg))
        unknown = sorted(counts.keys() - known - self._reported)
        if unknown and self.labels:
            self._reported.update(unknown)
            shown = ", ".join(f"'{label}' ({counts[label]:,})" for label in unknown[:10])
            warnings.warn(
                f"The component '{self.name}' cannot predict {len(unknown)} of the labels that it "
                f"is scored on, because they are not in its training data: {shown}"
                f"{', …' if len(unknown) > 10 else ''}; in brackets, their documents.",
                stacklevel=3,
            )

    def update(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Optional[Optimizer] = None,
        losses: Optional[Dict[str, float]] = None,
    ) -> Dict[str, float]:
        """Learn from a batch. If there is too little memory for it, it is learnt in parts, of which
        the gradients are summed, and so are later ones.

        examples (Iterable[Example]): The batch.
        drop (float): The dropout rate.
        sgd (Optional[Optimizer]): The optimizer. Without one no weight is changed, and the gradient
            is kept for the next batch.
        losses (Optional[Dict[str, float]]): Losses so far, by component.
        RETURNS (Dict[str, float]): The losses, this component's added.
        """
        losses = {} if losses is None else losses
        batch = list(examples)
        # What a failure leaves of a gradient cannot be told from that of batches before, nor be
        # taken back from a component whose network is shared.
        may_split = self.n_learnt == 0 and self._reads_parts()
        mine: Optional[Dict[str, float]] = None
        while mine is None:
            n_parts = max(1, min(self._n_parts, len(batch)))
            mine = {self.name: 0.0}
            try:
                for i in range(n_parts):
                    super().update(batch[i::n_parts], drop=drop, sgd=False, losses=mine)
            except Exception as err:
                if not (may_split and n_parts < len(batch) and is_out_of_memory(err)):
                    raise
                mine = None
            # Here the error is gone, and so are the arrays that it held.
            if mine is None:
                self._learn_in_parts(2 * n_parts)
        self._release_listeners()
        losses[self.name] = losses.get(self.name, 0.0) + mine[self.name]
        if sgd:
            self.finish_update(sgd)
        return losses

    def _release_listeners(self) -> None:
        """A listener of spaCy keeps the backpropagation of its last batch: memory, and a function
        that cannot be pickled."""
        for node in self.model.walk():
            if isinstance(node, Tok2VecListener) and node._batch_id is not None:
                node.receive(node._batch_id, node._outputs, _learn_no_more)

    def _learn_in_parts(self, n_parts: int) -> None:
        # Here, because spaCy loads the modules of factories for every pipeline.
        from ..models.gradients import clear_gradient

        clear_gradient(self.model)
        self.n_learnt, self._n_parts = 0, n_parts
        warn_of_split(self.name, "a smaller size of [training.batcher]")

    def finish_update(self, sgd: Optimizer) -> None:
        """Learn from the gradient. Its norm is logged, for `spacy train --verbose`.

        sgd (Optimizer): The optimizer.
        RAISES (ValueError): If the gradient is not finite; it is dropped, and no weight changed.
        """
        # Here, because spaCy loads the modules of factories for every pipeline.
        from ..models.gradients import clear_gradient, clip_gradient

        n_tokens, self.n_learnt = max(1, self.n_learnt), 0
        norm = clip_gradient(self.model, n_tokens * self.cfg["max_grad_norm"]) / n_tokens
        util.logger.debug("Gradient norm of the component '%s': %.4g", self.name, norm)
        if not math.isfinite(norm):
            clear_gradient(self.model)
            raise ValueError(
                f"The norm of the gradient of the component '{self.name}' is {norm}: lower the "
                f"rate in [training.optimizer.learn_rate], or set max_grad_norm for the component."
            )
        super().finish_update(sgd)

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Optional[Language] = None,
        labels: Optional[Iterable[str]] = None,
    ) -> None:
        """Find the labels and the sizes of the model, and give it fresh weights.

        get_examples (Callable[[], Iterable[Example]]): Returns a representative sample.
        nlp (Optional[Language]): The pipeline.
        labels (Optional[Iterable[str]]): The labels, e.g. from `spacy init labels`. If None
            they are collected from the examples, in sorted order.
        RAISES (ValueError): If there is no label, if there shall be soft ones and are none, or if
            the model listens to vectors of another width.
        """
        validate_get_examples(get_examples, f"{type(self).__name__}.initialize")
        if nlp is not None:
            check_listeners(self, nlp)
        util.check_lexeme_norms(self.vocab, self.name)
        taught: Set[str] = set()
        if self.cfg["soft_labels"]:
            # Imported here: blank pipelines load no corpora.
            from .soft_targets import find_labels

            taught = find_labels(self, get_examples())
        if labels is None:
            found = {label for eg in get_examples() for label in self.example_labels(eg)}
            prefix = self.cfg["neg_prefix"]
            labels = sorted((found - {prefix + label for label in found if prefix}) | taught)
        for label in labels:
            self.add_label(label)
        if not self.labels:
            raise ValueError(
                f"The training data have no labels for the component '{self.name}': check "
                f"[paths.train] and the column or annotation that should hold them."
            )
        auxiliary = self.model.maybe_get_ref("auxiliary")
        if auxiliary is not None:
            others = list(self.cfg.get("auxiliary_labels", []))
            found = {label for eg in get_examples() for label in self.auxiliary_labels(eg)}
            others += sorted(found - {*others})
            if not others:
                warnings.warn(
                    f"The training data have no labels for [model.auxiliary] of the component "
                    f"'{self.name}', which learns without them.",
                    stacklevel=2,
                )
            self.cfg["auxiliary_labels"] = others
            auxiliary.attrs["methods"].resize(auxiliary, max(1, len(others)))
        docs = list(islice((example.x for example in get_examples() if len(example.x)), 10))
        units = self.read(docs)
        Y = [self.model.ops.alloc2f(len(unit), self.n_outputs) for unit in units]
        self.model.initialize(X=docs, Y=Y)
        self.cfg["temperature"] = 1.0
        self._check_lengths(units)

    def _check_lengths(self, units: Sequence[Unit]) -> None:
        try:
            scores = self.model.predict([cast(Doc, unit) for unit in units])
            fits = [len(of_unit) for of_unit in scores] == [len(unit) for unit in units]
        except (AttributeError, IndexError):
            fits = False
        if not fits:
            raise ValueError(
                f"The model of the component '{self.name}' does not give one output for each "
                f"{self.unit}: choose another [model.tok2vec.embed], such as '{self.embed}'."
            )

    def check_loaded(self, exclude: Iterable[str]) -> None:
        """exclude (Iterable[str]): Parts that were not loaded.
        RAISES (ValueError): If the model and the labels do not fit each other.
        """
        output = self.model.get_ref("output_layer")
        if {"cfg", "model"} & set(exclude) or not output.has_dim("nO"):
            return
        if output.get_dim("nO") != self.n_outputs:
            raise ValueError(
                f"the model has {output.get_dim('nO')} outputs and not the {self.n_outputs} of "
                f"{len(self.labels)} labels"
            )


def same_tokens(example: Example) -> bool:
    """example (Example): An example.
    RETURNS (bool): Whether its two documents have the same tokens.
    """
    predicted, reference = example.predicted, example.reference
    return np.array_equal(predicted.to_array([ORTH]), reference.to_array([ORTH]))


def _cut_at(prediction: Prediction, lengths: Sequence[int]) -> List[Prediction]:
    """The predictions for units of these lengths."""
    ends = np.cumsum(lengths).tolist()
    return [prediction.cut(slice(*borders)) for borders in zip([0, *ends], ends)]


def _learn_no_more(d_outputs: List[Floats2d]) -> List[Floats2d]:
    return []


def _sum_of_squares(array: Floats2d) -> float:
    return float(cast(Any, array**2).sum())
