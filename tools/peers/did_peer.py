"""A region test in statsmodels: Poisson regression of weekly orders on regions, weeks and the campaign.

.venv-bench/bin/python tools/peers/did_peer.py '{"orders": [[...]], "treated": [...], "start": 12}'
"""

import json
import sys

import numpy as np
import statsmodels.api as sm

case = json.loads(sys.argv[1])
orders, treated = np.array(case["orders"], dtype=float), np.array(case["treated"], dtype=float)
weeks, regions = orders.shape
week, region = np.indices(orders.shape).reshape(2, -1)
columns = np.column_stack(
    [np.eye(regions)[region], np.eye(weeks)[week][:, 1:], treated[region] * (week >= case["start"])]
)
fitted = sm.GLM(orders.ravel(), columns, family=sm.families.Poisson()).fit(tol=1e-12)
print(json.dumps({"effect": fitted.params[-1]}))
