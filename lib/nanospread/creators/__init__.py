"""Posts and creators -> what is known of each creator: tier, rates, engagement, authenticity.

- tiers: followers -> tier
- benchmarks: published figures with their source
- metrics: posts -> engagement rates; ratios as ratios of sums
- contrasts: rates -> how many times one kind of post engages another
- partitions: a folder of Parquet files -> posts and follower counts, checked, and dealt to buckets by creator
- stored_rates: posts and follower counts of any number, here or on workers -> engagement by tier and niche
- engagement: posts -> fitted EngagementModel
- authenticity: posts, comments and follower history -> open quality components, flagged, never dropped
"""
