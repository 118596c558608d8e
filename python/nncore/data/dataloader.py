"""Loaders: a data set in mini-batches."""

from __future__ import annotations

import itertools
from types import GenericAlias
from typing import TYPE_CHECKING, Any, ClassVar

from nncore._core import Tensor, randint
from nncore.data.collate import default_collate, default_convert
from nncore.data.dataset import IterableDataset, arrays_of
from nncore.data.reading import Reader
from nncore.data.sampler import BatchSampler, OrderSampler, RandomSampler, SequentialSampler, flag
from nncore.errors import arguments

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nncore._core import Generator


class DataLoader:
    """Iterate over a data set in mini-batches, as in `torch.utils.data`.

    `collate_fn`, by default `default_collate`, makes a batch of a list of samples. With batch_size=None there
    are single samples, converted by `default_convert`. With `shuffle` each epoch has a new random order.
    With `num_workers` above 0 as many processes read the samples; the order of the batches is the same for
    any number. `pin_memory` is accepted and has no effect.

    Each epoch draws a seed and the order from `generator`, by default the global one. In workers each batch
    seeds the global generators of nncore, NumPy and `random` from that seed and the number of the batch, so
    that random samples do not depend on the number of workers. A `worker_init_fn(number)` may seed by itself:
    with it the generators are seeded once per worker, before it is called.
    Errors: ValueError and TypeError for arguments that do not fit together; the errors of a worker, with its
    traceback in the text; RuntimeError for a worker that has ended, and for no batch in `timeout` seconds.

    >>> import nncore
    >>> from nncore.data import DataLoader, TensorDataset
    >>> data = TensorDataset(nncore.arange(5))
    >>> [batch.tolist() for (batch,) in DataLoader(data, batch_size=2)]
    [[0, 1], [2, 3], [4]]
    """

    __class_getitem__: ClassVar[Any] = classmethod(GenericAlias)  # DataLoader[int] in annotations

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Any = None,
        batch_sampler: Any = None,
        num_workers: int = 0,
        collate_fn: Callable[[Any], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], object] | None = None,
        multiprocessing_context: Any = None,
        generator: Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        if not isinstance(dataset, IterableDataset) and not hasattr(dataset, "__getitem__"):
            raise TypeError(
                f"DataLoader: the data set is a {type(dataset).__name__}; expected __getitem__ and "
                "__len__, or an IterableDataset"
            )
        self.dataset = dataset
        self.num_workers = arguments.size("DataLoader", "num_workers", num_workers, 0)
        self.timeout = arguments.number("DataLoader", "timeout", timeout, 0)
        self.collate_fn = collate_fn or (
            default_convert if batch_size is None and batch_sampler is None else default_collate
        )
        self.pin_memory, self.pin_memory_device, self.in_order = pin_memory, pin_memory_device, in_order
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = multiprocessing_context
        self.generator = generator
        self.prefetch_factor = prefetch_factor
        self.persistent_workers = persistent_workers
        self._check_workers()
        self.drop_last = flag("DataLoader", "drop_last", drop_last)
        self._check_samplers(batch_size, bool(shuffle), sampler, batch_sampler)
        if batch_size is not None and batch_sampler is None:
            batch_size = arguments.size("DataLoader", "batch_size", batch_size, 1)
        if sampler is None and not isinstance(dataset, IterableDataset):
            sampler = RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
        if batch_sampler is not None:
            batch_size = None
        elif batch_size is not None and sampler is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.batch_size, self.sampler, self.batch_sampler = batch_size, sampler, batch_sampler
        self._workers: Any = None
        self._ready = True

    def _check_workers(self) -> None:
        if self.num_workers == 0:
            for name in ("prefetch_factor", "persistent_workers", "timeout"):
                if value := getattr(self, name):
                    raise ValueError(f"DataLoader: {name} is {value!r}; it needs num_workers above 0")
        else:
            ahead = 2 if self.prefetch_factor is None else self.prefetch_factor
            self.prefetch_factor = arguments.size("DataLoader", "prefetch_factor", ahead, 1)
            if isinstance(self.multiprocessing_context, str):
                from multiprocessing import get_all_start_methods

                if self.multiprocessing_context not in get_all_start_methods():
                    raise ValueError(
                        f"DataLoader: multiprocessing_context is {self.multiprocessing_context!r}; expected "
                        f"a context or one of {', '.join(get_all_start_methods())}"
                    )

    def _check_samplers(self, batch_size: Any, shuffle: bool, sampler: Any, batch_sampler: Any) -> None:
        """Raise ValueError for arguments that exclude each other."""
        streams = isinstance(self.dataset, IterableDataset)
        conflicts = (
            ("shuffle", shuffle, "an IterableDataset", streams),
            ("sampler", sampler is not None, "an IterableDataset", streams),
            ("batch_sampler", batch_sampler is not None, "an IterableDataset", streams),
            ("shuffle", shuffle, "sampler", sampler is not None),
            ("shuffle", shuffle, "batch_sampler", batch_sampler is not None),
            ("sampler", sampler is not None, "batch_sampler", batch_sampler is not None),
            ("batch_size", batch_size != 1, "batch_sampler", batch_sampler is not None),
            ("drop_last", self.drop_last, "batch_sampler", batch_sampler is not None),
            ("drop_last", self.drop_last, "batch_size=None", batch_size is None),
        )
        for name, given, other, other_given in conflicts:
            if given and other_given:
                raise ValueError(f"DataLoader: {name} cannot be given with {other}")

    def __setattr__(self, name: str, value: Any) -> None:
        fixed = ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers")
        if name in fixed and "_ready" in vars(self):
            raise ValueError(f"DataLoader: {name} cannot be changed; make a new DataLoader")
        object.__setattr__(self, name, value)

    def __len__(self) -> int:
        if self.batch_sampler is not None:
            return len(self.batch_sampler)
        if self.sampler is not None:
            return len(self.sampler)
        samples, size = len(self.dataset), self.batch_size or 1
        return samples // size if self.drop_last else -(-samples // size)

    def __iter__(self) -> Iterator[Any]:
        seed = int(randint(2**62, (1,), generator=self.generator).item())
        if self.num_workers:
            return self._in_workers(seed)
        if type(self.batch_sampler) is BatchSampler and self.collate_fn is default_collate:
            arrays, sampler = arrays_of(self.dataset), self.batch_sampler.sampler
            if arrays is not None and getattr(type(sampler), "__iter__", None) is OrderSampler.__iter__:
                return self._gathered(*arrays)
        return map(self._reader().start(), self._tasks())

    def _reader(self) -> Reader:
        batched = self.batch_size is not None or self.batch_sampler is not None
        return Reader(self.dataset, batched, self.drop_last, self.collate_fn)

    def _tasks(self) -> Iterator[Any]:
        """Lists of indices, single indices, or sizes of batches of an IterableDataset."""
        if self.sampler is None and self.batch_sampler is None:
            return itertools.repeat(self.batch_size)
        return iter(self.sampler if self.batch_sampler is None else self.batch_sampler)

    def _gathered(self, tensors: tuple[Tensor, ...], chosen: Tensor | None) -> Iterator[list[Tensor]]:
        """Batches of tensors in memory: one gather per tensor and batch."""
        order, size = self.batch_sampler.sampler.order(), self.batch_sampler.batch_size
        for start in range(0, len(self) * size, size):
            rows = order[start : start + size]
            rows = rows if chosen is None else chosen[rows]
            yield [t[rows] for t in tensors]

    def _in_workers(self, seed: int) -> Iterator[Any]:
        import multiprocessing

        from nncore.data.worker import Work
        from nncore.data.workers import Epoch, Workers

        workers = self._workers
        if workers is None or not workers.alive:
            context = self.multiprocessing_context
            if not hasattr(context, "Process"):
                context = multiprocessing.get_context(context)
            workers = Workers(context, Work(self._reader(), self.num_workers, self.worker_init_fn))
            if self.persistent_workers:
                self._workers = workers
        ahead = self.prefetch_factor or 2
        return Epoch(workers, self._tasks(), seed, ahead, self.timeout, self.persistent_workers)

    def __repr__(self) -> str:
        text = repr(self.dataset)
        whole = len(text) <= 80 and not text.startswith("<")
        shown = [text if whole else type(self.dataset).__name__]
        shown += [f"batch_size={self.batch_size}", f"drop_last={self.drop_last}"]
        if self.sampler is not None:
            shown.append(f"sampler={type(self.sampler).__name__}")
        return f"DataLoader({', '.join(shown)}, num_workers={self.num_workers})"
