"""What a child process owes to the process that started it."""

import os
import signal
import sys
from multiprocessing import parent_process
from threading import Thread


def end_with_parent(message: str = "") -> None:
    """Leave Ctrl+C to the parent process, and end with it, even if it is killed.

    message (str): What to print on standard error if the parent ends first.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # torch.multiprocessing does this on Linux only, with the signal that is ignored here.
    Thread(target=_wait_for_parent, args=(message,), daemon=True).start()


def _wait_for_parent(message: str) -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        if message:
            print(message, file=sys.stderr, flush=True)
        os._exit(1)
