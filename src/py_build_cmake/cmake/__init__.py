"""Driving CMake, and nothing about what is built with it.

* :mod:`.programs`: which build programs there are, and which have to be installed first.
* :mod:`.commands`: the command lines of one configuration.
* :mod:`.cache`: the preload cache, the script that is given to ``cmake -C``.
* :mod:`.inputs`: the cache entries and environment variables that the project is given.
* :mod:`.host_environment`: variables that lead cross builds to files of the build machine.
* :mod:`.find_python`: what lets CMake find the Python of the host.
* :mod:`.shim`: the interpreter of cross builds, which speaks for the host.
* :mod:`.interpreter`: what that interpreter runs.
* :mod:`.includes`: what CMake includes when the project begins.
* :mod:`.emulator`: what runs programs of the host: ``cross.emulator``.
* :mod:`.build_dir`: the build directory: its cache, and how it is emptied.
* :mod:`.memory`: what a build directory was configured from, and whether that has changed.
* :mod:`.initial_cache`: the initial caches that a project gives to CMake, and what they include.
* :mod:`.file_api`: the files that CMake read, as its file API lists them.
* :mod:`.fetched`: what CMake downloaded for a build, and what it found of Conan.
* :mod:`.library_paths`: where the libraries lie that a configuration is linked with.
* :mod:`.requirements`: stable paths for what is installed into a temporary environment.
* :mod:`.packages`: where ``find_package`` finds the packages of build requirements.
* :mod:`.presets`: the build presets of a project.
* :mod:`.user_presets`: presets by which IDEs work in the build directory of the wheel.
* :mod:`.install_rules`: where the install rules would put files, read before they run.
* :mod:`.install_scripts`: which source each installed file is a copy of, where that is certain.
* :mod:`.runner`: runs a command: shows it, copies its output to the log.
* :mod:`.diagnostics`: the first errors in what a command printed.
* :mod:`.advice`: what to do about errors that have a known cause.
* :mod:`.probes`: facts from toolchain files, presets and compilers, without compiling anything.
"""
