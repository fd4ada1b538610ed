"""Files of a component: all new or all old whenever a save ends, and read as they were saved."""

from hashlib import sha256
from pathlib import Path
from typing import Any, Dict, Iterable, Mapping, Optional

import srsly

# Raised when what is stored changes so that older or newer versions cannot read it.
FORMAT = 1
MANIFEST = "checksums.json"


class FormatError(ValueError):
    """Something was saved by a version that stores it differently."""


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files into a folder. Other files that `read_files` finds there stay as they are.

    The new files are written beside the old ones. They count from the moment in which the file of
    checksums is replaced, so a process that is killed leaves all old or all new ones.

    folder (Path): The folder, which is made if need be.
    files (Mapping[str, bytes]): What to write, by name.
    """
    # Imported here: blank pipelines load no corpora.
    from .atomic import replacing

    try:
        checksums = _read_checksums(folder)
    except ValueError:
        # What is replaced need not be sound.
        checksums = {}
    checksums.update((name, _checksum(data)) for name, data in files.items())
    folder.mkdir(exist_ok=True)
    try:
        for name, data in files.items():
            _waiting(folder / name).write_bytes(data)
        with replacing(folder / MANIFEST) as temporary:
            srsly.write_json(temporary, {"format": FORMAT, "sha256": checksums})
    except OSError:
        # Where no room is left, they would take what is left of it.
        for name in files:
            _waiting(folder / name).unlink(missing_ok=True)
        raise
    for name in files:
        _waiting(folder / name).replace(folder / name)


def read_files(folder: Path, names: Iterable[str]) -> Dict[str, bytes]:
    """Read files that `write_files` wrote.

    folder (Path): The folder.
    names (Iterable[str]): Names of the files.
    RETURNS (Dict[str, bytes]): What they hold, by name.
    RAISES (FormatError): If they are of another format.
    RAISES (ValueError): If a file is missing or has changed.
    """
    checksums = _read_checksums(folder)
    return {name: _read(folder / name, checksums.get(name)) for name in names}


def has_checksums(folder: Path) -> bool:
    """folder (Path): A folder.
    RETURNS (bool): Whether its files can be checked; those of the first versions cannot.
    """
    return (folder / MANIFEST).is_file()


def pack(files: Mapping[str, bytes]) -> bytes:
    """files (Mapping[str, bytes]): Contents by name.
    RETURNS (bytes): All of them, with a checksum.
    """
    data = srsly.msgpack_dumps(files)
    return srsly.msgpack_dumps({"format": FORMAT, "sha256": _checksum(data), "files": data})


def unpack(bytes_data: bytes) -> Dict[str, bytes]:
    """bytes_data (bytes): What `pack` returned.
    RETURNS (Dict[str, bytes]): Contents by name.
    RAISES (FormatError): If they are of another format.
    RAISES (ValueError): If they have changed.
    """
    message = srsly.msgpack_loads(bytes_data)
    _check_format(message)
    if _checksum(message["files"]) != message["sha256"]:
        raise ValueError("they do not fit their checksum")
    return srsly.msgpack_loads(message["files"])


def _read(path: Path, checksum: Optional[str]) -> bytes:
    # A save that was killed has left the file beside its place.
    places = [path] if checksum is None else [path, _waiting(path)]
    found = [place.read_bytes() for place in places if place.is_file()]
    for data in found:
        if checksum is None or _checksum(data) == checksum:
            return data
    problem = f"does not fit its checksum in '{MANIFEST}'" if found else "is missing"
    raise ValueError(f"the file '{path.name}' {problem}")


def _read_checksums(folder: Path) -> Dict[str, str]:
    path = folder / MANIFEST
    if not path.is_file():
        return {}
    try:
        manifest: Any = srsly.read_json(path)
        _check_format(manifest)
        return dict(manifest["sha256"])
    except FormatError:
        raise
    except Exception as err:
        raise ValueError(f"the file '{MANIFEST}' cannot be read") from err


def _check_format(message: Any) -> None:
    found = message["format"]
    if found != FORMAT:
        newer = isinstance(found, int) and found > FORMAT
        remedy = "install a newer spacy_birnn" if newer else "train it again"
        raise FormatError(
            f"it was saved in format {found}, and this version of spacy_birnn reads format "
            f"{FORMAT}: {remedy}, or load it with the version that saved it"
        )


def _checksum(data: bytes) -> str:
    return sha256(data).hexdigest()


def _waiting(path: Path) -> Path:
    return path.with_name(f"{path.name}.new")
