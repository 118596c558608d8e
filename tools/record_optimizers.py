"""Record the parameters that PyTorch's optimizers reach on the problems of tests/optim_problems.py.

python tools/record_optimizers.py     writes tests/data/optimizers.json; needs torch and expecttest

The configurations, and the settings that must be refused, are those of PyTorch's own tests. Arithmetic is in
float64, also Muon's iteration, which PyTorch runs in bfloat16. The state dict in the middle of the run is
recorded for one configuration of each optimizer.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import torch
from torch.optim import _muon
from torch.testing._internal.common_optimizers import optim_db

ROOT = Path(__file__).parents[1]
RECORDED = ROOT / "tests" / "data" / "optimizers.json"
sys.path.insert(0, str(ROOT / "tests"))

from optim_problems import PROBLEMS, closure_of, optimized, parameters, steps_of, values  # noqa: E402


class _Float64:
    """torch, with float64 in place of bfloat16."""

    bfloat16 = torch.float64

    def __getattr__(self, name: str) -> Any:
        return getattr(torch, name)


def plain(value: Any) -> Any:
    """A value for JSON; a tensor becomes {"tensor": its values, "dtype": ...}."""
    if isinstance(value, torch.Tensor):
        return {"tensor": value.tolist(), "dtype": str(value.dtype).removeprefix("torch.")}
    if isinstance(value, dict):
        return {str(key): plain(part) for key, part in value.items()}
    return [plain(part) for part in value] if isinstance(value, (list, tuple)) else value


def record(kind: type, settings: dict[str, Any], with_state: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"optimizer": kind.__name__, "settings": plain(settings)}
    for problem in PROBLEMS:
        params = parameters(torch, problem, torch.float64)
        optimizer = kind(optimized(kind.__name__, params), **settings)
        closure = closure_of(torch, problem, params, optimizer)
        for step in range(steps := steps_of(kind.__name__)):
            if with_state and problem == "net" and step == steps // 2:
                found["middle"] = {"params": values(params), "state": plain(optimizer.state_dict())}
            optimizer.step(closure)
        found[problem] = values(params)
    return found


def main() -> None:
    _muon.torch = _Float64()
    runs: list[dict[str, Any]] = []
    refused: list[dict[str, Any]] = []
    for info in optim_db:
        kind = info.optim_cls
        if kind is torch.optim.SparseAdam:
            continue
        inputs = [each.kwargs for each in info.optim_inputs_func(device="cpu")]
        fullest = max(inputs, key=lambda kwargs: (kwargs.get("amsgrad", 0), len(kwargs)))
        runs += [record(kind, kwargs, kwargs is fullest) for kwargs in inputs]
        for error in info.optim_error_inputs_func(device="cpu", dtype=torch.float64):
            case = error.optimizer_error_input
            if case.params is None and case.kwargs:
                refused.append(
                    {
                        "optimizer": kind.__name__,
                        "settings": plain(case.kwargs),
                        "error": error.error_type.__name__,
                        "message": error.error_regex,
                    }
                )
    lines = ",\n".join(json.dumps(run) for run in runs)
    errors = ",\n".join(json.dumps(case) for case in refused)
    RECORDED.write_text(f'{{"runs": [\n{lines}\n],\n"refused": [\n{errors}\n]}}\n')
    print(f"{len(runs)} runs, {len(refused)} refused settings")


if __name__ == "__main__":
    main()
