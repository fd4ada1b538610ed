"""Items of a line: words with a tag, and words that a mark joins."""

import re

# Only a word that is a bracket begins with one: otherwise, many brackets would take forever.
ITEM = re.compile(r"(?P<open>\[*)(?P<word>\[|[^\[].*)/(?P<tag>[^/\[\]]+)(?P<close>(\][^/\[\]]+)*)")

# Tags of the usual sets, such as nr, NNP$, VB+PRP, -LRB- and ``.
_TAG = re.compile(r"(?=.{1,20}$)([A-Za-z][!-.0-~]*|-[A-Z]+-|[!-.:-@^`{-~]+)")
# Words that hold a slash: addresses, dates and fractions.
_SLASHED = re.compile(r"://|[0-9]/[0-9]|[./]\w+\.\w")

# A character of a script without spaces.
_UNSPACED = "[\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
# Marks that tools write between words, or between a word and its tag.
_MARK = re.compile(r"[/／|｜_＿#\\]")
_JOINED = re.compile(_UNSPACED + _MARK.pattern)
_CHAIN = re.compile(rf"{_UNSPACED}(?P<mark>{_MARK.pattern})((?!(?P=mark)).)+(?P=mark).")


def is_tagged(item: str) -> bool:
    """Tell whether an item is clearly word/TAG.

    item (str): The item.
    RETURNS (bool): Whether the tag looks like one of the usual sets, and the word has no slash
        unless it is an address, a date or a fraction.
    """
    match = ITEM.fullmatch(item)
    if match is None or _TAG.fullmatch(match["tag"]) is None:
        return False
    return "/" not in match["word"] or match["word"] == "/" or bool(_SLASHED.search(match["word"]))


def is_joined(item: str) -> bool:
    """Tell whether an item has a mark that may join words.

    item (str): The item.
    RETURNS (bool): Whether it is a mark, or has one after a character of a script without spaces.
    """
    return bool(_MARK.fullmatch(item) or _JOINED.search(item))


def is_chain(item: str) -> bool:
    """Tell whether a mark joins three or more words, as in 我/在/北京.

    item (str): The item.
    RETURNS (bool): Whether it does. The last word may be a tag.
    """
    return _CHAIN.search(item) is not None


def is_untagged_chain(item: str) -> bool:
    """Tell whether a mark joins three or more words without a tag.

    item (str): The item.
    RETURNS (bool): Whether it is a chain that does not end in a tag of the usual sets.
    """
    match = ITEM.fullmatch(item)
    return is_chain(item) and (match is None or _TAG.fullmatch(match["tag"]) is None)
