"""Tags as text, as files hold them: which scheme they follow, and the spans that they mean."""

from typing import Collection, Iterable, List, NamedTuple, Tuple

from .schemes import SCHEMES

BOM = "\ufeff"
# What may stand around a cell or a word of a file and is not part of it: white space of any kind,
# and the byte-order mark, which joining files leaves in the middle.
EDGES = "".join(filter(str.isspace, map(chr, range(0x3001)))) + BOM

# A span as first token, the token after the last one, and type.
Span = Tuple[int, int, str]


class Reading(NamedTuple):
    """What tags mean.

    spans (List[Span]): The spans, in order.
    repairs (List[int]): Tokens whose tag was illegal.
    """

    spans: List[Span]
    repairs: List[int]


def split_tag(tag: str) -> Tuple[str, str]:
    """tag (str): A tag such as B-PER or O.
    RETURNS (Tuple[str, str]): Its letter and its type, which may be empty.
    """
    letter, _, name = tag.partition("-")
    return letter, name


def detect_scheme(letters: Collection[str]) -> str:
    """letters (Collection[str]): The letters of all tags of a file, O left out.
    RETURNS (str): Name of the first scheme in `SCHEMES` that has them all.
    RAISES (ValueError): If no scheme has.
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
    """Find the spans that tags mean. Where they are illegal, the reading is that of conlleval
    (Tjong Kim Sang & De Meulder 2003): a tag that does not continue the span before it begins
    a new one, and a span that is not closed ends before the next.

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
