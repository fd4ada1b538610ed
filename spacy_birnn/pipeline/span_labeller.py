"""The base of the components whose labels are spans, marked by a tag for each token."""

from typing import Iterable, Sequence, Set, Tuple

from ..tags.repair import repair
from ..tags.schemes import TagSet, Transitions
from .labeller import SequenceLabeller
from .pieces import Unit
from .predictions import Prediction


class SpanLabeller(SequenceLabeller):
    """Find spans that do not overlap: the best legal sequence of the tags of a scheme."""

    @property
    def tag_set(self) -> TagSet:
        """RETURNS (TagSet): The tags that the model scores, of a scheme that marks ends."""
        raise NotImplementedError

    @property
    def n_outputs(self) -> int:
        return self.tag_set.n_tags

    @property
    def chance(self) -> float:
        # There are too many spans to hit one.
        return 0.0

    @property
    def outputs(self) -> Tuple[str, ...]:
        return tuple(self.tag_set.names(self.labels))

    def labels_of(self, outputs: Iterable[str]) -> Set[str]:
        return {name.partition("-")[2] for name in outputs} - {""}

    @property
    def transitions(self) -> Transitions:
        return self.tag_set.transitions

    def join(self, unit: Unit, parts: Sequence[Prediction]) -> Prediction:
        joined = super().join(unit, parts)
        if len(parts) < 2:
            return joined
        return joined.replace_ids(repair(joined.ids, self.mask(unit), self.tag_set))
