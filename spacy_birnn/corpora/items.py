"""What an item of a line is: a word and its tag, or words that a mark joins."""

import re

# A word begins with a bracket only if it is one: otherwise many brackets would take for ever.
ITEM = re.compile(r"(?P<open>\[*)(?P<word>\[|[^\[].*)/(?P<tag>[^/\[\]]+)(?P<close>(\][^/\[\]]+)*)")

# Tags of the usual sets, such as nr, NNP$, VB+PRP, -LRB- and ``.
_TAG = re.compile(r"(?=.{1,20}$)([A-Za-z][!-.0-~]*|-[A-Z]+-|[!-.:-@^`{-~]+)")
# Words that hold a slash: addresses, dates and fractions.
_SLASHED = re.compile(r"://|[0-9]/[0-9]|[./]\w+\.\w")

# A character of a script without spaces.
_UNSPACED = "[\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
# What tools write between words, or between a word and its tag.
_MARK = re.compile(r"[/／|｜_＿#\\]")
_JOINED = re.compile(_UNSPACED + _MARK.pattern)
_CHAIN = re.compile(rf"{_UNSPACED}(?P<mark>{_MARK.pattern})((?!(?P=mark)).)+(?P=mark).")


def is_tagged(item: str) -> bool:
    """Tell a word and its tag from other items.

    item (str): An item.
    RETURNS (bool): Whether it is word/TAG for sure: the tag is like those of the usual sets, and
        the word holds no slash, or is such as an address or a date.
    """
    match = ITEM.fullmatch(item)
    if match is None or _TAG.fullmatch(match["tag"]) is None:
        return False
    return "/" not in match["word"] or match["word"] == "/" or bool(_SLASHED.search(match["word"]))


def is_joined(item: str) -> bool:
    """Tell items that hold a mark from plain words.

    item (str): An item.
    RETURNS (bool): Whether a mark stands alone, or after a character of a script without spaces.
    """
    return bool(_MARK.fullmatch(item) or _JOINED.search(item))


def is_chain(item: str) -> bool:
    """Tell several words from a single one, and from a word and its tag.

    item (str): An item.
    RETURNS (bool): Whether one mark joins three words or more, as in 我/在/北京. The last of them
        may be a tag.
    """
    return _CHAIN.search(item) is not None


def is_untagged_chain(item: str) -> bool:
    """Tell several words from a word that holds slashes and its tag.

    item (str): An item.
    RETURNS (bool): Whether it is a chain and ends in no tag of the usual sets.
    """
    match = ITEM.fullmatch(item)
    return is_chain(item) and (match is None or _TAG.fullmatch(match["tag"]) is None)
