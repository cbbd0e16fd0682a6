"""What a host has, and what its loader would find there.

* :mod:`.exported`: which symbols Python and the libraries of systems have.
* :mod:`.manylinux`: which versions of symbols a manylinux tag allows.
* :mod:`.promised`: which libraries are on every system that a tag stands for.
* :mod:`.search`: which library of the wheel the loader finds for each name.
"""
