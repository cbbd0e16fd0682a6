# Debian's cross compiler for armhf (package gcc-arm-linux-gnueabihf),
# with the sysroot of examples/sysroots/host_python.py.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR armv7l)
set(CMAKE_LIBRARY_ARCHITECTURE arm-linux-gnueabihf)
set(CMAKE_C_COMPILER arm-linux-gnueabihf-gcc)
get_filename_component(
    CMAKE_SYSROOT "${CMAKE_CURRENT_LIST_DIR}/../sysroots/arm-linux-gnueabihf" ABSOLUTE)

# Programs are run here, libraries and headers are the host's. CMake packages may be of either
# side: those of nanobind and pybind11 come with the Python that runs the build.
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE BOTH)
