"""Layers, losses and their helpers, with PyTorch's names; `Module` shows how to write a model."""

from __future__ import annotations

from nncore.errors import absent

from . import functional as functional
from . import init as init
from . import utils as utils
from .activation import *
from .attention import *
from .batchnorm import *
from .container import *
from .conv import *
from .dropout import *
from .elementwise import *
from .embedding import *
from .fold import *
from .instancenorm import *
from .lazy import *
from .lazy_conv import *
from .linear import *
from .loss import *
from .loss_elementwise import *
from .module import *
from .normalization import *
from .padding import *
from .parameter import *
from .parameter_containers import *
from .pixels import *
from .pooling import *
from .pooling_outputs import *
from .recurrent import *
from .shape import *
from .softmax import *
from .transformer import *
from .upsampling import *

__all__ = sorted(name for name, value in globals().items() if isinstance(value, type))
__all__ += ["functional", "init", "utils"]


def __dir__() -> list[str]:
    return __all__


absent.answer_in(globals())
