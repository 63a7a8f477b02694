"""The shortest loop that httpx and json allow; says what it cost.

    python -m tests.benchmarks.bare URL

Prints CPU milliseconds for the stream, connection included, imports not.
"""

from __future__ import annotations

import asyncio
import sys
import time

from tests.benchmarks.wire import bare


async def main(url: str) -> None:
    """Read one reply."""
    began = time.process_time()
    await bare(url)
    print(f"{(time.process_time() - began) * 1000:.3f}")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
