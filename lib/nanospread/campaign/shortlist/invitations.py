"""Model + brief + roster -> whom a shortlist may choose from, and what each invitation costs and brings.

An invitation costs what it costs on average: labour for certain, goods if the creator accepts, a fee if it
posts. So a list that is expected to cost the budget may ask more people than could all be paid, as `simulate`
does: it stops when the money ends. `promise` is what one invitation costs if the creator accepts and posts.
"""

import numpy as np
import pandas as pd

from nanospread.campaign import simulation
from nanospread.campaign.brief import Brief
