"""Tagging of pandas frames, for Spark and Dask."""

import json
from threading import Lock
from typing import TYPE_CHECKING, Any, Iterable, Iterator, List, Optional

from ..bulk.records import SHARD_BYTES, InputFormat, Record, Source, batch_records
from ..bulk.shard import RecordError
from ..bulk.workers import TagJob, load_once
from ..bulk.writers import OutputFormat
from ..errors import InputError, missing_extra

if TYPE_CHECKING:
    import pandas

ANNOTATIONS = "annotations"
SOURCE = Source("the frame", InputFormat.parquet)
# Threads of a worker, such as those of Dask, share its pipeline, but a vocabulary is not
# thread-safe.
_lock = Lock()


def tag_frames(
    frames: Iterable["pandas.DataFrame"],
    model: str,
    *,
    column: str = "text",
    batch_size: Optional[int] = None,
) -> Iterator["pandas.DataFrame"]:
    """Tag the texts of frames, for `mapInPandas` of Spark and `map_partitions` of Dask.

    Each process loads the pipeline once, on the CPU, and uses one thread of PyTorch.

    frames (Iterable[pandas.DataFrame]): Frames with a column of texts.
    model (str): Folder of the pipeline that all machines can read, or installed package.
    column (str): The column of texts.
    batch_size (Optional[int]): Maximum number of documents that the pipeline reads at once; None
        for its own setting.
    YIELDS (pandas.DataFrame): Each frame with the column "annotations": strings with the JSON of
        `Doc.to_json`, as in the output of `birnn tag`, and None for missing texts.
    RAISES (InputError): If pandas is not installed, the pipeline cannot be loaded, the frame
        does not have the right columns, or a text cannot be tagged.
    """
    try:
        import pandas
    except ImportError as err:
        need = "Frames need pandas on all machines"
        raise InputError(missing_extra(need, "frames")) from err
    job = TagJob(model, -1, OutputFormat.jsonl, batch_size, skip_bad=False)
    for frame in frames:
        if column not in frame or ANNOTATIONS in frame:
            raise InputError(
                f"The frame has the columns {', '.join(map(repr, frame.columns))}: it needs "
                f"{column!r}, and must not have {ANNOTATIONS!r}."
            )
        texts = zip(frame[column], frame[column].isna())
        records = [
            None if missing else _record(number, text)
            for number, (text, missing) in enumerate(texts, start=1)
        ]
        lines = iter(_tag(job, [record for record in records if record]))
        annotations = [next(lines) if record else None for record in records]
        # The type is object, so that None stays None.
        column_of_annotations = pandas.Series(annotations, index=frame.index, dtype=object)
        yield frame.assign(**{ANNOTATIONS: column_of_annotations})


def _record(number: int, text: Any) -> Record:
    if isinstance(text, str):
        return Record(SOURCE, number, json.dumps({"text": text}).encode("utf-8"))
    return Record(SOURCE, number, b"", f"a text is of the type {type(text).__name__}")


def _tag(job: TagJob, records: List[Record]) -> List[str]:
    lines: List[str] = []
    with _lock:
        nlp = load_once(job)
        for shard in batch_records(records, len(records), SHARD_BYTES):
            try:
                data, _ = job.tag(nlp, shard)
            except RecordError as err:
                raise InputError(f"{err.problem}: fix the text, or leave it out.") from err
            lines += data.decode("utf-8").split("\n")[:-1]
    return lines
