"""Laws fitted to long records: the defaults of a record that is replayed."""

from __future__ import annotations

from typing import Any

LEVERAGE = 1.2  # the one-factor law: ln vol answers a fall of ln S by this over vol
# Vol and credit follow from the traded path, with the noise of the residual (`spiral fit` on 35 years).
PATH_MARKET: dict[str, Any] = {"vol_law": "path_dependent"}
PATH_CREDIT: dict[str, Any] = {"law": "path_dependent"}
