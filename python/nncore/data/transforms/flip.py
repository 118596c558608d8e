"""Random flips."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nncore.data.transforms.images import Images, RandomTransform
from nncore.data.transforms.settings import probability

if TYPE_CHECKING:
    from nncore._core import Generator


class RandomHorizontalFlip(RandomTransform):
    """Each image mirrored left to right with probability `p`, as in torchvision.

    >>> import numpy as np
    >>> from nncore.data.transforms import RandomHorizontalFlip
    >>> RandomHorizontalFlip(p=1.0)(np.array([[1, 2, 3]]))
    array([[3, 2, 1]])
    """

    _axis = 3

    def __init__(self, p: float = 0.5, *, generator: Generator | None = None) -> None:
        super().__init__(generator)
        self.p = probability(self._name, p)

    def _apply(self, images: Images) -> Images:
        chosen = self._draw(len(images)) < self.p
        made = images.copy()
        made[chosen] = np.flip(images[chosen], self._axis)
        return made


class RandomVerticalFlip(RandomHorizontalFlip):
    """Each image mirrored top to bottom with probability `p`, as in torchvision.

    >>> import numpy as np
    >>> from nncore.data.transforms import RandomVerticalFlip
    >>> RandomVerticalFlip(p=1.0)(np.array([[1, 2], [3, 4]]))
    array([[3, 4],
           [1, 2]])
    """

    _axis = 2
