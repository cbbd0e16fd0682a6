# Written by py-build-cmake. Runs once when the project begins, in cross builds.
#
# find_package(Python) and find_package(Python3) shall use the modules beside this file, whatever
# the project does to CMAKE_MODULE_PATH.
if(NOT COMMAND _py_build_cmake_prepare)
    set_property(GLOBAL PROPERTY _PY_BUILD_CMAKE_DIR "${CMAKE_CURRENT_LIST_DIR}")
    list(INSERT CMAKE_MODULE_PATH 0 "${CMAKE_CURRENT_LIST_DIR}/modules")

    macro(_py_build_cmake_prepare _py_build_cmake_name)
        if("${_py_build_cmake_name}" MATCHES "^Python(3|Interp|Libs)?$")
            get_property(_py_build_cmake_dir GLOBAL PROPERTY _PY_BUILD_CMAKE_DIR)
            list(REMOVE_ITEM CMAKE_MODULE_PATH "${_py_build_cmake_dir}/modules")
            list(INSERT CMAKE_MODULE_PATH 0 "${_py_build_cmake_dir}/modules")
            if(COMMAND _py_build_cmake_note_compilers)
                _py_build_cmake_note_compilers()
            endif()
        elseif(COMMAND _py_build_cmake_find_requirement)
            _py_build_cmake_find_requirement("${_py_build_cmake_name}")
        endif()
    endmacro()

    if(CMAKE_VERSION VERSION_LESS 3.24)
        # Before there were dependency providers. Whoever has replaced find_package already keeps
        # it: of several replacements only one can reach the original.
        if(NOT COMMAND _find_package)
            macro(find_package)
                _py_build_cmake_prepare("${ARGV0}")
                _find_package(${ARGV})
            endmacro()
        endif()
    else()
        macro(_py_build_cmake_provide _py_build_cmake_method _py_build_cmake_package)
            _py_build_cmake_prepare("${_py_build_cmake_package}")
            # Not provided. What an earlier call has found would be taken for the answer.
            unset(${_py_build_cmake_package}_FOUND)
        endmacro()
        cmake_language(
            SET_DEPENDENCY_PROVIDER _py_build_cmake_provide SUPPORTED_METHODS FIND_PACKAGE)
    endif()
endif()
