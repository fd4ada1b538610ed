"""The folder of finished shards, from which an interrupted run is resumed."""

from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO, Callable, Dict, Optional, Sequence

import srsly

from ..errors import InputError
from ..storage.atomic import replacing
from .shard import Note


class FinishedShards:
    """Stores the shards of an output in the folder `<output>.parts` beside it.

    A shard has two files: its note, and its documents, which are written last. Each file is written
    completely or not at all. The manifest tells which run they belong to. As long as it exists, the
    run can be resumed, whenever it was killed.

    output (Path): The file of the output.
    ending (str): Ending of the files of documents.
    overwrite (bool): Whether to replace the output, and to discard the shards of another run.
    RAISES (InputError): If the output is a folder, or if it exists and must not be replaced.
    """

    def __init__(self, output: Path, ending: str, overwrite: bool = False) -> None:
        if output.is_dir():
            raise InputError(f"The output {output} is a folder: name a file.")
        self.output = output
        self.folder = output.with_name(f"{output.name}.parts")
        self.ending = ending
        self.overwrite = overwrite
        self._manifest = self.folder / "manifest.json"
        self._joined = self.folder / "joined"
        if not self._manifest.is_file():
            self._check_output()

    def open(self, settings: Dict[str, Any]) -> bool:
        """Begin a run, or resume one with the same settings.

        settings (Dict[str, Any]): Everything that the output depends on, as `describe` returns it.
        RETURNS (bool): Whether there is anything left to do.
        RAISES (InputError): If the folder has shards of another run that must not be discarded.
        """
        # JSON has no tuples.
        settings = srsly.json_loads(srsly.json_dumps(settings))
        if self._manifest.is_file():
            old = srsly.read_json(self._manifest)
            if old["settings"] == settings:
                if old["joined"]:
                    self._finish()
                    return False
                self._check_output()
                return True
            if not self.overwrite:
                raise InputError(
                    f"{self.folder} holds the parts of another run, which differs in "
                    f"{_difference(old['settings'], settings)}: repeat the command of that run "
                    f"to continue it, or start again with --force."
                )
        self._clear()
        self._write_manifest(settings, joined=False)
        return True

    def finished(self, index: int) -> Optional[Note]:
        """Look up a shard.

        index (int): Number of the shard.
        RETURNS (Optional[Note]): Its note, or None if it is not finished.
        """
        if not self._part(index).is_file():
            return None
        return Note(**srsly.read_json(self._note(index)))

    def write(self, index: int, data: bytes, note: Note) -> None:
        """Write a tagged shard, which is finished then.

        index (int): Number of the shard.
        data (bytes): Its documents.
        note (Note): The note about them.
        """
        with replacing(self._note(index)) as temporary:
            srsly.write_json(temporary, asdict(note))
        with replacing(self._part(index)) as temporary:
            temporary.write_bytes(data)

    def join(self, n_shards: int, join: Callable[[Sequence[Path], BinaryIO], None]) -> None:
        """Join the shards to the output, and remove them.

        n_shards (int): Number of shards, all of them finished.
        join (Callable[[Sequence[Path], BinaryIO], None]): Joins files of documents.
        RAISES (InputError): If there are more shards than the input has.
        """
        if self._part(n_shards).is_file():
            raise InputError(
                f"{self.folder} holds more documents than the input: give the input of the "
                f"interrupted run, or remove this folder to start again."
            )
        with replacing(self._joined) as temporary, temporary.open("wb") as file_:
            join([self._part(index) for index in range(n_shards)], file_)
        self._write_manifest(srsly.read_json(self._manifest)["settings"], joined=True)
        self._finish()

    def _finish(self) -> None:
        # It is not there if the run was killed between the move and the clearing.
        if self._joined.is_file():
            self._joined.replace(self.output)
        self._clear()

    def _clear(self) -> None:
        # The manifest goes last. The folder may hold files of the user.
        if self.folder.is_dir():
            for kind in ("part-*", "note-*", f"{self._joined.name}*", f"{self._manifest.name}*"):
                for path in list(self.folder.glob(kind)):
                    path.unlink()
            with suppress(OSError):
                self.folder.rmdir()

    def _check_output(self) -> None:
        if self.output.exists() and not self.overwrite:
            raise InputError(
                f"The output {self.output} exists already: name another file, or replace it "
                f"with --force."
            )

    def _write_manifest(self, settings: Dict[str, Any], joined: bool) -> None:
        with replacing(self._manifest) as temporary:
            srsly.write_json(temporary, {"settings": settings, "joined": joined})

    def _part(self, index: int) -> Path:
        return self.folder / f"part-{index:05d}{self.ending}"

    def _note(self, index: int) -> Path:
        return self.folder / f"note-{index:05d}.json"


def _difference(old: Dict[str, Any], new: Dict[str, Any]) -> str:
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    shown = [
        f"{name} ({old[name]} before, {new[name]} now)"
        if isinstance(old.get(name), (str, int)) and name in new
        else name
        for name in names[:3]
    ]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(shown) + more
