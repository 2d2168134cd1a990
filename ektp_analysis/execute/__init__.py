"""Report notebooks × kecamatan, run by papermill: plan, cache, parallel workers."""

from ektp_analysis.execute.plan import Unit, make_plan
from ektp_analysis.execute.run import Outcome, execute

__all__ = ["Outcome", "Unit", "execute", "make_plan"]
