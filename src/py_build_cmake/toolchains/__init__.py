"""Named toolchains: what ``cross.toolchain`` makes of a platform tag.

* :mod:`.registry`: which toolchain is asked for, and what it needs.
* :mod:`.toolchain_file`: the request to a toolchain, and the file that it writes for CMake.
* :mod:`.import_library`: import libraries of Python for Windows.
* :mod:`.gnu`: the cross GCC on ``PATH``.
* :mod:`.zig`: the compilers of the package ``ziglang``.
"""
