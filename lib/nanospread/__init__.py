"""One macro influencer or many nano influencers on one budget, with honest odds.

The wings, in order; each imports only from wings above it (tests/test_architecture.py):

- core: errors, the way numbers are written, where things are
- sample: seed -> synthetic exports, labelled so
- ingest: export files -> validated tables, and a ledger of every repair and refusal
- store: validated tables <-> weekly snapshots on disk; erasure
- creators: tiers, benchmarks, rates, engagement, authenticity
- campaign: brief, reach, recruitment, simulation, risk, shortlist, backtest
- study: the only pipeline: data + engagement + brief -> simulate, sweep, shortlist, backtest
- pages: numbers -> sentences, checked rows, figures, tables, the what-if panel
- report: notebooks + brief -> HTML, metrics.json, CSV, and what changed since earlier weeks
- cli: the command line
"""
