"""``py-build-cmake cross``: the commands about cross builds.

* :mod:`.check`: what a cross build will use, and what is wrong with it.
* :mod:`.init`: a cross file for a Python and a toolchain, with comments.
* :mod:`.list`: the platforms that are known, and what there is to compile for them.
"""
