"""How components go through documents: in batches, and in smaller ones where a batch fails."""

from typing import Any, Callable, Iterable, Iterator, List, Optional, Sequence

from spacy import util
from spacy.tokens import Doc

from ..labelling.memory import is_out_of_memory, warn_of_split
from .stored import StoredPipe


class AnnotatingPipe(StoredPipe):
    """A component that predicts something for a batch of documents, and then annotates each."""

    def predict(self, docs: Sequence[Doc]) -> List[Any]:
        """docs (Sequence[Doc]): Documents, which stay as they are.
        RETURNS (List[Any]): What is predicted for each.
        """
        raise NotImplementedError

    def annotator(self) -> Callable[[Doc, Any], Doc]:
        """RETURNS (Callable[[Doc, Any], Doc]): Gives a document what `predict` found for it, and
        returns the document, or the new one that takes its place.
        """
        raise NotImplementedError

    def __call__(self, doc: Doc) -> Doc:
        """doc (Doc): A document.
        RETURNS (Doc): The document with annotations. If it fails and the error handler goes on,
            the document as it was.
        """
        return next(self.pipe([doc]), doc)

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 128) -> Iterator[Doc]:
        """If a batch fails, for want of memory or because of a document, its halves are tried, and
        so on; the error handler gets the documents that fail alone, each with an error that names
        it.

        stream (Iterable[Doc]): Documents.
        batch_size (int): How many are read at once.
        YIELDS (Doc): The documents with annotations, in order.
        """
        for docs in util.minibatch(stream, size=batch_size):
            predictions: Optional[List[Any]] = None
            try:
                annotate = self.annotator()
                predictions = self.predict(docs)
            except Exception as err:
                if len(docs) == 1:
                    self._report(docs[0], err)
                elif is_out_of_memory(err):
                    warn_of_split(self.name, "a smaller batch_size or max_length")
            # Here the error is gone, and so are the arrays that it held.
            if predictions is None and len(docs) > 1:
                yield from self.pipe(docs, batch_size=(len(docs) + 1) // 2)
            for doc, prediction in zip(docs, predictions or ()):
                try:
                    done = annotate(doc, prediction)
                except Exception as err:
                    self._report(doc, err)
                else:
                    yield done

    def _report(self, doc: Doc, err: Exception) -> None:
        """Hand a document that fails to the error handler."""
        error = ValueError(
            f"The component '{self.name}' fails on the document {doc.text[:50]!r}: {err}"
        )
        error.__cause__ = err
        self.get_error_handler()(self.name, self, [doc], error)

    def set_annotations(self, docs: Iterable[Doc], predictions: Iterable[Any]) -> None:
        """docs (Iterable[Doc]): Documents, which are changed in place.
        predictions (Iterable[Any]): What `predict` found for each.
        """
        annotate = self.annotator()
        for doc, prediction in zip(docs, predictions):
            annotate(doc, prediction)
