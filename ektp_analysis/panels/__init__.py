"""Analysis tables → small pieces of HTML: numbers, visits, maps, bars; no files, no results."""
