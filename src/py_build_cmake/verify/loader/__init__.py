"""What a host has, and what its loader would find there.

* :mod:`.manylinux`: which versions of symbols a manylinux tag allows.
"""
