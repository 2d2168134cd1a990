"""What readers take away from an edition: printed briefs and picture cards, one of each per place.

They are set from ``tabel.json`` beside the pages, so that they can say nothing else than the pages.
"""

from ektp_analysis.takeaway.stage import Made, takeaway_stage

__all__ = ["Made", "takeaway_stage"]
