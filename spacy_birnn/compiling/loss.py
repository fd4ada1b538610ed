"""What compiling costs in accuracy, and whether annotations depend on the batch."""

from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple, Sequence

from spacy.language import Language
from spacy.tokens import Doc

from ..errors import InputError
from ..evaluation.measurement import measure

# Scores of the components of this package.
SCORES = ("token_f", "tag_acc", "pos_acc", "morph_acc", "ents_f")


class Measured(NamedTuple):
    """Scores of a pipeline, and its predictions.

    scores (Dict[str, float]): Accuracies and F-scores, from 0 to 1.
    docs (List[Doc]): The annotated documents.
    """

    scores: Dict[str, float]
    docs: List[Doc]


def score(nlp: Language, data: Path, *, gold_preproc: bool) -> Measured:
    """Score a pipeline.

    nlp (Language): The pipeline.
    data (Path): Annotated documents.
    gold_preproc (bool): Use the words of the data.
    RETURNS (Measured): The scores.
    RAISES (InputError): If the data cannot be read, or have no annotation to score.
    """
    measured = measure(nlp, data, gold_preproc=gold_preproc)
    scores = {name: measured.scores[name] for name in SCORES if measured.scores.get(name)}
    if not scores:
        raise InputError(
            f"{data} has no annotation that the pipeline predicts: give its dev data to --dev."
        )
    return Measured(scores, [example.predicted for example in measured.examples])


def largest_loss(before: Dict[str, float], after: Dict[str, float]) -> float:
    """Compare scores.

    before (Dict[str, float]): The scores before.
    after (Dict[str, float]): The scores after.
    RETURNS (float): The largest loss, in points of 100; negative if all scores are higher.
    """
    return max(100 * (value - after.get(name, 0.0)) for name, value in before.items())


def count_batch_changes(nlp: Language, docs: Sequence[Doc], *, gold_preproc: bool) -> int:
    """Count the tokens whose annotations differ alone and in a batch.

    nlp (Language): The pipeline.
    docs (Sequence[Doc]): Documents, which may be annotated.
    gold_preproc (bool): Use their words.
    RETURNS (int): The number of tokens, in documents that are alone.
    """

    def make(doc: Doc) -> Doc:
        if not gold_preproc:
            return nlp.make_doc(doc.text)
        spaces = [bool(token.whitespace_) for token in doc]
        return Doc(nlp.vocab, words=[token.text for token in doc], spaces=spaces)

    together = nlp.pipe(map(make, docs), batch_size=len(docs) or 1)
    alone = (nlp(make(doc)) for doc in docs)
    return sum(len(set(_facts(a)) - set(_facts(b))) for a, b in zip(alone, together))


def _facts(doc: Doc) -> Iterator[Any]:
    for t in doc:
        yield t.idx, t.text, t.tag_, t.pos_, str(t.morph), t.ent_iob_, t.ent_type_, t.ent_id_
