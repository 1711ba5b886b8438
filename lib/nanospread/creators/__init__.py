"""Posts and creators -> what is known of each creator: tier, rates, engagement, authenticity.

- tiers: followers -> tier
- benchmarks: published figures with their source
- metrics: posts -> engagement rates; ratios as ratios of sums
- contrasts: rates -> how many times one kind of post engages another
- stored_rates: engagement rates of stores larger than memory
- engagement: posts -> fitted EngagementModel
- authenticity: posts, comments and follower history -> open quality components, flagged, never dropped
"""
