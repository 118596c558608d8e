"""`nncore.data` under PyTorch's name."""

from __future__ import annotations

from nncore.data import *
from nncore.data import __all__ as __all__
from nncore.errors import absent

from . import dataloader as dataloader
from . import dataset as dataset
from . import distributed as distributed
from . import sampler as sampler

absent.answer_in(globals())
