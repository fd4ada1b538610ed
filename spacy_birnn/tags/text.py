"""Tags as text in files: their scheme, and the spans that they encode."""

from typing import Collection, Iterable, List, NamedTuple, Tuple

from .schemes import SCHEMES

BOM = "\ufeff"
# Characters to strip from a cell or a word of a file: white space of any kind, and the byte-order
# mark, which concatenated files have in the middle.
EDGES = "".join(filter(str.isspace, map(chr, range(0x3001)))) + BOM

# A span as first token, the token after the last one, and type.
Span = Tuple[int, int, str]


class Reading(NamedTuple):
    """The spans that tags encode.

    spans (List[Span]): The spans, in order.
    repairs (List[int]): Tokens with an illegal tag.
    """

    spans: List[Span]
    repairs: List[int]


def split_tag(tag: str) -> Tuple[str, str]:
    """Split a tag into letter and type.

    tag (str): A tag such as B-PER or O.
    RETURNS (Tuple[str, str]): The letter and the type, which may be empty.
    """
    letter, _, name = tag.partition("-")
    return letter, name


def detect_scheme(letters: Collection[str]) -> str:
    """Detect the scheme of tags.

    letters (Collection[str]): The letters of all tags of a file, without O.
    RETURNS (str): Name of the first scheme in `SCHEMES` that has all of them.
    RAISES (ValueError): If no scheme has all of them.
    """
    for name, scheme in SCHEMES.items():
        if set(letters) <= set(scheme):
            return name
    known = ", ".join(f"{name} ({', '.join(filter(None, s))})" for name, s in SCHEMES.items())
    raise ValueError(
        f"the tags begin with {', '.join(sorted(letters))}, which is no scheme but a mixture or "
        f"an unknown one; known are {known}"
    )


def read_tags(tags: Iterable[str], scheme: str) -> Reading:
    """Find the spans that tags encode. Illegal tags are read as by conlleval (Tjong Kim Sang &
    De Meulder 2003): a tag that does not continue the span before it begins a new span, and a span
    that is not closed ends before the next.

    tags (Iterable[str]): The tags of a sequence.
    scheme (str): Name of their scheme.
    RETURNS (Reading): The spans and the repairs.
    """
    begin, _, last, single = SCHEMES[scheme]
    spans: List[Span] = []
    repairs: List[int] = []
    start, open_type = 0, None
    n_tags = 0
    for i, tag in enumerate(tags):
        n_tags = i + 1
        letter, name = split_tag(tag)
        outside = letter not in SCHEMES[scheme] or not letter
        begins = letter in (begin, single) and not outside
        if open_type is not None and (outside or begins or name != open_type):
            spans.append((start, i, open_type))
            if last:
                repairs.append(i - 1)
            open_type = None
        if outside:
            continue
        if open_type is None:
            if not begins:
                repairs.append(i)
            start, open_type = i, name
        if last and letter in (last, single):
            spans.append((start, i + 1, open_type))
            open_type = None
    if open_type is not None:
        spans.append((start, n_tags, open_type))
        if last:
            repairs.append(n_tags - 1)
    return Reading(spans, repairs)
