"""Import this where kernels will be called soon: numba, and the tables that it otherwise makes at the first call.

They take half a second, and no thread: the server of worker processes has them before it forks a worker.
"""

from __future__ import annotations

from numba.core.registry import cpu_target

from sim.numba_flags import ask_for_blas_later

ask_for_blas_later()
cpu_target.target_context.refresh()
