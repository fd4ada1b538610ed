"""Docstrings in spaCy's style, for mkdocstrings: they become those of Google's style."""

import re

from griffe import Extension

FIELD = re.compile(r"(?P<name>\**\w+) \((?P<type>[^)]*)\): (?P<text>.*)")
RESULT = re.compile(r"(?P<kind>RETURNS|YIELDS|RAISES) \((?P<type>[^)]*)\): (?P<text>.*)")
HEADINGS = {"RETURNS": "Returns", "YIELDS": "Yields", "RAISES": "Raises"}


def convert(docstring):
    """Move arguments and results to sections.

    docstring (str): A docstring in spaCy's style.
    RETURNS (str): The same in Google's style.
    """
    lines, section, indented = [], None, False
    for line in docstring.splitlines():
        field, result = FIELD.fullmatch(line), RESULT.fullmatch(line)
        if result:
            name = HEADINGS[result["kind"]]
            lines += ["", f"{name}:", f"    {result['type']}: {result['text']}"]
            section, indented = name, True
        elif field:
            if section != "Args":
                lines += ["", "Args:"]
            lines.append(f"    {field['name']} ({field['type']}): {field['text']}")
            section, indented = "Args", True
        elif indented and line.startswith("    "):
            lines.append(f"    {line}")
        else:
            if line.strip():
                section, indented = None, False
            lines.append(line)
    return "\n".join(lines)


class SpacyDocstrings(Extension):
    """Convert each docstring when it is read."""

    def on_instance(self, *, obj, **_):
        if obj.docstring:
            obj.docstring.value = convert(obj.docstring.value)
