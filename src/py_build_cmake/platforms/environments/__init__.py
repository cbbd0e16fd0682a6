"""Environments in which other tools start cross builds, each recognised by a module.

* :mod:`.registry`: asks all of them, and explains the answer.
* :mod:`.detected`: what each returns, and what they share.
* :mod:`.cmake_args`: the variable ``CMAKE_ARGS``.
* :mod:`.conda`: conda-build, rattler-build and pixi.
* :mod:`.pyodide`: pyodide-build.
* :mod:`.android`: cibuildwheel's Android builds.
* :mod:`.ios`: cibuildwheel's iOS builds.
* :mod:`.mac`: macOS: ``ARCHFLAGS``.
* :mod:`.windows`: Windows: ``DIST_EXTRA_CONFIG`` and ``VSCMD_ARG_TGT_ARCH``.
* :mod:`.crossenv`: virtual environments of crossenv.
* :mod:`.yocto_buildroot_nix`: Yocto, Buildroot and Nix.
"""
