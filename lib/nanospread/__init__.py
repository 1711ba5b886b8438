"""One macro influencer or many nano influencers on one budget, with honest odds.

The chain, in order; each module imports only from modules above it (tests/test_architecture.py):

- project: where the project's folders are
- errors: names and values -> one clear line for the user
- sample: seed -> synthetic exports, labelled so
- sources: export files -> raw frames, exactly as exported
- tables: raw frames -> creators, posts, comments, outreach, results, and a ledger of every repair and refusal
- tiers: followers -> tier
- store: validated tables <-> weekly snapshots on disk (Parquet, read with DuckDB)
- metrics: posts -> engagement rates; ratios as ratios of sums
- benchmarks: published figures with their source
- engagement: posts -> fitted EngagementModel
- authenticity: posts, comments and follower history -> open quality components, flagged, never dropped
- brief: YAML -> validated Brief with its assumptions
- reach: individual reaches -> unique reach and frequency, with both bounds
- recruitment: outreach log + brief -> funnel, contacts needed, gift or fee, ambassador cohorts
- simulate: model + brief + seed -> outcomes, one row per world and arm
- risk: outcomes -> one number per function, with its Monte Carlo error
- sensitivity: model + brief -> how far each assumption moves the odds
- shortlist: creators + brief -> whom to invite, exact or with a certified gap
- backtest: forecasts against what came afterwards -> coverage, scores, and a campaign's odds to date
- findings: numbers -> sentences
- headlines: numbers -> the checked rows that a notebook ends on and metrics.json carries
- changes: reports of earlier weeks -> what changed since, and why: data, parameters, method or seed
- figures: numbers -> Axes
- display: tables, Axes and sentences -> what a notebook cell shows and stores
- panel: model + brief -> sliders that redraw odds and distributions, and the static picture a report keeps
- report: notebooks + brief -> HTML, metrics.json, CSV, index
- cli: the command line
"""
