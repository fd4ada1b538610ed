"""What a process without PyTorch finds: `python -m tests.helpers.without_torch`."""

import json
import sys


class Missing:
    """Finds no package of some names, as if they were not installed."""

    def __init__(self, *names):
        self.names = names

    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in self.names:
            raise ModuleNotFoundError(f"No module named '{name}'", name=name)


def main(missing, *paths):
    sys.meta_path.insert(0, Missing(*missing.split(",")))
    import spacy

    import spacy_birnn

    found = {"version": spacy_birnn.__version__, "errors": [], "docs": []}
    for path in paths:
        try:
            nlp = spacy.load(path)
            for doc in nlp.pipe(["Eat green ham", "", "他在北京工作。"]):
                found["docs"].append([[t.text, t.tag_, t.ent_type_] for t in doc])
        except Exception as err:
            found["errors"].append(str(err))
    blank = spacy.blank("en")
    blank.add_pipe("birnn_tagger").add_label("X")
    try:
        blank.initialize()
    except ImportError as err:
        found["untrained"] = str(err)
    found["modules"] = [m for m in sys.modules if m.split(".")[0] in missing.split(",")]
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
