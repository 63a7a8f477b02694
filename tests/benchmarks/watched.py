"""The app as it is, with every pause of the garbage collector written to the file $WATCHED."""

from __future__ import annotations

import gc
import os
import sys
import time
from typing import Any

from copilot_tui.__main__ import run


def watch(path: str) -> None:
    """Write a line for each pause: the moment, milliseconds, the generation."""
    began = 0.0
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def collected(phase: str, info: dict[str, Any]) -> None:
        nonlocal began
        if phase == "start":
            began = time.perf_counter()
        else:
            pause = (time.perf_counter() - began) * 1000
            os.write(file, f"{time.time():.4f} {pause:.3f} {info['generation']}\n".encode())

    gc.callbacks.append(collected)


if __name__ == "__main__":
    watch(os.environ["WATCHED"])
    sys.exit(run())
