# A stand-in for vcpkg's toolchain file, for tests without a network. It reads the documented
# variables as vcpkg does, and "installs" one package that it has: a header and its CMake file.
include_guard()
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES
     VCPKG_TARGET_TRIPLET VCPKG_OVERLAY_TRIPLETS VCPKG_CHAINLOAD_TOOLCHAIN_FILE)
if(VCPKG_CHAINLOAD_TOOLCHAIN_FILE)
  include("${VCPKG_CHAINLOAD_TOOLCHAIN_FILE}")
endif()
foreach(_triplets IN LISTS VCPKG_OVERLAY_TRIPLETS)
  if(EXISTS "${_triplets}/${VCPKG_TARGET_TRIPLET}.cmake")
    include("${_triplets}/${VCPKG_TARGET_TRIPLET}.cmake")
  endif()
endforeach()
if(NOT DEFINED VCPKG_TARGET_TRIPLET)
  set(VCPKG_TARGET_TRIPLET detected)
endif()
get_property(_is_trying GLOBAL PROPERTY IN_TRY_COMPILE)
if(NOT _is_trying)
  set(_installed "${CMAKE_BINARY_DIR}/vcpkg_installed/${VCPKG_TARGET_TRIPLET}")
  file(CONFIGURE OUTPUT "${_installed}/include/answer.h"
       CONTENT "#define ANSWER \"${VCPKG_TARGET_TRIPLET} ${VCPKG_TARGET_ARCHITECTURE}\"\n")
  file(CONFIGURE OUTPUT "${_installed}/share/answer/answer-config.cmake" CONTENT "
add_library(answer::answer INTERFACE IMPORTED)
set_target_properties(answer::answer PROPERTIES
                      INTERFACE_INCLUDE_DIRECTORIES \"${_installed}/include\")
")
  list(PREPEND CMAKE_PREFIX_PATH "${_installed}")
  list(PREPEND CMAKE_FIND_ROOT_PATH "${_installed}")
endif()
