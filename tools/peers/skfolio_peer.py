"""The portfolio of `portfolio` in skfolio, with the solver named: its default, CLARABEL, or HiGHS as SCIPY.

The covariance is left as it is, since CVaR needs none and mending it costs skfolio a second more.

    .venv-bench/bin/python tools/peers/skfolio_peer.py N S SEED [CLARABEL|SCIPY]
"""

import sys

import portfolio
import timed
from skfolio import RiskMeasure
from skfolio.moments import EmpiricalCovariance
from skfolio.optimization import MeanRisk, ObjectiveFunction
from skfolio.prior import EmpiricalPrior

SOLVER = sys.argv.pop(4) if len(sys.argv) > 4 else "CLARABEL"


def run(n_creators: int, n_worlds: int, seed: int) -> dict[str, float]:
    """Return the objective of the best portfolio; worlds in twenties, so that the tail is whole worlds."""
    returns, niche = portfolio.returns(n_creators, n_worlds, seed)
    model = MeanRisk(
        objective_function=ObjectiveFunction.MAXIMIZE_UTILITY,
        risk_measure=RiskMeasure.CVAR,
        risk_aversion=portfolio.CAUTION / (1 - portfolio.CAUTION),
        cvar_beta=0.95,
        max_weights=portfolio.LARGEST,
        groups=[[f"niche_{at}" for at in niche]],
        linear_constraints=[f"niche_{at} <= {portfolio.OF_NICHE}" for at in sorted(set(niche.tolist()))],
        prior_estimator=EmpiricalPrior(covariance_estimator=EmpiricalCovariance(nearest=False)),
        solver=SOLVER,
    )
    model.fit(returns)
    return {"objective": portfolio.objective(returns @ model.weights_)}


if __name__ == "__main__":
    timed.main(run)
