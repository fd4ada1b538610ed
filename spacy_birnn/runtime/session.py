"""Networks in ONNX Runtime, one session per process."""

import os
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import parent_process
from typing import Any, Dict, Iterable, Iterator, Tuple

import numpy as np
from numpy.typing import NDArray

from ..errors import missing_extra

NO_RUNTIME = missing_extra("This pipeline is compiled for ONNX Runtime", "onnx")


class Session:
    """Run a network in ONNX Runtime.

    Threads may share it. A forked process makes a session of its own, because threads are not
    copied.

    graph (NDArray[np.uint8]): The network, as a serialized ONNX model.
    threads (int): Batches that run at the same time; 0 for `count_threads`.
    RAISES (ImportError): If ONNX Runtime is not installed.
    RAISES (ValueError): If the network is damaged.
    """

    def __init__(self, graph: NDArray[np.uint8], threads: int = 0) -> None:
        self.graph = graph
        self.threads = threads
        self._started = self._start()

    def __getstate__(self) -> Dict[str, Any]:
        return {"graph": self.graph, "threads": self.threads}

    def __setstate__(self, state: Dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]

    def run(self, batches: Iterable[Dict[str, NDArray[Any]]]) -> Iterator[NDArray[Any]]:
        """Run the network on batches.

        batches (Iterable[Dict[str, NDArray]]): The inputs of each batch by name.
        YIELDS (NDArray): The output for each, in order.
        """
        process_id, session = self._started
        if process_id != os.getpid():
            self._started = process_id, session = self._start()

        def run(inputs: Dict[str, NDArray[Any]]) -> NDArray[Any]:
            return session.run(None, inputs)[0]

        threads = count_threads(self.threads)
        if threads > 1:
            batches = list(batches)
        if threads == 1 or len(batches) < 2:  # type: ignore[arg-type]
            yield from map(run, batches)
            return
        with ThreadPoolExecutor(threads) as pool:
            yield from pool.map(run, batches)

    def _start(self) -> Tuple[int, Any]:
        try:
            import onnxruntime
        except ImportError as err:
            raise ImportError(NO_RUNTIME) from err
        options = onnxruntime.SessionOptions()
        # Threads inside an operator would split a batch, so that results depend on their number.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        # Warnings of the optimizer are not for users.
        options.log_severity_level = 3
        providers = ["CPUExecutionProvider"]
        try:
            session = onnxruntime.InferenceSession(self.graph.tobytes(), options, providers)
        except Exception as err:
            # Each kind of damage has its own class, and none is documented.
            raise ValueError(f"ONNX Runtime cannot read the network ({err})") from err
        return os.getpid(), session


def count_threads(threads: int) -> int:
    """Choose the number of threads of a session.

    threads (int): The setting of the model.
    RETURNS (int): The setting, if it is not 0. Otherwise one in worker processes, which compete for
        the cores; the number in OMP_NUM_THREADS, if there is one; or the number of cores.
    """
    if threads:
        return threads
    if parent_process() is not None:
        return 1
    asked = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    if asked.isdigit() and int(asked):
        return int(asked)
    # A container or a batch system may give a process only some of the cores.
    own = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else ()
    return len(own) or os.cpu_count() or 1
