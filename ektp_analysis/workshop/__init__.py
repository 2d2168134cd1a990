"""What analysts use day by day: one report as a page, new reports and figures, a live preview."""
