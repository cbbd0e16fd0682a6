"""Proof that what was built fits the wheel's tag.

``binaries`` and the readers of formats below it say what a file is; ``promise``, ``suffix`` and
``manylinux`` what a tag and a name promise; ``wheel`` and the modules of checks compare the two;
``inspect`` does so for a wheel that is packed, and ``lowest`` finds the tag that fits.
"""
