"""Annotation of a stream of documents, in batches that are split where they fail."""

from typing import Any, Callable, Iterable, Iterator, List, Optional

from spacy import util
from spacy.pipeline.trainable_pipe import TrainablePipe
from spacy.tokens import Doc

from ..memory import is_out_of_memory, warn_of_split

Annotate = Callable[[Doc, Any], Doc]


def annotate_stream(
    pipe: TrainablePipe,
    make_annotate: Callable[[], Annotate],
    stream: Iterable[Doc],
    batch_size: int,
) -> Iterator[Doc]:
    """Annotate a stream of documents.

    If a batch fails, because memory runs out or because of a document, it is split in half until
    single documents are left. Those that fail go to the error handler of the component, each with
    an error that names it.

    pipe (TrainablePipe): The component.
    make_annotate (Callable[[], Annotate]): Returns the function that annotates a document with a
        prediction.
    stream (Iterable[Doc]): The documents.
    batch_size (int): Number of documents in a batch.
    YIELDS (Doc): The annotated documents, in order.
    """
    for docs in util.minibatch(stream, size=batch_size):
        predictions: Optional[List[Any]] = None
        try:
            annotate = make_annotate()
            predictions = pipe.predict(docs)
        except Exception as err:
            if len(docs) == 1:
                _report(pipe, docs[0], err)
            elif is_out_of_memory(err):
                warn_of_split(pipe.name, "a smaller batch_size or max_length")
        # Outside of the except clause, the error holds no arrays.
        if predictions is None and len(docs) > 1:
            yield from annotate_stream(pipe, make_annotate, docs, (len(docs) + 1) // 2)
        for doc, prediction in zip(docs, predictions or ()):
            try:
                annotated = annotate(doc, prediction)
            except Exception as err:
                _report(pipe, doc, err)
            else:
                yield annotated


def _report(pipe: TrainablePipe, doc: Doc, err: Exception) -> None:
    """Pass a document that fails to the error handler."""
    error = ValueError(
        f"The component '{pipe.name}' fails on the document {doc.text[:50]!r}: {err}"
    )
    error.__cause__ = err
    pipe.get_error_handler()(pipe.name, pipe, [doc], error)
