"""Probability distributions with PyTorch's names: samples, densities, entropies and divergences.

Arguments are checked by reading their values, except in captured steps; `validate_args=False` skips the
check.

>>> policy = nncore.distributions.Categorical(logits=nncore.zeros(4))
>>> action = policy.sample()
>>> round(policy.log_prob(action).item(), 4)
-1.3863
"""

from __future__ import annotations

from nncore.errors import absent

from . import constraints as constraints
from . import kl as kl
from . import transforms as transforms
from .continuous import *
from .discrete import *
from .distribution import *
from .gamma import *
from .independent import *
from .kl import *
from .multivariate_normal import *
from .skewed import *
from .transformed import *
from .transforms import *

__all__ = sorted(name for name, value in globals().items() if isinstance(value, type))
__all__ += ["constraints", "kl", "kl_divergence", "register_kl", "transforms"]


def __dir__() -> list[str]:
    return __all__


absent.answer_in(globals())
