"""Files of a component with checksums, which a save replaces all together or not at all."""

from hashlib import sha256
from pathlib import Path
from typing import Any, Collection, Dict, Iterable, Mapping, Optional

import numpy as np
import srsly

from .atomic import replacing

# Incremented when a change keeps other versions from reading the files.
FORMAT = 1
MANIFEST = "checksums.json"


class FormatError(ValueError):
    """The data are in the format of another version."""


def write_files(folder: Path, files: Mapping[str, bytes], mapped: Collection[str] = ()) -> None:
    """Write files into a folder, and leave its other files as they are.

    The new files are written beside the old ones. They become valid when the file of checksums is
    replaced, so a process that is killed leaves all old files or all new ones.

    folder (Path): The folder, which is created if it does not exist.
    files (Mapping[str, bytes]): Contents by name.
    mapped (Collection[str]): Names of files that may be mapped into memory. Those with the same
        contents stay.
    """
    try:
        checksums = _read_checksums(folder)
    except ValueError:
        # Damaged files may be replaced.
        checksums = {}
    checksums.update((name, _checksum(data)) for name, data in files.items())
    folder.mkdir(exist_ok=True)
    # Windows does not replace a file that is mapped, perhaps by the component that is saved.
    same = [name for name in mapped if name in files and _holds(folder / name, files[name])]
    files = {name: data for name, data in files.items() if name not in same}
    try:
        for name, data in files.items():
            _waiting(folder / name).write_bytes(data)
        with replacing(folder / MANIFEST) as temporary:
            srsly.write_json(temporary, {"format": FORMAT, "sha256": checksums})
    except OSError:
        # On a full disk, they would keep space from the next attempt.
        for name in files:
            _waiting(folder / name).unlink(missing_ok=True)
        raise
    for name in files:
        _waiting(folder / name).replace(folder / name)


def read_files(folder: Path, names: Iterable[str], mapped: Collection[str] = ()) -> Dict[str, Any]:
    """Read files that `write_files` wrote.

    folder (Path): The folder.
    names (Iterable[str]): Names of the files.
    mapped (Collection[str]): Names of files that are mapped into memory, so that parts which are
        not used take none.
    RETURNS (Dict[str, Union[bytes, NDArray[np.uint8]]]): Contents by name: bytes, or an array of a
        mapped file.
    RAISES (FormatError): If they are in another format.
    RAISES (ValueError): If a file is missing or has changed.
    """
    checksums = _read_checksums(folder)
    return {name: _read(folder / name, checksums.get(name), name in mapped) for name in names}


def has_checksums(folder: Path) -> bool:
    """Check whether a folder has checksums, which the first versions did not write.

    folder (Path): The folder.
    RETURNS (bool): Whether it has.
    """
    return (folder / MANIFEST).is_file()


def pack(files: Mapping[str, bytes]) -> bytes:
    """Serialize files with a checksum.

    files (Mapping[str, bytes]): Contents by name.
    RETURNS (bytes): The serialized files.
    """
    data = srsly.msgpack_dumps(files)
    return srsly.msgpack_dumps({"format": FORMAT, "sha256": _checksum(data), "files": data})


def unpack(bytes_data: bytes) -> Dict[str, bytes]:
    """Deserialize files, and check them.

    bytes_data (bytes): The result of `pack`.
    RETURNS (Dict[str, bytes]): Contents by name.
    RAISES (FormatError): If they are in another format.
    RAISES (ValueError): If they have changed.
    """
    message = srsly.msgpack_loads(bytes_data)
    _check_format(message)
    if _checksum(message["files"]) != message["sha256"]:
        raise ValueError("they do not fit their checksum")
    return srsly.msgpack_loads(message["files"])


def _read(path: Path, checksum: Optional[str], is_mapped: bool) -> Any:
    # A save that was killed may leave the new file beside the old one.
    places = [path] if checksum is None else [path, _waiting(path)]
    found = [place for place in places if place.is_file()]
    for place in found:
        data = None if is_mapped else place.read_bytes()
        if checksum in (None, _checksum_file(place) if data is None else _checksum(data)):
            return np.memmap(place, np.uint8, "r") if data is None else data
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


def _holds(path: Path, data: bytes) -> bool:
    return path.is_file() and _checksum_file(path) == _checksum(data)


def _checksum(data: bytes) -> str:
    return sha256(data).hexdigest()


def _checksum_file(path: Path) -> str:
    # By parts: a mapped file takes no memory.
    checksum = sha256()
    with path.open("rb") as file:
        while part := file.read(2**20):
            checksum.update(part)
    return checksum.hexdigest()


def _waiting(path: Path) -> Path:
    return path.with_name(f"{path.name}.new")
