"""What results teach, by NumPyro's NUTS: every campaign's shock and every creator's luck is a variable.

Written from docs/model.md C13 and C14, without anything of nanospread: no quadrature, no grid, no proposals.
Reads a case as JSON from standard input: `rows`, the beliefs (name, scale, low, central, high, least, most,
moves_with); `fixed`, values of the others; and the evidence by kind. Prints draws of each belief.

    .venv-bench/bin/python tools/peers/nuts_peer.py DRAWS SEED < case.json
"""

import json
import math
import sys

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from jax.scipy.special import gammaln, log_ndtr, ndtri
from numpyro.infer import MCMC, NUTS

Z80, EDGE, LEAST = 1.2815515655446004, 1e-6, 1e-3
TOGETHER = 0.7  # correlation of the scores of a row and the one that it moves with
LOG_ELSE = math.log(1e6)
WARM_UP, CHAINS = 1_000, 2
CLICKS, REACH, FOLLOWERS = range(3)

numpyro.enable_x64()
numpyro.set_host_device_count(CHAINS)


def forward(scale, value):
    """Return a value on the scale on which its belief is about normal."""
    if scale == "log":
        return math.log(max(value, EDGE))
    share = min(max(value, EDGE), 1 - EDGE)
    return math.log(share / (1 - share)) if scale == "logit" else value


def quantile(row, score):
    """Return the value of a belief at a normal score (C13)."""
    low, middle, high = (forward(row["scale"], row[end]) for end in ("low", "central", "high"))
    up, down = high - middle, middle - low
    skew = (up - down) / (up + down)
    q = (1 + abs(skew)) / 2
    w = Z80 * (1 - q * q) / (2 * q)
    at = middle + (up + down) / (2 * Z80) * (score + skew / q * (jnp.sqrt(w * w + score**2) - w))
    back = {"log": jnp.exp, "logit": jax.nn.sigmoid, "linear": lambda value: value}
    return jnp.clip(back[row["scale"]](at), row["least"], row["most"])


def values_of(case, scores):
    """Return the value of every belief, from independent scores of those that are free."""
    names = [row["name"] for row in case["rows"]]
    values = {name: jnp.asarray(value) for name, value in case["fixed"].items()}
    mixed = list(scores)
    for at, row in enumerate(case["rows"]):
        if row["moves_with"] in names:
            mixed[at] = (
                TOGETHER * mixed[names.index(row["moves_with"])] + math.sqrt(1 - TOGETHER**2) * scores[at]
            )
        values[row["name"]] = quantile(row, mixed[at])
    return values


def of_side(values, what, side):
    """Return a belief of each row's side."""
    return jnp.stack([values[f"{what}_nano"], values[f"{what}_macro"]])[side]


def log_click_rate(values, side, story, of_followers):
    """Return the log of clicks per person reached, or per follower."""
    reach, shown = of_side(values, "reach_rate", side), of_side(values, "story_rate", side)
    ratio = jnp.where(jnp.isnan(story), shown / reach, jnp.nan_to_num(story))
    rate = jnp.log(values["ctr_feed"] + ratio * values["ctr_story"])
    return rate + jnp.where(of_followers, jnp.log(reach), 0.0)


def reach(values, rows):
    """Reach over followers: log-normal, with a campaign's feed in common."""
    noise, feed = (jnp.maximum(values[name], LEAST) for name in ("reach_noise", "platform_sd"))
    shock = numpyro.sample("feed", dist.Normal(0, 1).expand([int(rows["campaign"].max()) + 1]).to_event(1))
    rate = jnp.where(
        rows["story"] == 1,
        of_side(values, "story_rate", rows["side"]),
        of_side(values, "reach_rate", rows["side"]),
    )
    mean = jnp.log(rate) - (noise**2 + feed**2) / 2 + feed * shock[rows["campaign"]]
    numpyro.sample("log_rate", dist.Normal(mean, noise).to_event(1), obs=rows["log_rate"])


def clicks(values, rows):
    """Clicks: Poisson with each creator's own luck."""
    sd = jnp.maximum(values["click_noise"], LEAST)
    luck = numpyro.sample("click_luck", dist.Normal(0, 1).expand([len(rows["number"])]).to_event(1))
    rate = log_click_rate(values, rows["side"], rows["story"] / rows["reach"], False)
    log_mean = jnp.log(rows["reach"]) + rate + sd * luck - sd**2 / 2
    numpyro.sample("clicks", dist.Poisson(jnp.exp(log_mean)).to_event(1), obs=rows["number"])


