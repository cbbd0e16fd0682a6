"""What an editable install needs at run time.

These modules are copied into every editable wheel, beside a generated ``__init__.py``. They run in
the environment of the user, where this program need not be installed. They import only the standard
library and each other; slow imports are inside functions.

* :mod:`.finder`: finds the modules of the package.
* :mod:`.wrapper`: runs the ``__init__.py`` of a package in the place of another file.
* :mod:`.resources`: data files of a package that consists of two directories.
* :mod:`.links`: directories that show sources together with what CMake installs.
* :mod:`.stamp`: whether something changed since the last build, without starting a process.
* :mod:`.times`: files that changed, and of which build tools and CMake do not notice it.
* :mod:`.rebuild`: builds and installs again.
* :mod:`.afresh`: empties a build directory.
* :mod:`.execution`: runs the commands, with substitutes for programs that no longer exist.
* :mod:`.lock`: one build at a time.
* :mod:`.dependencies`: which files a build read.
* :mod:`.outputs`: puts what CMake installed where imports find it.
* :mod:`.state`: what an install records of its build.
"""
