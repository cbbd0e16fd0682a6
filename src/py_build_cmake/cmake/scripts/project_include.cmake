# Written by py-build-cmake. Runs once when the project begins, in cross builds.
#
# find_package(Python) and find_package(Python3) shall use the modules beside this file, whatever
# the project does to CMAKE_MODULE_PATH.
if(NOT COMMAND _py_build_cmake_prepare)
    set_property(GLOBAL PROPERTY _PY_BUILD_CMAKE_DIR "${CMAKE_CURRENT_LIST_DIR}")
    list(INSERT CMAKE_MODULE_PATH 0 "${CMAKE_CURRENT_LIST_DIR}/modules")

    # If the toolchain file hides all packages of this machine, show those of the Python that runs
    # the build which are asked for: they are requirements of the build, such as pybind11.
    function(_py_build_cmake_find_requirement name)
        if(NOT CMAKE_FIND_ROOT_PATH_MODE_PACKAGE STREQUAL "ONLY" OR ${name}_DIR
           OR NOT name MATCHES "^[A-Za-z0-9_.+-]+$")
            return()
        endif()
        get_property(known GLOBAL PROPERTY _PY_BUILD_CMAKE_SYS_PATH SET)
        if(NOT known)
            execute_process(
                COMMAND "${PY_BUILD_CMAKE_BUILD_PYTHON_INTERPRETER}" -c
                        "import sys; print(';'.join(path for path in sys.path if path))"
                OUTPUT_VARIABLE sys_path OUTPUT_STRIP_TRAILING_WHITESPACE)
            set_property(GLOBAL PROPERTY _PY_BUILD_CMAKE_SYS_PATH "${sys_path}")
        endif()
        get_property(sys_path GLOBAL PROPERTY _PY_BUILD_CMAKE_SYS_PATH)
        string(TOLOWER "${name}" lower)
        foreach(site IN LISTS sys_path)
            foreach(folder IN ITEMS "share/cmake/${name}" "lib/cmake/${name}" "cmake")
                foreach(file IN ITEMS "${name}Config.cmake" "${lower}-config.cmake")
                    if(EXISTS "${site}/${name}/${folder}/${file}")
                        set(${name}_DIR "${site}/${name}/${folder}" PARENT_SCOPE)
                        return()
                    endif()
                endforeach()
            endforeach()
        endforeach()
    endfunction()

    macro(_py_build_cmake_prepare _py_build_cmake_name)
        if("${_py_build_cmake_name}" MATCHES "^Python(3|Interp|Libs)?$")
            get_property(_py_build_cmake_dir GLOBAL PROPERTY _PY_BUILD_CMAKE_DIR)
            list(REMOVE_ITEM CMAKE_MODULE_PATH "${_py_build_cmake_dir}/modules")
            list(INSERT CMAKE_MODULE_PATH 0 "${_py_build_cmake_dir}/modules")
            _py_build_cmake_note_compilers()
        else()
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

include("${CMAKE_CURRENT_LIST_DIR}/questions.cmake")
