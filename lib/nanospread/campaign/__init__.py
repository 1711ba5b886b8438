"""Brief + engagement model -> what a campaign may come to, and whom to invite.

- brief: YAML -> validated Brief with its assumptions
- beliefs: brief + own results -> what is not known, as joint draws
- reach: individual reaches -> unique reach and frequency, with both bounds
- recruitment: outreach log + brief -> funnel, contacts needed, gift or fee, ambassador cohorts
- simulation: model + brief + seed -> outcomes, one row per world and arm
- risk: outcomes -> one number per function, with its Monte Carlo error
- streaming: model + brief -> the same numbers over worlds too many to be kept
- sensitivity: model + brief -> how far each assumption moves the odds
- tracking: credited orders -> the share of a post's orders that codes and links see
- unit_economics: results, and a run -> what came back and was taken off, and what an order costs
- decision: outcomes + beliefs -> what to buy, how firm that is, and what would settle it
- budget_curve: a brief at other budgets -> orders, profit and odds, and where the next money stops paying
- what_if: a run -> its campaigns at another sales level, order value, margin or macro quote
- lift_tests: weekly orders by region -> a test of what a campaign adds, planned, and read when it is over
- shortlist: creators + brief -> whom to invite, exact or with a certified gap
- staged: a shortlist in batches -> the rule after each, and what looking is worth
- backtest: forecasts against what came afterwards -> coverage, scores, a campaign's odds to date
- running: a rule, outreach log and results -> state by batch, which look is next, and what it says
"""
