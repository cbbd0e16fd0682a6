"""Named toolchains: what ``cross.toolchain`` makes of a platform tag.

* :mod:`.registry`: which toolchain is asked for, and what it needs.
* :mod:`.toolchain_file`: what a toolchain is asked for, and the file that it writes for CMake.
* :mod:`.gnu`: the cross GCC on ``PATH``.
* :mod:`.zig`: the compilers of the package ``ziglang``.
"""
