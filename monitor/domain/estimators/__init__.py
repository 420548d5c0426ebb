"""Estimators of how two return series move together, one value at a time or all at once.

Each online estimator is a frozen record of plain numbers with a pure update: it can be saved as
JSON and taken back bit by bit, and it agrees with a batch computation to 1e-12. None of them uses
E[xy] - E[x]E[y], which cancels. Definitions: docs/formulas.md 5.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
