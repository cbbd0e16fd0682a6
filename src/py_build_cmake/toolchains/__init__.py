"""Named toolchains: what ``cross.toolchain`` makes of a platform tag."""
