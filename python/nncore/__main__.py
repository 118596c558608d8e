"""`python -m nncore` is the command `nncore`."""

from __future__ import annotations

import sys

from nncore.cli import main

if __name__ == "__main__":
    sys.exit(main())
