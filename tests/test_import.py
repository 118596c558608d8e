"""The modules that `import nncore` loads, and the files of the installed package."""

from __future__ import annotations

import importlib
import subprocess
import sys
from importlib import metadata, resources
from types import ModuleType

import pytest

import nncore

OPTIONAL = {
    *(
        "tqdm",
        "matplotlib",
        "sklearn",
        "scipy",
        "pandas",
        "torch",
        "jax",
        "safetensors",
        "onnx",
        "tensorboardX",
    ),
    *("graphviz", "ml_dtypes", "mpi4py", "threadpoolctl", "PIL", "click"),
}
# Modules of the standard library that take milliseconds to import and are not needed for tensors.
HEAVY = {
    "asyncio",
    "multiprocessing",
    "unittest",
    "urllib.request",
    "http.client",
    "xml",
    "sqlite3",
    "tkinter",
}


def loaded_by(statement: str) -> set[str]:
    """Names of the modules that a fresh interpreter loads for `statement` beyond `import numpy`."""
    program = f"import sys, numpy; before = set(sys.modules); {statement}; print(*set(sys.modules) - before)"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], check=True, capture_output=True, text=True, timeout=60
    )
    assert done.stderr == ""
    return set(done.stdout.split())


def test_import_loads_no_optional_dependency() -> None:
    loaded = loaded_by("import nncore")
    assert not {name for name in loaded if name.split(".")[0] in OPTIONAL}
    assert not loaded.intersection(HEAVY)


@pytest.mark.parametrize("state", ["disable", "enable"])
def test_import_leaves_the_garbage_collector_as_it_was(state: str) -> None:
    program = f"import gc; gc.{state}(); import nncore; assert gc.isenabled() == {state == 'enable'}"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_import_is_silent_and_needs_no_numpy_first() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", "import nncore"], capture_output=True, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_version_has_one_source() -> None:
    assert nncore.__version__ == metadata.version("nncore")


def test_package_ships_types() -> None:
    package = resources.files("nncore")
    assert (package / "py.typed").is_file()
    assert (package / "_core.pyi").is_file()


def test_all_names_exist_once() -> None:
    names = nncore.__all__
    assert len(names) == len(set(names))
    assert [name for name in names if not hasattr(nncore, name)] == []


@pytest.mark.parametrize("module", [nncore, nncore.nn, nncore.optim], ids=lambda module: module.__name__)
def test_dir_lists_the_public_names_alone(module: ModuleType) -> None:
    assert sorted(set(dir(module))) == sorted(module.__all__)
    assert [name for name in dir(module) if name.startswith("_")] == ["__version__"] * (module is nncore)


def test_the_parts_that_are_loaded_late_are_public() -> None:
    assert {"nn", "optim", "data", "train", "autograd", "compile", "save", "load"} <= set(dir(nncore))


@pytest.mark.parametrize("module", ["errors", "functions", "grad_mode", "limits", "statistics"])
def test_members_loaded_at_first_use_are_those_of_their_module(module: str) -> None:
    names = importlib.import_module(f"nncore.{module}").__all__
    assert {name for name, home in nncore._MEMBERS.items() if home == f"nncore.{module}"} == set(names)
    assert f"nncore.{module}" not in loaded_by("import nncore")
