"""`nncore.data` under PyTorch's name."""

from __future__ import annotations

from nncore.data import *
from nncore.data import __all__ as __all__
