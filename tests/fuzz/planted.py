"""Programs that fail, one per kind of failure; the fuzzer must find them."""

from __future__ import annotations

import os
import random

from fuzz.program import Program

PLANTED = {
    "signal": "os.kill(os.getpid(), 6)",
    "hang": "while True: pass",
    "SystemError": "raise SystemError('error return without exception set')",
    "undocumented": "raise KeyError('exp_avg_sq')",
    "C++": "raise ValueError('vector::_M_default_append')",
    "memory": "y = len(bytearray(400 << 20))",
    "printed": "os.write(1, b'hello')",
    "warning": "np.array([1e300]).astype('float32')",
    "bits": "y = nncore.tensor(float(nncore.get_num_threads()))",
    "changed": "nncore.manual_seed(7)\nx1 = nncore.ones(1)\nx1 = x1 + 1\nraise ValueError('after all')",
}


def program(rng: random.Random) -> Program:
    """A program that fails: the one that the environment names, or any."""
    name = os.environ.get("NNCORE_FUZZ_PLANTED") or rng.choice(list(PLANTED))
    inert = ("x1",) if name == "changed" else ()
    return Program(f"planted {name}", tuple(PLANTED[name].split("\n")), inert=inert)
