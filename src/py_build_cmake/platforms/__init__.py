"""The build machine and the host: which machine, which system, which Python.

* :mod:`.machines`: the systems and machines that wheels are for, under all their names.
* :mod:`.pythons`: implementations of Python, their SOABI and the suffix of extension modules.
* :mod:`.tags`: wheel tags, and the rules of the stable ABI.
* :mod:`.build_machine`: the machine and the Python that run the backend.
* :mod:`.mac_target`: what a native build on macOS compiles for.
* :mod:`.host`: the machine and the Python that the wheel is for.
* :mod:`.python_files`: facts about a Python that cannot be run, from its files.
* :mod:`.build_headers`: the headers of the build machine's Python, made right for a host.
* :mod:`.host_numpy`: the headers of the host's NumPy.
* :mod:`.environments`: tools that start cross builds, recognised by what they set.
"""
