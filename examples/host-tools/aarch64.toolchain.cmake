# Debian's cross compiler for arm64 (package g++-aarch64-linux-gnu),
# with the sysroot of examples/sysroots/host_python.py.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
get_filename_component(
    CMAKE_SYSROOT "${CMAKE_CURRENT_LIST_DIR}/../sysroots/aarch64-linux-gnu" ABSOLUTE)

# Programs are run here, libraries and headers are the host's. CMake packages may be of either
# side: those of nanobind and pybind11 come with the Python that runs the build.
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE BOTH)