def orders(values, rows):
    """Orders: Poisson with luck of campaign and creator, flops, and counts of something else."""
    luck, share = values["conversion_sd"], jnp.clip(values["rho_campaign"], 1e-9, 1 - LEAST)
    noise = {
        CLICKS: 0.0,
        REACH: values["click_noise"] ** 2,
        FOLLOWERS: values["click_noise"] ** 2 + values["reach_noise"] ** 2 + values["platform_sd"] ** 2,
    }
    spread = jnp.stack([jnp.asarray(noise[each]) for each in (CLICKS, REACH, FOLLOWERS)])[rows["against"]]
    shocks = numpyro.sample("shock", dist.Normal(0, 1).expand([int(rows["campaign"].max()) + 1]).to_event(1))
    own = numpyro.sample("luck", dist.Normal(0, 1).expand([len(rows["number"])]).to_event(1))
    shock = shocks[rows["campaign"]]
    per_click = of_side(values, "cvr", rows["side"]) * jnp.where(rows["side"] == 0, values["advocacy"], 1.0)
    level = jnp.log(values["kappa"] * values["tracked_share"] / values["incremental_share"] * per_click)
    complete = np.isinf(rows["age"])
    arrived = jnp.log(-jnp.expm1(-np.where(complete, 1.0, rows["age"]) / values["order_delay_days"]))
    unclicked = rows["against"] != CLICKS
    rate = log_click_rate(
        values, rows["side"], rows["story"] / rows["exposure"], rows["against"] == FOLLOWERS
    )
    mean = (
        level
        + jnp.log(rows["exposure"])
        + jnp.where(complete, 0.0, arrived)
        + jnp.where(unclicked, rate, 0.0)
    )
    spreads = jnp.sqrt(luck**2 * (1 - share) + spread)
    eta = mean - (luck**2 + spread) / 2 + luck * jnp.sqrt(share) * shock + spreads * own
    at = ndtri(jnp.clip(values["flop_rate"], 1e-9, 1 - LEAST))
    away = (at - jnp.sqrt(share) * shock) / jnp.sqrt(1 - share)
    one_off = jnp.maximum(values["one_off_share"], 1e-9)
    keeps = jnp.log(jnp.maximum(values["flop_multiplier"], LEAST))
    k = rows["number"]
    poisson = [k * log - jnp.exp(log) - gammaln(k + 1) for log in (eta, eta + keeps)]
    of_else = jnp.log(one_off) - jnp.log1p(k) - math.log(LOG_ELSE)
    flop, well = jnp.log1p(-one_off) + log_ndtr(away), jnp.log1p(-one_off) + log_ndtr(-away)
    logs = jnp.logaddexp(jnp.logaddexp(well + poisson[0], flop + poisson[1]), of_else)
    numpyro.factor("orders", logs.sum())


def paid(values, rows):
    """Revenue: a sum of so many gamma order values."""
    cv = jnp.maximum(values["order_value_cv"], LEAST)
    shape = rows["orders"] / cv**2
    gamma = dist.Gamma(shape, 1 / (values["order_value"] * cv**2))
    numpyro.sample("revenue", gamma.to_event(1), obs=rows["revenue"])


def fees(values, rows):
    """Fees: log-normal per follower."""
    sd = jnp.maximum(values["fee_noise"], LEAST)
    mean = jnp.log(of_side(values, "fee_per_follower", rows["side"]))
    numpyro.sample("log_fee", dist.Normal(mean, sd).to_event(1), obs=rows["log_fee"])


def lifts(values, rows):
    """Lift tests: normal about what was credited."""
    mean = rows["credited"] * values["incremental_share"] / values["tracked_share"]
    numpyro.sample("caused", dist.Normal(mean, rows["se"]).to_event(1), obs=rows["caused"])


KINDS = {"reach": reach, "clicks": clicks, "orders": orders, "paid": paid, "fees": fees, "lifts": lifts}


def model(case):
    """The beliefs, all luck, and the results."""
    scores = numpyro.sample("scores", dist.Normal(0, 1).expand([len(case["rows"])]).to_event(1))
    values = values_of(case, scores)
    for kind, rows in case["evidence"].items():
        KINDS[kind](values, rows)


def main() -> None:
    """Print the draws by name, and how far chains agree."""
    n_draws, seed = map(int, sys.argv[1:])
    case = json.load(sys.stdin)
    case["evidence"] = {
        kind: {name: np.asarray(column) for name, column in rows.items()}
        for kind, rows in case["evidence"].items()
    }
    chains = MCMC(
        NUTS(model, target_accept_prob=0.9),
        num_warmup=min(WARM_UP, n_draws),
        num_samples=-(-n_draws // CHAINS),
        num_chains=CHAINS,
        chain_method="parallel",
        progress_bar=False,
    )
    chains.run(jax.random.PRNGKey(seed), case, extra_fields=("diverging",))
    scores = chains.get_samples(group_by_chain=True)["scores"]
    summary = numpyro.diagnostics.summary({"scores": scores})["scores"]
    drawn = jax.vmap(lambda each: values_of(case, each))(scores.reshape(-1, scores.shape[-1]))
    names = [row["name"] for row in case["rows"]]
    print(
        json.dumps(
            {
                "draws": {name: np.asarray(drawn[name]).tolist() for name in names},
                "r_hat": float(summary["r_hat"].max()),
                "n_eff": max(float(summary["n_eff"].min()), 1.0),
                "divergent": int(chains.get_extra_fields()["diverging"].sum()),
            }
        )
    )


if __name__ == "__main__":
    main()
