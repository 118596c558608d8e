"""Milliseconds that `import nncore` adds to `import numpy`, as one JSON line; the median of fresh processes.

python bench/import_time.py [processes]
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys

from nncore.bench.timing import quartiles

PROGRAM = """
import time
import numpy
start = time.perf_counter()
import nncore
print((time.perf_counter() - start) * 1e3)
"""


def measure(processes: int = 20) -> list[float]:
    """Import times in milliseconds of fresh interpreters; one more runs first and warms the disk cache."""

    def once() -> float:
        done = subprocess.run([sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True)
        return float(done.stdout)

    once()
    return [once() for _ in range(processes)]


def main() -> None:
    times = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
    low, median, high = quartiles(times)
    report = {
        "what": "import nncore beyond import numpy",
        "unit": "ms",
        "median": round(median, 2),
        "quartiles": [round(low, 2), round(high, 2)],
        "processes": len(times),
        "python": platform.python_version(),
        "machine": platform.machine(),
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
