# Written by py-build-cmake. Included by FindPython and FindPython3 beside this file, which set
# _pbc_module, _pbc_version, _pbc_soabi, _pbc_interpreter_id, _pbc_build_python, _pbc_shim,
# _pbc_numpy_include_dir, _pbc_numpy_version, _pbc_numpy_problem and _pbc_native_numpy, in cross
# builds.
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

# The target NumPy, made of the headers of the host system's NumPy.
macro(_pbc_find_numpy)
    if(_pbc_native_numpy)
        execute_process(
            COMMAND "${_pbc_build_python}" -c
                    "import numpy; print(numpy.get_include(), numpy.__version__, sep=';')"
            OUTPUT_VARIABLE _pbc_numpy ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
        if(_pbc_numpy)
            list(GET _pbc_numpy 0 _pbc_numpy_include_dir)
            list(GET _pbc_numpy 1 _pbc_numpy_version)
        endif()
        set(_pbc_numpy_problem "the Python that runs the build has no NumPy")
    endif()
    if(${_pbc_module}_NumPy_INCLUDE_DIR)
        # Whoever sets it says where the headers are; of which version they are is not known.
        if(NOT ${_pbc_module}_NumPy_INCLUDE_DIR STREQUAL _pbc_numpy_include_dir)
            set(_pbc_numpy_version)
        endif()
        set(_pbc_numpy_include_dir "${${_pbc_module}_NumPy_INCLUDE_DIR}")
    endif()
    if(_pbc_numpy_include_dir)
        set(${_pbc_module}_NumPy_FOUND "${${_pbc_module}_FOUND}")
        set(${_pbc_module}_NumPy_INCLUDE_DIRS "${_pbc_numpy_include_dir}")
        set(${_pbc_module}_NumPy_VERSION "${_pbc_numpy_version}")
        if(TARGET ${_pbc_module}::Module AND NOT TARGET ${_pbc_module}::NumPy)
            add_library(${_pbc_module}::NumPy INTERFACE IMPORTED)
            set_target_properties(${_pbc_module}::NumPy PROPERTIES
                INTERFACE_INCLUDE_DIRECTORIES "${_pbc_numpy_include_dir}"
                INTERFACE_LINK_LIBRARIES ${_pbc_module}::Module)
        endif()
    else()
        set(${_pbc_module}_NumPy_FOUND FALSE)
        set(_pbc_numpy "Could NOT find the NumPy of the host system: ${_pbc_numpy_problem}.")
        if(${_pbc_module}_FIND_REQUIRED_NumPy)
            set(${_pbc_module}_FOUND FALSE)
            if(${_pbc_module}_FIND_REQUIRED)
                message(FATAL_ERROR "${_pbc_numpy}")
            endif()
        endif()
        if(NOT ${_pbc_module}_FIND_QUIETLY)
            message(STATUS "${_pbc_numpy}")
        endif()
    endif()
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
set(_pbc_implied)
if("NumPy" IN_LIST _pbc_components)
    # It implies others.
    set(_pbc_development Development.Module)
    if(CMAKE_VERSION VERSION_LESS 3.18)
        set(_pbc_development Development)
    endif()
    foreach(_pbc_name IN ITEMS Interpreter ${_pbc_development})
        if(NOT _pbc_name IN_LIST _pbc_components)
            list(APPEND _pbc_implied ${_pbc_name})
            set(${_pbc_module}_FIND_REQUIRED_${_pbc_name} "${${_pbc_module}_FIND_REQUIRED_NumPy}")
        endif()
    endforeach()
    set(_pbc_numpy_required "${${_pbc_module}_FIND_REQUIRED_NumPy}")
    unset(${_pbc_module}_FIND_REQUIRED_NumPy)
    list(APPEND _pbc_host_components ${_pbc_implied})
    list(REMOVE_ITEM _pbc_host_components NumPy)
endif()
set(_pbc_needs_interpreter FALSE)
if("Interpreter" IN_LIST _pbc_components OR "Interpreter" IN_LIST _pbc_implied)
    set(_pbc_needs_interpreter TRUE)
endif()
list(REMOVE_ITEM _pbc_host_components Interpreter)
set(_pbc_continue TRUE)

if(_pbc_needs_interpreter)
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
    # What CMake itself asks is about the Python that runs the build.
    set(_pbc_configures "$ENV{PY_BUILD_CMAKE_CONFIGURES}")
    unset(ENV{PY_BUILD_CMAKE_CONFIGURES})
    include("${CMAKE_ROOT}/Modules/Find${_pbc_module}.cmake")
    set(ENV{PY_BUILD_CMAKE_CONFIGURES} "${_pbc_configures}")
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
    if(_pbc_interpreter_id STREQUAL "PyPy" AND NOT DEFINED ${_pbc_module}_FIND_IMPLEMENTATIONS)
        # Else the sysroot's CPython would come first.
        set(${_pbc_module}_FIND_IMPLEMENTATIONS PyPy)
        set(_pbc_set_implementations TRUE)
    endif()
    # From CMake 4.1 on, the ABI is asked for; but 4.1.0 wants a library then, which Linux has none
    # of, and takes the headers that it is given for right if it is not asked for one.
    if(_pbc_soabi MATCHES "^(cpython-|cp)3[0-9]+t" AND NOT CMAKE_VERSION VERSION_LESS 4.1.2
       AND NOT DEFINED ${_pbc_module}_FIND_ABI)
        set(${_pbc_module}_FIND_ABI "OFF;OFF;OFF;ON")
        set(_pbc_set_abi TRUE)
    endif()
    # If only Development.SABIModule is asked for, CMake 4.4 does not set this variable, and takes the
    # `t` in its name for the flag of a free-threaded Python.
    if(NOT DEFINED _${_pbc_module}_ABI)
        set(_${_pbc_module}_ABI "<none>")
        if(_pbc_soabi MATCHES "^cp(ython-)?3[0-9]+t")
            set(_${_pbc_module}_ABI "t")
        endif()
    endif()
    set(${_pbc_module}_FIND_COMPONENTS ${_pbc_host_components})
    # If an interpreter was found before, CMake 3.15 takes its version for that of the headers.
    set(_pbc_interpreter_before "${${_pbc_module}_Interpreter_FOUND}")
    set(${_pbc_module}_Interpreter_FOUND FALSE)
    if(CMAKE_VERSION VERSION_LESS 3.16 AND ${_pbc_module}_LIBRARY
       AND NOT ${_pbc_module}_LIBRARY_RELEASE)
        # The only name that it knows for the library.
        set(${_pbc_module}_LIBRARY_RELEASE "${${_pbc_module}_LIBRARY}")
    endif()
    # A python3.x-config on PATH would speak for a Python of this machine.
    set(_pbc_search_path "${CMAKE_FIND_USE_SYSTEM_ENVIRONMENT_PATH}")
    set(CMAKE_FIND_USE_SYSTEM_ENVIRONMENT_PATH FALSE)
    include("${CMAKE_ROOT}/Modules/Find${_pbc_module}.cmake")
    set(${_pbc_module}_Interpreter_FOUND "${_pbc_interpreter_before}")
    if(_pbc_search_path STREQUAL "")
        unset(CMAKE_FIND_USE_SYSTEM_ENVIRONMENT_PATH)
    else()
        set(CMAKE_FIND_USE_SYSTEM_ENVIRONMENT_PATH "${_pbc_search_path}")
    endif()
    if(_pbc_set_implementations)
        unset(${_pbc_module}_FIND_IMPLEMENTATIONS)
        unset(_pbc_set_implementations)
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
if("NumPy" IN_LIST _pbc_components)
    set(${_pbc_module}_FIND_REQUIRED_NumPy "${_pbc_numpy_required}")
    _pbc_find_numpy()
endif()
foreach(_pbc_name IN LISTS _pbc_implied)
    unset(${_pbc_module}_FIND_REQUIRED_${_pbc_name})
endforeach()
if(_pbc_needs_interpreter)
    set(${_pbc_module}_Interpreter_FOUND "${_pbc_interpreter_found}")
endif()
if(_pbc_interpreter_id)
    set(${_pbc_module}_INTERPRETER_ID "${_pbc_interpreter_id}")
endif()
set(${_pbc_module}_SOABI "${_pbc_soabi}")
foreach(_pbc_name IN ITEMS Module Python)
    if(NOT CMAKE_SYSTEM_NAME STREQUAL "Windows" OR NOT TARGET ${_pbc_module}::${_pbc_name})
        continue()
    endif()
    if(CMAKE_VERSION VERSION_LESS 3.16)
        # It takes the import library for a static one, and adds what python3.x-config of this
        # machine says that a program needs.
        set_property(TARGET ${_pbc_module}::${_pbc_name} PROPERTY INTERFACE_LINK_LIBRARIES)
    endif()
    if(_pbc_soabi MATCHES "^cp3[0-9]+t-win")
        # The headers of an installation for Windows can be those of two Pythons.
        set_property(TARGET ${_pbc_module}::${_pbc_name} APPEND PROPERTY
            INTERFACE_COMPILE_DEFINITIONS Py_GIL_DISABLED=1)
    endif()
endforeach()
if(CMAKE_SYSTEM_NAME STREQUAL "Emscripten")
    # CMake's own platform module calls libraries .wasm, and Python does not look for those. That
    # of Emscripten is used only if the toolchain file is Emscripten's, too.
    set(CMAKE_SHARED_MODULE_SUFFIX ".so")
endif()
if(${_pbc_module}_SOSABI)
    # From Python 3.15 on, the interpreter says abi3-x86_64-linux-gnu, which is this machine.
    string(REGEX REPLACE "^(abi3t?)-.*" "\\1" ${_pbc_module}_SOSABI "${${_pbc_module}_SOSABI}")
endif()
foreach(_pbc_name IN LISTS _pbc_saved)
    unset(_pbc_saved_${_pbc_name})
endforeach()
foreach(_pbc_name IN ITEMS components configures continue development host_components host_version implied
        interpreter_before interpreter_found needs_interpreter numpy numpy_required quiet
        saved search_path)
    unset(_pbc_${_pbc_name})
endforeach()
unset(_pbc_name)
