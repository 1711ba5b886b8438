"""Data and brief -> the staged plan of the study's list: batches, and the rule after each."""

from concurrent.futures import Executor
from dataclasses import replace

import numpy as np
import pandas as pd

from nanospread.campaign import staged
from nanospread.core import errors, weeks
from nanospread.study.data import StudyInputs
from nanospread.study.planning import Recruitment, Shortlist

LIVE = 0.9  # share of those who post at all that are live when a batch counts as live
DAYS = np.arange(1, 731)  # days in which that is looked for


def plan(
    study: StudyInputs,
    shortlist: Shortlist,
    *,
    n_worlds: int,
    seed: int,
    week: str,
    executor: Executor | None,
) -> staged.StagedPlan:
    """Return the staged plan, as `Study.staged`."""
    if study.withheld:
        raise errors.InputError(f"no batches can be planned: {study.withheld}")
    if shortlist.invitations.empty:
        raise errors.InputError(f"no batches can be planned: {shortlist.plan.limited_by[0]}")
    made = staged.plan(
        study.engagement,
        study.brief,
        shortlist.invitations,
        timing=timing(study, week),
        n_worlds=n_worlds,
        seed=seed,
        beliefs=study.beliefs,
        executor=executor,
    )
    return replace(made, rule={**made.rule, "terms": staged.terms(study.asked)}) if made.rule else made


def timing(study: StudyInputs, week: str = "") -> staged.Timing:
    """Return when the plan starts, by the data or in that week, and how long a batch takes to be live."""
    start = study.as_of
    if week:
        start = max(start, pd.Timestamp(weeks.first_day(week), tz="UTC"))
    live = Recruitment(study.data, study.brief, study.beliefs).funnel.live
    in_time = np.flatnonzero(live.share(DAYS.astype(np.float64)) >= LIVE)
    return staged.Timing(start, float(DAYS[in_time[0]] if len(in_time) else DAYS[-1]))
