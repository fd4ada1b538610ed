"""The page of `python -m spacy birnn visualize`, a script that Streamlit runs with a pipeline."""

import sys

import streamlit as st

from spacy_birnn.visualize.analyse import Analyser
from spacy_birnn.visualize.marks import mark_entities, mark_words, table_rows

# Longer texts are slow to draw, and nobody reads them.
LONGEST = 20_000


def main(model: str) -> None:
    """Draw the page.

    model (str): Folder of the pipeline, or installed package.
    """
    st.set_page_config(page_title="spacy_birnn", layout="wide")
    load = st.cache_resource(Analyser)
    try:
        analyse = load(model)
    except (OSError, ValueError, ImportError) as err:
        st.error(f"The pipeline cannot be loaded: {err}")
        return

    meta = analyse.nlp.meta
    st.title(f"{meta['lang']}_{meta['name']}")
    st.caption(f"{model}: {', '.join(analyse.nlp.pipe_names)}")
    with st.form("input", border=False):
        text = st.text_area("Text", height=120, placeholder="Type or paste a text")
        words = ""
        if analyse.segmenter is not None:
            words = st.text_area(
                "Words for the user dictionary (optional)",
                height=80,
                help="One per line. A tag after a tab becomes the tag of the word.",
            )
        st.form_submit_button("Analyse", type="primary")

    if not text.strip():
        st.info("Type a text, and press Analyse.")
        return
    if len(text) > LONGEST:
        st.warning(
            f"The text has {len(text):,} characters: only the first {LONGEST:,} are shown. For "
            f"whole files use: python -m spacy birnn tag"
        )
    try:
        doc = analyse(text[:LONGEST], words.splitlines())
    except (ValueError, ImportError) as err:
        st.error(str(err))
        return

    st.subheader("Words")
    st.html(mark_words(doc))
    rows = table_rows(doc)
    if any("p(tag)" in row for row in rows):
        st.caption("The stronger the colour, the less probable the tag.")
    if doc.has_annotation("ENT_IOB"):
        st.subheader("Entities")
        if not doc.ents:
            st.caption("None.")
        st.html(mark_entities(doc))
    if doc.cats:
        st.subheader("Categories")
        shares = sorted(doc.cats.items(), key=lambda item: -item[1])
        st.dataframe([{"category": name, "p": p} for name, p in shares], hide_index=True)
    st.subheader("Table")
    probabilities = ("p(tag)", "p(entity tag)")
    st.dataframe(
        rows,
        hide_index=True,
        column_config={
            name: st.column_config.NumberColumn(format="%.2f") for name in probabilities
        },
    )


if __name__ == "__main__":
    main(sys.argv[1])
