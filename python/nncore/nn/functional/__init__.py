"""The functions behind layers and losses, as in PyTorch's `torch.nn.functional`.

>>> nn.functional.relu(nncore.tensor([-1.0, 2.0])).tolist()
[0.0, 2.0]
"""

from __future__ import annotations

from nncore.errors import absent

from .attention import *
from .axis import *
from .bound import *
from .embeddings import *
from .losses import *
from .norms import *
from .pooling import *
from .positions import *
from .resampling import *

__all__ = sorted(name for name, value in globals().items() if callable(value))


def __dir__() -> list[str]:
    return __all__


absent.answer_in(globals())
