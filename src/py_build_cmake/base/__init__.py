"""What every room uses: errors, the console, what must not be printed, records.

* :mod:`.errors`: the exception tree; every error says what is wrong, where, and what to do.
* :mod:`.console`: everything that prints.
* :mod:`.masking`: what must not be printed.
* :mod:`.records`: dataclasses that hooks import quickly.
"""
