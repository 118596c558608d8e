"""Libraries and devices that PyTorch's programs ask for; on this build all but OpenMP are absent.

Settings of absent libraries can be assigned and have no effect.

>>> nncore.backends.cudnn.deterministic = True
>>> nncore.backends.mps.is_available()
False
"""

from __future__ import annotations

from nncore.errors import absent

from . import cpu as cpu
from . import cuda as cuda
from . import cudnn as cudnn
from . import mkl as mkl
from . import mkldnn as mkldnn
from . import mps as mps
from . import openmp as openmp

__all__ = ["cpu", "cuda", "cudnn", "mkl", "mkldnn", "mps", "openmp"]

absent.answer_in(globals())
