"""Reads the source tree and checks which folders each folder may use; no build is needed."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from import_statements import import_statements

ROOT = Path(__file__).resolve().parents[1]
CPP = (".h", ".cpp", ".inl", ".cu", ".cuh")
MAX_LINES = 500

# The folders that the files of a folder may include; inner folders do not include outer ones.
MAY_INCLUDE = {
    "core": {"core"},
    "backend": {"backend", "core"},
    "autograd": {"autograd", "backend", "core"},
    "plan": {"plan", "autograd", "backend", "core"},
    "ops": {"ops", "plan", "autograd", "backend", "core"},
    "bind": {"bind", "ops", "plan", "autograd", "backend", "core"},
}


@dataclass(frozen=True)
class Source:
    path: str  # from the root, with forward slashes
    text: str
    code: str  # the same lines without comments and string contents

    @property
    def room(self) -> str:
        return self.path.split("/")[1] if self.path.startswith("cpp/") else ""

    def includes(self) -> list[str]:
        return re.findall(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', self.text, re.M)

    def hits(self, pattern: str) -> list[str]:
        lines = enumerate(self.code.splitlines(), 1)
        return [f"{self.path}:{n}: {line.strip()}" for n, line in lines if re.search(pattern, line)]


def strip_comments(text: str) -> str:
    """Replace comments and the contents of strings by blanks; line numbers stay the same."""
    token = re.compile(
        r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\'', re.S
    )

    def blank(match: re.Match[str]) -> str:
        lines = "\n" * match[0].count("\n")
        return '""' + lines if match[0][0] in "R\"'" else " " + lines

    return token.sub(blank, text)


@cache
def tree(*tops: str) -> list[Source]:
    paths = sorted(p for top in tops for p in (ROOT / top).rglob("*") if p.is_file())
    sources = []
    for path in paths:
        if path.suffix in (*CPP, ".py"):
            text = path.read_text(encoding="utf-8")
            code = text if path.suffix == ".py" else strip_comments(text)
            sources.append(Source(path.relative_to(ROOT).as_posix(), text, code))
    return sources


def cpp() -> list[Source]:
    return [s for s in tree("cpp", "tests/native", "bench") if s.path.endswith(CPP)]


def in_rooms(*rooms: str) -> Iterator[Source]:
    return (s for s in tree("cpp") if s.path.startswith(tuple(f"cpp/{room}/" for room in rooms)))


def none_of(offenders: list[str], why: str) -> None:
    assert not offenders, why + "\n" + "\n".join(offenders)


def test_the_tree_is_read() -> None:
    assert {s.room for s in tree("cpp")} >= {"core", "autograd", "ops", "backend", "bind"}


def test_files_are_short() -> None:
    sources = tree("cpp", "python", "tests", "bench", "tools", "examples")
    lengths = {s.path: s.text.count("\n") for s in sources}
    none_of([f"{p}: {n} lines" for p, n in lengths.items() if n > MAX_LINES], f"more than {MAX_LINES} lines")


@pytest.mark.parametrize("room", MAY_INCLUDE)
def test_rooms_know_only_rooms_further_in(room: str) -> None:
    offenders = []
    for source in in_rooms(room):
        for name in source.includes():
            inner = [part for part in Path(name).parts if part in MAY_INCLUDE]
            if inner and inner[0] not in MAY_INCLUDE[room]:
                offenders.append(f"{source.path} includes {name}")
    none_of(offenders, f"cpp/{room} may include only {sorted(MAY_INCLUDE[room])}")


def test_only_core_parallel_says_openmp() -> None:
    offenders = []
    for source in cpp():
        if re.fullmatch(r"cpp/core/parallel\w*\.(h|cpp)", source.path):
            continue
        offenders += source.hits(r"#\s*pragma\s+omp|\bomp_\w+\s*\(")
        offenders += [source.path for _ in re.findall(r'_Pragma\s*\(\s*"omp', source.text)]
        offenders += [f"{source.path} includes omp.h" for name in source.includes() if name == "omp.h"]
    none_of(offenders, "OpenMP stays behind core/parallel.h")


def test_only_the_cpu_backend_is_parallel() -> None:
    allowed = ("cpp/backend/cpu/", "cpp/core/parallel", "tests/native/", "bench/")
    sources = [s for s in cpp() if not s.path.startswith(allowed)]
    none_of(
        [hit for s in sources for hit in s.hits(r"\bparallel_(for|ranges)\b")],
        "only backend/cpu calls parallel_for",
    )
    threads = r"\bstd::(jthread|thread|async)\b(?!::)|\bpthread_create\b"
    sources = [s for s in cpp() if not s.path.startswith(("cpp/core/parallel", "tests/native/"))]
    none_of([hit for s in sources for hit in s.hits(threads)], "threads come from core/parallel alone")


def test_only_bind_includes_pybind11_and_python() -> None:
    offenders = [
        f"{s.path} includes {name}"
        for s in cpp()
        for name in s.includes()
        if name.startswith(("pybind11/", "numpy/", "Python.h")) and s.room != "bind"
    ]
    none_of(offenders, "only cpp/bind knows Python")


def test_intrinsics_stay_in_isa() -> None:
    header = re.compile(r"\w*mmintrin\.h|x86intrin\.h|x86gprintrin\.h|intrin\.h|arm_(neon|sve|acle)\.h")
    # core/ may pause a spinning thread and set the floating-point mode, which is not arithmetic.
    call = r"\b_mm(256|512)?_(?!(pause|getcsr|setcsr)\b)\w+|\b__m(128|256|512)[di]?\b|\bv(ld1|st1|fma)q?_\w+"
    offenders = []
    for source in cpp():
        if not source.path.startswith("cpp/backend/cpu/isa/"):
            allowed = {"xmmintrin.h"} if source.room == "core" else set()
            headers = [name for name in source.includes() if header.fullmatch(name)]
            offenders += [f"{source.path} includes {name}" for name in headers if name not in allowed]
            offenders += source.hits(call)
    none_of(offenders, "intrinsics stay in cpp/backend/cpu/isa")


def test_isa_is_plain() -> None:
    """If levels shared an inline function, the linker could keep the one compiled for the wrong level."""
    plain = r"\bstd::(?!(size_t|ptrdiff_t|u?int(8|16|32|64)_t|nullptr_t)\b)\w+"
    offenders = []
    for source in in_rooms("backend/cpu/isa"):
        if source.path.endswith("level.h"):  # the table of pointers for the rest of the library
            continue
        offenders += source.hits(plain) + source.hits(
            r"\b(thread_local|parallel_(?:for|ranges)|throw|malloc|new)\b"
        )
    none_of(offenders, "isa/ holds arithmetic alone: no std::, threads, allocation or exceptions")


def test_no_relaxed_arithmetic() -> None:
    build = [
        ROOT / "CMakeLists.txt",
        *(ROOT / "cmake").rglob("*.cmake"),
        *(ROOT / "tests/native").rglob("*.txt"),
    ]
    offenders = [
        f"{p.name}: {m[0]}"
        for p in build
        for m in re.finditer(
            r"-ffast-math|-Ofast|-ffinite-math-only|-funsafe-math\S*|-fassociative-math|-ffp-contract=(?!off)\w+",
            p.read_text(encoding="utf-8"),
        )
    ]
    for source in cpp():
        offenders += source.hits(
            r"fast-math|\bSTDC\s+FP_CONTRACT\s+ON|GCC\s+optimize|__attribute__\(\(optimize"
        )
    none_of(offenders, "the same bits everywhere need exact arithmetic flags")


def test_ops_hold_no_element_loops() -> None:
    """An op checks shapes and submits calls: it never has a typed pointer to the elements of a tensor."""
    pattern = r"\b(float|double|uint8_t)\s*(const\s*)?\*|\.ptr<|\bdata<|reinterpret_cast<"
    sources = [*in_rooms("ops"), *in_rooms("autograd"), *in_rooms("plan")]
    none_of([hit for s in sources for hit in s.hits(pattern)], "loops over elements belong to the backend")


def test_backward_reads_saved_values() -> None:
    """A closure that captures x.detach() would not detect a change of x after forward."""
    hits = [
        f"{s.path}: [{capture}]"
        for s in in_rooms("ops")
        for capture in re.findall(r"\[([^\[\]]*\.detach\(\)[^\[\]]*)\]\s*\(", s.code)
    ]
    none_of(hits, "what backward reads is captured with .saved()")


def test_kernels_are_described_by_their_structs() -> None:
    """Costs, flops, operands and texts are members of a kernel's struct: no code switches over kernels."""
    sources = [s for s in cpp() if not s.path.startswith("cpp/backend/kernel")]
    pattern = r"\bcase Kernel::|\boperands\(\)\[\d"
    none_of([hit for s in sources for hit in s.hits(pattern)], "a kernel's operands and variants have names")
    notes = [s.path for s in cpp() if re.search(r"// args:", s.text)]
    none_of(notes, "operands are named in kernels/*.h")


