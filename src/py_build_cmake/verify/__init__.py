"""Proof that what was built fits the wheel's tag, and that the archive is what it says it is.

``formats`` says what a compiled file is, ``promise`` and ``suffix`` what a tag and a file name
promise, ``loader`` what a host would find; ``checks`` and ``contents`` compare them, and
``finding`` lists the kinds of mistakes. ``staged`` does so for a wheel that is about to be packed,
``inspect`` for one that is packed already: ``members`` reads it, ``integrity`` compares it with its
own metadata. ``lowest`` finds the tag that fits.
"""
