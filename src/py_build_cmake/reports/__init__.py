"""Reports: a page of HTML about builds and what is in wheels. They need the extra ``report``.

* :mod:`.in_wheel`: what is in one wheel, and where each library that it needs is found.
* :mod:`.timing`: when steps began, and what Ninja says of each file that it made.
* :mod:`.page`: the page.
"""
