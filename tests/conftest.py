"""Property tests draw the same examples everywhere; `make explore` draws new ones, ten times as many.

Long files run first, so that two workers end at about the same time. No test fails for being slow: machines
are shared, and speed is measured in benchmarks, not here.
"""

from hypothesis import HealthCheck, settings

from draws import TIMES

LONG = {  # each takes more than ten seconds
    "test_bench.py",
    "test_browser.py",
    "test_fetch_kill.py",
    "test_how_to_add.py",
    "test_jupyterlab.py",
    "test_report_execution.py",
    "test_report_kill.py",
    "test_report_state.py",
    "test_send_kill.py",
    "test_store_kill.py",
}
SLOW = [HealthCheck.too_slow]

settings.register_profile("same draws", deadline=None, suppress_health_check=SLOW, derandomize=True)
settings.register_profile(
    "new draws", deadline=None, suppress_health_check=SLOW, max_examples=100 * max(TIMES, 1), print_blob=True
)
settings.load_profile("new draws" if TIMES else "same draws")


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.path.name not in LONG and item.path.suffix != ".ipynb")
