"""The functions behind layers and losses, as in PyTorch's `torch.nn.functional`.

>>> nn.functional.relu(nncore.tensor([-1.0, 2.0])).tolist()
[0.0, 2.0]
"""

from __future__ import annotations

from ._functional_axis import *
from ._functional_core import *
from ._functional_embedding import *
from ._functional_loss import *
from ._functional_norm import *
from .attention import scaled_dot_product_attention as scaled_dot_product_attention
from .positions import *

__all__ = sorted(name for name, value in globals().items() if callable(value))
