"""The same job by pfhedge, in the environment that `pfhedge_env.sh` makes; prints CPU seconds as JSON."""

import json
import sys
import time

import torch
from pfhedge.instruments import BrownianStock, EuropeanOption
from pfhedge.nn import BlackScholes, Hedger, WhalleyWilmott

STEPS, REPEATS = 252, 5


def job(module, dtype, paths):
    """Least seconds, and the mean and deviation of the P&L of a call struck at 1."""
    least = float("inf")
    for seed in range(REPEATS):
        torch.manual_seed(seed)
        stock = BrownianStock(sigma=0.2, cost=1e-4, dt=1 / STEPS, dtype=dtype)
        option = EuropeanOption(stock, maturity=1.0, strike=1.0)
        model = module(option)
        hedger = Hedger(model, model.inputs()).to(dtype)
        begun = time.process_time()
        with torch.no_grad():
            pnl = hedger.compute_pnl(option, n_paths=paths)
        least = min(least, time.process_time() - begun)
    return {"seconds": least, "mean": pnl.mean().item(), "sd": pnl.std().item()}


torch.set_num_threads(1)
number = int(sys.argv[1])
modules = {"BlackScholes": BlackScholes, "WhalleyWilmott": WhalleyWilmott}
dtypes = {"float64": torch.float64, "float32": torch.float32}
found = {f"{m} {d}": job(modules[m], dtypes[d], number) for m in modules for d in dtypes}
print(json.dumps(found))
