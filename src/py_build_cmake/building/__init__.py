"""A build from beginning to end.

* :mod:`.session`: what a hook, a command or a worker works with, and where its errors end.
* :mod:`.wheel`: what the hooks do: load, plan, run the steps, verify, pack.
* :mod:`.workflows`: the presets of workflow presets.
* :mod:`.steps`: the steps of a build, with the titles that are announced.
* :mod:`.cmake_build`: configures, builds and installs one CMake configuration.
* :mod:`.conan_install`: ``conan install`` before CMake configures.
* :mod:`.conan_files`: the profiles and toolchain files that are written for it.
* :mod:`.vcpkg`: the toolchain file of vcpkg around that of the host, and a triplet for it.
* :mod:`.cross_check`: what a cross build will use, and what is wrong with it.
* :mod:`.toolchain_check`: the part of it about toolchain files and programs.
* :mod:`.native_compilers`: whether a native pre-build has compilers for the build machine.
* :mod:`.staging`: the directory whose contents become the wheel, and the lock of a build directory.
* :mod:`.kept`: the files in that directory that need not be installed again.
* :mod:`.universal`: files for several machines of macOS, joined to universal ones.
* :mod:`.generated`: files that are made from templates, written.
* :mod:`.selection`: which files of it, and of the project, the wheel has.
* :mod:`.repair`: libraries that the wheel needs, put into it by auditwheel and its like.
* :mod:`.sbom`: bills of materials, those of the project and the one that is made.
* :mod:`.shared_native`: one native pre-build for several cross builds.
* :mod:`.stubgen`: stubs for the modules in Python, made by mypy's ``stubgen``.
* :mod:`.import_test`: extension modules imported on the host's Python before they are packed.
* :mod:`.by_hand`: ``configure``, ``build`` and ``install`` one by one, for developers.
"""
