"""The end of the process while threads still work, and subinterpreters."""

from __future__ import annotations

import subprocess
import sys

import pytest

START = """
import threading, numpy as np, nncore
from nncore import _core, nn
begun = threading.Event()
x = nncore.ones(300, 300, requires_grad=True)  # a product takes longer than what keeps the interpreter lock

def run():
{work}

threading.Thread(target=run, daemon=True).start()
begun.wait()
"""

# The work that a daemon thread repeats while the interpreter is finalized
WORK = {
    "products": """
        while True:
            x @ x
            begun.set()
    """,
    "borrowed arrays": """
        while True:
            a = nncore.from_numpy(np.ones((300, 300), np.float32))
            a = a @ a
            begun.set()
    """,
    "hooks": """
        def hook(gradient):
            for i in range(1000):
                begun.set()
            return gradient @ gradient
        while True:
            y = x @ x
            y.register_hook(hook)
            y.sum().backward()
    """,
    "module hooks": """
        layer = nn.Linear(300, 300)
        def hook(module, gradients):
            for i in range(1000):
                begun.set()
        layer.register_full_backward_pre_hook(hook)
        while True:
            layer(x).sum().backward()
    """,
    "a captured step": """
        @nncore.compile
        def step(a):
            return a @ a
        a = nncore.ones(300, 300)
        while True:
            step(a)
            begun.set()
    """,
    "captures": """
        a = nncore.ones(300, 300)
        while True:
            nncore.compile(lambda a: a @ a)(a)
            begun.set()
    """,
    "epochs": """
        from nncore.train import fit
        data = np.ones((512, 300), np.float32)
        model = nn.Linear(300, 300)
        while True:
            fit(model, data, data, epochs=1, progress=False, callbacks=[lambda state: begun.set()])
    """,
    "measurements": """
        begun.set()
        while True:
            _core.measure_limits(1, 0.001, 1 << 16)
    """,
}


def program(work: str) -> str:
    lines = work.strip("\n").splitlines()
    return START.format(work="\n".join(line[4:] for line in lines))


QUICK = {"products", "hooks", "a captured step"}  # one for each kind of code that takes the interpreter lock


@pytest.mark.parametrize(
    "work",
    [pytest.param(WORK[n], id=n, marks=[] if n in QUICK else [pytest.mark.slow]) for n in WORK],
)
def test_a_daemon_thread_in_a_long_call_does_not_abort_the_program(work: str) -> None:
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", program(work)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    ends = [(*run.communicate(timeout=120), run.returncode) for run in runs]
    assert ends == [("", "", 0)] * len(runs)


def test_a_thread_that_is_waited_for_finishes() -> None:
    code = START.replace("daemon=True", "").format(
        work="    begun.set()\n    for _ in range(20): y = x @ x\n    print(y.sum().item())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, "27000000.0\n", "")


SUBINTERPRETER = """
import sys
{first}
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
inner = '''
try:
    import nncore
except ImportError as error:
    print(str(error))
'''
other = interpreters.create({how})
interpreters.run_string(other, inner)
interpreters.destroy(other)
import nncore
print((nncore.ones(300, 300) @ nncore.ones(300, 300)).sum().item())
"""


@pytest.mark.parametrize("first", ["", "import nncore"], ids=["imported after", "imported before"])
def test_a_subinterpreter_refuses_to_import(first: str) -> None:
    how = "'legacy'" if sys.version_info >= (3, 13) else ""
    code = SUBINTERPRETER.format(first=first, how=how)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    refusal, product = done.stdout.splitlines()
    assert "nncore: imported in a subinterpreter; nncore works in the main interpreter only" in refusal
    assert product == "27000000.0"
