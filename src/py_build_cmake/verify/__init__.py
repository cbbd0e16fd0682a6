"""Proof that what was built fits the wheel's tag, and that the archive is what it says it is.

* :mod:`.formats`: what a compiled file says about itself.
* :mod:`.loader`: what a host's loader would find.
* :mod:`.checks`: what is right, one question a module.
* :mod:`.promise`: what a platform tag promises.
* :mod:`.suffix`: what the name of an extension module says about its Python.
* :mod:`.triplet`: what a compiler's target triplet says, and whether a tag promises that.
* :mod:`.contents`: all checks of all files of a wheel.
* :mod:`.finding`: the kinds of mistakes, and what is known of a file.
* :mod:`.expectation`: what the files of a wheel are compared with.
* :mod:`.lowest`: the lowest platform tag that files can honestly have.
* :mod:`.staged`: the proof for a wheel that is about to be packed.
* :mod:`.ignored`: what is not proved because the configuration says so.
* :mod:`.inspect`: the proof for a wheel that is packed already.
* :mod:`.conda_package`: the proof for a conda package.
* :mod:`.members`: reads the members of archives.
* :mod:`.integrity`: whether a packed wheel is what its own metadata says.
"""
