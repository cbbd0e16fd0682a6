# Written by py-build-cmake. Included by FindPython and FindPython3 beside this file, which set
# _pbc_module, _pbc_version, _pbc_soabi, _pbc_interpreter_id, _pbc_build_python and _pbc_shim, in
# cross builds.
#
# CMake's own module does the work, but in two calls: one finds the interpreter, which belongs to
# the system that runs the build, the other what modules are compiled against, which belongs to
# the system that the wheel is for. In one call, CMake would want both to be the same Python, name
# modules after the wrong one, or refuse (CMP0190).
cmake_policy(SET CMP0057 NEW)
if(POLICY CMP0190)
    cmake_policy(SET CMP0190 OLD)
endif()

macro(_pbc_find_python_save_version)
    set(_pbc_saved)
    foreach(_pbc_name IN ITEMS VERSION VERSION_MAJOR VERSION_MINOR VERSION_PATCH VERSION_TWEAK
            VERSION_COUNT VERSION_EXACT VERSION_COMPLETE VERSION_RANGE VERSION_RANGE_MIN
            VERSION_RANGE_MAX VERSION_MIN VERSION_MAX VERSION_MIN_MAJOR VERSION_MAX_MAJOR)
        if(DEFINED ${_pbc_module}_FIND_${_pbc_name})
            list(APPEND _pbc_saved ${_pbc_name})
            set(_pbc_saved_${_pbc_name} "${${_pbc_module}_FIND_${_pbc_name}}")
        endif()
    endforeach()
endmacro()

macro(_pbc_find_python_restore_version)
    foreach(_pbc_name IN LISTS _pbc_saved)
        set(${_pbc_module}_FIND_${_pbc_name} "${_pbc_saved_${_pbc_name}}")
    endforeach()
endmacro()

# The cache has the Python that runs the build. What is found is the one that speaks for the host.
if("${${_pbc_module}_EXECUTABLE}" STREQUAL "${_pbc_build_python}")
    set(${_pbc_module}_EXECUTABLE "${_pbc_shim}")
endif()

set(_pbc_components ${${_pbc_module}_FIND_COMPONENTS})
if(NOT _pbc_components)
    set(_pbc_components Interpreter)
    set(${_pbc_module}_FIND_REQUIRED_Interpreter TRUE)
endif()
set(_pbc_host_components ${_pbc_components})
list(REMOVE_ITEM _pbc_host_components Interpreter)
set(_pbc_continue TRUE)

if("Interpreter" IN_LIST _pbc_components)
    _pbc_find_python_save_version()
    set(_pbc_quiet "${${_pbc_module}_FIND_QUIETLY}")
    set(_pbc_host_version "${${_pbc_module}_VERSION}")
    if(_pbc_host_components)
        # The version that is asked for is that of the Python that the wheel is for.
        foreach(_pbc_name IN LISTS _pbc_saved)
            unset(${_pbc_module}_FIND_${_pbc_name})
        endforeach()
        set(${_pbc_module}_FIND_QUIETLY TRUE)
    endif()
    set(${_pbc_module}_FIND_COMPONENTS Interpreter)
    include("${CMAKE_ROOT}/Modules/Find${_pbc_module}.cmake")
    set(${_pbc_module}_FIND_QUIETLY "${_pbc_quiet}")
    _pbc_find_python_restore_version()
    set(_pbc_interpreter_found "${${_pbc_module}_Interpreter_FOUND}")
    if(_pbc_host_components AND NOT ${_pbc_module}_FOUND
       AND ${_pbc_module}_FIND_REQUIRED_Interpreter)
        set(_pbc_continue FALSE)
    elseif(NOT _pbc_host_components AND TARGET ${_pbc_module}::Module AND _pbc_host_version)
        # An earlier call has found the Python that the wheel is for.
        set(${_pbc_module}_VERSION "${_pbc_host_version}")
        string(REPLACE "." ";" _pbc_host_version "${_pbc_host_version}")
        list(GET _pbc_host_version 0 ${_pbc_module}_VERSION_MAJOR)
        list(GET _pbc_host_version 1 ${_pbc_module}_VERSION_MINOR)
    endif()
