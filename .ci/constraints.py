"""Fails where the packages of an environment are not those of constraints.txt."""

import re
import sys
from importlib.metadata import distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

# The package itself, what installs it, and the libraries of a CUDA build of PyTorch.
LEFT_OUT = re.compile(r"spacy-birnn|pip|triton|(nvidia|cuda)-.*")

lines = (Path(__file__).parents[1] / "constraints.txt").read_text(encoding="utf-8").splitlines()
listed = [Requirement(line) for line in lines if line and not line.startswith("#")]
wanted = {
    canonicalize_name(one.name): one.specifier
    for one in listed
    if one.marker is None or one.marker.evaluate()
}
problems = []
for found in sorted(distributions(), key=lambda one: one.name.lower()):
    name = canonicalize_name(found.name)
    if LEFT_OUT.fullmatch(name):
        continue
    if name not in wanted:
        problems.append(f"{name} {found.version} is not in constraints.txt: add it.")
    elif found.version not in wanted[name]:
        problems.append(f"{name} {found.version} is installed, not {wanted[name]}: make clean.")
sys.exit("\n".join(problems) or None)
