"""Transforms made of functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nncore.errors import arguments

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Compose:
    """The transforms one after the other, as in torchvision.

    >>> from nncore.data.transforms import Compose
    >>> Compose([abs, float])(-3)
    3.0
    """

    def __init__(self, transforms: Sequence[Callable[[Any], Any]]) -> None:
        self.transforms = arguments.listed("Compose", "transforms", transforms)
        for i, transform in enumerate(self.transforms):
            _check("Compose", f"transforms[{i}]", transform)

    @property
    def takes_batches(self) -> bool:
        return all(getattr(transform, "takes_batches", False) for transform in self.transforms)

    def __call__(self, img: Any) -> Any:
        for transform in self.transforms:
            img = transform(img)
        return img

    def __repr__(self) -> str:
        inner = "".join(f"\n    {transform!r}" for transform in self.transforms)
        return f"Compose({inner}\n)"


class Lambda:
    """A function as a transform, as in torchvision; it is called with one image.

    >>> from nncore.data.transforms import Lambda
    >>> Lambda(lambda x: 2 * x)(4)
    8
    """

    def __init__(self, lambd: Callable[[Any], Any]) -> None:
        _check("Lambda", "lambd", lambd)
        self.lambd = lambd

    def __call__(self, img: Any) -> Any:
        return self.lambd(img)

    def __repr__(self) -> str:
        return f"Lambda({getattr(self.lambd, '__name__', self.lambd)})"


def _check(where: str, name: str, transform: object) -> None:
    if not callable(transform):
        raise TypeError(f"{where}: {name} is a {type(transform).__name__}; expected a function")
    if isinstance(transform, type) and transform.__module__.startswith(__package__ or ""):
        raise TypeError(
            f"{where}: {name} is the class {transform.__name__}; expected {transform.__name__}(...)"
        )
