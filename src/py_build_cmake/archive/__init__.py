"""Writing wheels and source distributions: the same contents make the same bytes.

* :mod:`.wheel_writer`: packs a wheel, with its RECORD.
* :mod:`.last_wheel`: the last wheel of a build directory, from which unchanged members are taken.
* :mod:`.sdist_writer`: packs a source distribution.
* :mod:`.dist_info`: writes the ``.dist-info`` directory, and compares it with what was announced.
* :mod:`.reproducible`: one time stamp and two modes; files that appear when they are complete.
* :mod:`.deflate`: compression in threads, with the same bytes for any number of them.
* :mod:`.zip`: zip archives whose members are compressed already.
* :mod:`.copies`: files with the same contents, and needless names of a library.
* :mod:`.compare`: where two wheels begin to differ, for ``py-build-cmake reproduce``.
"""
