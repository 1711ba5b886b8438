"""Numbers of the bench -> a table: what each one is, its goal, and whether it is reached."""

from collections.abc import Mapping

AT_MOST = {
    "simulate_vs_draws_200": 1.0,
    "simulate_vs_draws_2000": 0.6,
    "frontier_vs_one_200": 3.5,
    "frontier_vs_one_2000": 1.6,
    "beliefs_vs_luck_200": 1.3,
    "beliefs_vs_luck_2000": 1.3,
    "calibrate_2000_seconds": 2,
    "calibrate_100000_seconds": 60,
    "calibrate_100000_peak_mb": 2_000,
    "nuts_mean_gap": 0.1,
    "nuts_sd_gap": 0.1,
    "whatif_ms": 200,
    "peak_mb_100k": 350,
    "peak_mb_1m": 650,
    "cluster_worlds_overhead": 1.15,
    "cluster_client_peak_mb": 400,
    "engagement_fit_1m_posts_share_of_60_s": 1,
    "engagement_fit_1m_posts_share_of_2_GB": 1,
    "shortlist_s_1000": 2,
    "shortlist_s_100k": 10,
    "shortlist_gap_bp_100k": 10,
    "shortlist_s_1m": 20,
    "shortlist_gap_bp_1m": 10,
    "shortlist_peak_mb_1m": 4_000,
    "plan_seconds": 20,
    "report_vs_ideal": 1.3,
    "briefs50_vs_ideal": 1.3,
    "posts50m_vs_duckdb": 1.3,
    "posts50m_peak_mb": 1_000,
    "csv5m_vs_duckdb": 4,
    "csv5m_peak_mb": 1_500,
    "orders_1m_seconds": 20,
    "orders_1m_peak_mb": 1_000,
    "fetch_peak_mb": 300,
    "fetch_vs_bare_calls": 4,
}
AT_LEAST = {
    "simulate_vs_loop_200": 20,
    "simulate_vs_loop_2000": 25,
    "simulate_vs_best_peer": 2,
    "simulate_vs_monaco": 40,
    "plan_vs_evpi": 0.2,
    "qmc_gain_pbeat": 8,
    "qmc_gain_cvar": 2.5,
    "cvar_vs_skfolio": 2.5,
    "fetch_accounts_per_minute": 1_000,
    "posts_two_workers_speedup": 1.7,
}


def table(found: Mapping[str, float]) -> str:
    """Return the lines name, value, goal, reached; numbers without a goal have neither of the last two."""
    rows = [("name", "value", "goal", "reached"), *(_row(name, value) for name, value in found.items())]
    return "\n".join(
        f"{name:<40} {value:>10}  {goal:<14} {reached}".rstrip() for name, value, goal, reached in rows
    )


def _row(name: str, value: float) -> tuple[str, str, str, str]:
    if name in AT_MOST:
        goal, reached = f"at most {AT_MOST[name]:g}", value <= AT_MOST[name]
    elif name in AT_LEAST:
        goal, reached = f"at least {AT_LEAST[name]:g}", value >= AT_LEAST[name]
    else:
        return name, f"{value:.3f}", "", ""
    return name, f"{value:.3f}", goal, "yes" if reached else "no"
