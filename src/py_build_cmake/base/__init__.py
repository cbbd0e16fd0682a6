"""What every room uses: errors, the console, what must not be printed, records.

* :mod:`.errors`: the exception tree; every error says what is wrong, where, and what to do.
* :mod:`.places`: where something was written: the file and the key in it.
* :mod:`.console`: everything that prints.
* :mod:`.identity`: whether a file is as it was, without reading it.
* :mod:`.masking`: what must not be printed.
* :mod:`.records`: dataclasses that hooks import quickly.
* :mod:`.tables`: text files with data.
"""
