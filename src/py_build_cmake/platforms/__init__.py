"""The build machine and the host: which machine, which system, which Python.

* :mod:`.machines`: the table of machines, under all their names.
* :mod:`.tags`: platform tags and wheel tags as values.
* :mod:`.pythons`: the table of implementations, their SOABI and the suffix of extension modules.
* :mod:`.accepted`: which tags installers accept, and what to write in place of others.
* :mod:`.targets`: what a named toolchain compiles for, by the platform tag.
* :mod:`.build_machine`: the machine and the Python that run the backend.
* :mod:`.mac_target`: what a native build on macOS compiles for.
* :mod:`.host`: the machine and the Python that the wheel is for.
* :mod:`.wheel_tags`: the tag of a wheel for a host, and the rules of the stable ABI.
* :mod:`.python_files`: facts about a Python that cannot be run, from its files.
* :mod:`.build_headers`: headers of Python, made right for a host.
* :mod:`.mac_headers`: the same for macOS.
* :mod:`.windows_headers`: the same for Windows, and what the DLLs of Python export there.
* :mod:`.stable_symbols`: what CPython's stable ABI has.
* :mod:`.toolchain_files`: the sysroot that a CMake toolchain file names, read without CMake.
* :mod:`.host_variables`: what ``sysconfig`` says on the host.
* :mod:`.host_numpy`: the headers of the host's NumPy.
* :mod:`.environments`: tools that start cross builds, recognised by what they set.
"""
