"""Every table that a page shows, as .xlsx or .csv: read from the page itself, so that it says no more."""
