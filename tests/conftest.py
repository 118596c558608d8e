"""The option --slow, and fixtures of all tests: level, number of threads, random numbers, data folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

try:
    import nncore
    from nncore import _core
except ImportError as error:  # python/ is not on the path: install first
    pytest.exit(f"nncore is not installed ({error}); run: pip install '.[test]'", returncode=4)

ROOT = Path(__file__).resolve().parents[1]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="also run the tests and combinations that are slow")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--slow"):
        slow = [item for item in items if "slow" in item.keywords]
        items[:] = [item for item in items if "slow" not in item.keywords]
        config.hook.pytest_deselected(items=slow)


@pytest.fixture(autouse=True)
def _clean_state() -> Iterator[None]:
    """The same seed, level, threads and gradient mode at the start of each test."""
    level, threads = _core.isa(), nncore.get_num_threads()
    nncore.manual_seed(0)
    nncore.set_grad_enabled(True)
    yield
    _core.set_isa(level)
    nncore.set_num_threads(threads)
    nncore.set_grad_enabled(True)


@pytest.fixture(params=_core.isa_levels())
def isa(request: pytest.FixtureRequest) -> str:
    """Runs the test once per instruction set of this machine; the value is its name."""
    level: str = request.param
    _core.set_isa(level)
    return level


@pytest.fixture(params=[1, 2], ids=["1thread", "2threads"])
def threads(request: pytest.FixtureRequest) -> int:
    """Runs the test once with one thread and once with two; the value is their number."""
    count: int = request.param
    nncore.set_num_threads(count)
    return count


@pytest.fixture
def thorough(pytestconfig: pytest.Config) -> bool:
    """True with --slow: the test runs all combinations of its parameters instead of some of each."""
    return bool(pytestconfig.getoption("--slow"))


@pytest.fixture
def rng() -> np.random.Generator:
    """A seeded NumPy generator."""
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder with mnist/, tables/ and text/: $NNCORE_DATA, or shared/data beside the repository."""
    folder = Path(os.environ.get("NNCORE_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no data folder at {folder}; set NNCORE_DATA")
    return folder
