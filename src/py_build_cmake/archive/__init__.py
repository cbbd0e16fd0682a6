"""Writing wheels and source distributions, the same bytes whenever the contents are the same."""
