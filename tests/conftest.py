"""Property tests draw the same examples everywhere; `make explore` draws new ones, ten times as many.

No test fails for being slow: machines are shared, and speed is measured in benchmarks, not here.
"""

from hypothesis import settings

from draws import TIMES

settings.register_profile("same draws", deadline=None, derandomize=True)
settings.register_profile("new draws", deadline=None, max_examples=100 * max(TIMES, 1), print_blob=True)
settings.load_profile("new draws" if TIMES else "same draws")
