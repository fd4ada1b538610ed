"""The recipes, with models that are quick to train."""

from .commands import CONFIGS

RECIPES = [path.stem for path in sorted(CONFIGS.glob("*.cfg")) if "assembled" not in path.name]
TINY = {"word_rows": 200, "affix_rows": 50, "char_rows": 200, "bigram_rows": 200}
TINY.update(seen_slots=1000, bigram_slots=1000, size=30, min_words=60, eval_frequency=2)


def shrink(block):
    """Make layers narrow, tables short and batches small, and return the config."""
    for key, value in block.items():
        if isinstance(value, dict):
            shrink(value)
        elif key in TINY:
            block[key] = TINY[key]
        elif key == "width" and isinstance(value, int):
            block[key] = 16
    return block
