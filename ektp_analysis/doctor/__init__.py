"""Is this installation fit for the weekly report? ``ektp doctor`` says, and what to do."""

from ektp_analysis.doctor.finding import Finding

__all__ = ["Finding"]