endif()

if(_pbc_host_components AND _pbc_continue)
    _pbc_find_python_save_version()
    if(NOT DEFINED ${_pbc_module}_FIND_VERSION_RANGE AND NOT ${_pbc_module}_FIND_VERSION_EXACT
       AND (NOT DEFINED ${_pbc_module}_FIND_VERSION
            OR NOT _pbc_version VERSION_LESS ${_pbc_module}_FIND_VERSION))
        # Of several in a sysroot, take the one that the wheel is for.
        string(REPLACE "." ";" _pbc_name "${_pbc_version}")
        list(GET _pbc_name 0 ${_pbc_module}_FIND_VERSION_MAJOR)
        list(GET _pbc_name 1 ${_pbc_module}_FIND_VERSION_MINOR)
        set(${_pbc_module}_FIND_VERSION "${_pbc_version}")
        set(${_pbc_module}_FIND_VERSION_COUNT 2)
        set(${_pbc_module}_FIND_VERSION_EXACT TRUE)
        if(NOT DEFINED ${_pbc_module}_FIND_VERSION_COMPLETE)
            set(${_pbc_module}_FIND_VERSION_COMPLETE "${_pbc_version}")
        endif()
    endif()
    if(_pbc_soabi MATCHES "^cpython-3[0-9]+t" AND NOT CMAKE_VERSION VERSION_LESS 4.1
       AND NOT DEFINED ${_pbc_module}_FIND_ABI)
        set(${_pbc_module}_FIND_ABI "OFF;OFF;OFF;ON")
        set(_pbc_set_abi TRUE)
    endif()
    set(${_pbc_module}_FIND_COMPONENTS ${_pbc_host_components})
    # A python3.x-config on PATH would speak for a Python of this machine.
    set(_pbc_search_path "${CMAKE_FIND_USE_SYSTEM_ENVIRONMENT_PATH}")
    set(CMAKE_FIND_USE_SYSTEM_ENVIRONMENT_PATH FALSE)
    include("${CMAKE_ROOT}/Modules/Find${_pbc_module}.cmake")
    if(_pbc_search_path STREQUAL "")
        unset(CMAKE_FIND_USE_SYSTEM_ENVIRONMENT_PATH)
    else()
        set(CMAKE_FIND_USE_SYSTEM_ENVIRONMENT_PATH "${_pbc_search_path}")
    endif()
    if(_pbc_set_abi)
        unset(${_pbc_module}_FIND_ABI)
        unset(_pbc_set_abi)
    endif()
    foreach(_pbc_name IN ITEMS "" _MAJOR _MINOR _COUNT _EXACT _COMPLETE)
        unset(${_pbc_module}_FIND_VERSION${_pbc_name})
    endforeach()
    _pbc_find_python_restore_version()
endif()

set(${_pbc_module}_FIND_COMPONENTS ${_pbc_components})
if("Interpreter" IN_LIST _pbc_components)
    set(${_pbc_module}_Interpreter_FOUND "${_pbc_interpreter_found}")
endif()
if(_pbc_interpreter_id)
    set(${_pbc_module}_INTERPRETER_ID "${_pbc_interpreter_id}")
endif()
set(${_pbc_module}_SOABI "${_pbc_soabi}")
if(${_pbc_module}_SOSABI)
    # From Python 3.15 on, the interpreter says abi3-x86_64-linux-gnu, which is this machine.
    string(REGEX REPLACE "^(abi3t?)-.*" "\\1" ${_pbc_module}_SOSABI "${${_pbc_module}_SOSABI}")
endif()
foreach(_pbc_name IN LISTS _pbc_saved)
    unset(_pbc_saved_${_pbc_name})
endforeach()
foreach(_pbc_name IN ITEMS components host_components continue interpreter_found host_version quiet
        saved search_path)
    unset(_pbc_${_pbc_name})
endforeach()
unset(_pbc_name)
