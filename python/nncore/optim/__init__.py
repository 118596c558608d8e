"""Optimizers and learning-rate schedules, with PyTorch's names, defaults and state dicts."""

from __future__ import annotations

from nncore.errors import absent

from . import lr_scheduler as lr_scheduler
from . import swa_utils as swa_utils
from .adaptive import *
from .layerwise import *
from .lbfgs import *
from .optimizer import Optimizer as Optimizer
from .scaled import *
from .sgd import *
from .signs import *

__all__ = sorted(name for name, value in globals().items() if isinstance(value, type))
__all__ += ["lr_scheduler", "swa_utils"]


def __dir__() -> list[str]:
    return __all__


absent.answer_in(globals())