def test_kernels_report_faults() -> None:
    """A device without exceptions keeps a Fault; the kernel's struct has its text."""
    not_kernels = ("cpp/backend/cpu/dispatch.cpp", "cpp/backend/cpu/limits.cpp")
    kernels = [s for s in in_rooms("backend/cpu") if s.path not in not_kernels]
    pattern = r"\b(check|raise)\s*(<[^>]*>)?\s*\(|\bthrow\b"
    none_of([hit for s in kernels for hit in s.hits(pattern)], "kernels call report()")


def test_only_the_backend_names_a_device() -> None:
    sources = [s for s in cpp() if s.room not in ("backend", "") and "tests/" not in s.path]
    none_of(
        [f"{s.path} includes {name}" for s in sources for name in s.includes() if "backend/cpu/" in name],
        "the rooms outside backend/ know backends by their interface alone",
    )


def test_headers_are_guarded() -> None:
    headers = [
        s for s in cpp() if s.path.endswith(".h") and "/isa/reg_" not in s.path and "/isa/vec" not in s.path
    ]
    none_of([s.path for s in headers if "#pragma once" not in s.text], "no #pragma once")


def test_no_machine_paths() -> None:
    tops = ("cpp", "python", "bench", "tools", "examples")
    pattern = re.compile(r"/(?:home|root|work|Users)/\w")
    none_of([s.path for s in tree(*tops) if pattern.search(s.text)], "absolute paths of one machine")


def imported_packages(source: Source) -> Iterator[str]:
    for node in import_statements(source.text):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif node.level == 0:
            yield (node.module or "").split(".")[0]


def test_python_imports_only_numpy_at_the_top() -> None:
    allowed = {*sys.stdlib_module_names, "numpy", "nncore", "__future__"}
    own = {"python/nncore/sklearn": {"sklearn", "scipy"}}  # a folder that needs an optional dependency
    offenders = [
        f"{source.path} imports {name}"
        for source in tree("python")
        for name in imported_packages(source)
        if name not in allowed | own.get(source.path.rpartition("/")[0], set())
    ]
    none_of(offenders, "import other packages inside the function that needs them")


def test_tool_versions_agree() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    pins = set(re.findall(r"\b((?:ruff|mypy|clang-format)==[\d.]+)", hooks))
    assert len(pins) == 3
    assert pins <= set(re.findall(r'"([\w-]+==[\d.]+)"', project))
