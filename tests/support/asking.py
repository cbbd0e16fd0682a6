"""Forms in which projects ask a Python how to compile, in place of FindPython's variables.

Each form is a subdirectory of one project: see `support.plain`. ``expect`` compares an answer with
that of the host, and stops CMake if it is another one.
"""

from __future__ import annotations

from support.hosts import Host
from support.plain import PYBIND11_FORMS

# Commands that the forms use; @HOST@… are facts about the host.
PRELUDE = """
function(ask variable)
    # Semicolons in arguments stay where they are.
    cmake_parse_arguments(PARSE_ARGV 1 given "" "" "")
    execute_process(COMMAND ${given_UNPARSED_ARGUMENTS} OUTPUT_VARIABLE answer
        RESULT_VARIABLE status ERROR_VARIABLE said OUTPUT_STRIP_TRAILING_WHITESPACE)
    if(NOT status EQUAL 0)
        message(FATAL_ERROR "${given_UNPARSED_ARGUMENTS}: status ${status}: ${said}")
    endif()
    set(${variable} "${answer}" PARENT_SCOPE)
endfunction()
function(expect wanted)
    cmake_parse_arguments(PARSE_ARGV 1 given "" "" "")
    ask(answer ${given_UNPARSED_ARGUMENTS})
    if(NOT answer STREQUAL wanted)
        message(SEND_ERROR "${given_UNPARSED_ARGUMENTS} says '${answer}', not '${wanted}'")
    endif()
endfunction()
macro(module include_dirs suffix)
    add_library(${name} MODULE ${source})
    target_include_directories(${name} PRIVATE ${include_dirs})
    set_target_properties(${name} PROPERTIES PREFIX "" SUFFIX "${suffix}")
endmacro()
"""
_FOUND = "find_package(Python REQUIRED COMPONENTS Interpreter)\n"
ASKING = {
    "sysconfig_variables": _FOUND
    + """
foreach(variable IN ITEMS INCLUDEPY CONFINCLUDEPY)
    expect("@INCLUDE@" ${Python_EXECUTABLE} -c
        "import sysconfig; print(sysconfig.get_config_var('${variable}'))")
endforeach()
expect("@LIBDIR@" ${Python_EXECUTABLE} -c
    "import sysconfig; print(sysconfig.get_config_var('LIBDIR'))")
expect("libpython@VERSION@.so" ${Python_EXECUTABLE} -c
    "from sysconfig import get_config_vars; print(get_config_vars('LDLIBRARY')[0])")
expect("@VERSION@;@TRIPLET@;@SIZE@;@SIZE@;4;0" ${Python_EXECUTABLE} -c
    "import sysconfig; v = sysconfig.get_config_vars(); print(v['LDVERSION'], v['MULTIARCH'],
     v['SIZEOF_VOID_P'], v['SIZEOF_LONG'], v['SIZEOF_INT'], v['Py_GIL_DISABLED'], sep=';')")
ask(config_dir ${Python_EXECUTABLE} -c "import sysconfig; print(sysconfig.get_config_var('LIBPL'))")
if(NOT EXISTS "${config_dir}/Makefile")
    message(FATAL_ERROR "LIBPL is ${config_dir}")
endif()
ask(include ${Python_EXECUTABLE} -c "import sysconfig; print(sysconfig.get_path('platinclude'))")
ask(suffix ${Python_EXECUTABLE} -c
    "import sysconfig; print(sysconfig.get_config_var('EXT_SUFFIX'))")
module(${include} ${suffix})""",
    "distutils": _FOUND
    + """
ask(include ${Python_EXECUTABLE} -c
    "from distutils.sysconfig import get_python_inc; print(get_python_inc())")
ask(suffix ${Python_EXECUTABLE} -c
    "from distutils import sysconfig as s; print(s.get_config_var('EXT_SUFFIX'))")
expect("@INCLUDE@" ${Python_EXECUTABLE} -c
    "import distutils.sysconfig as s; print(s.get_python_inc(plat_specific=True))")
module(${include} ${suffix})""",
    # A whole compilation by distutils, which a project does for a helper of its own.
    "customize_compiler": _FOUND
    + """
file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/compile.py "
import shutil, sys
from distutils.ccompiler import new_compiler
from distutils.sysconfig import customize_compiler, get_config_var, get_python_inc
compiler = new_compiler()
customize_compiler(compiler)
objects = compiler.compile([sys.argv[1]], output_dir=sys.argv[2],
                           macros=[('NAME', sys.argv[3])], include_dirs=[get_python_inc()])
compiler.link_shared_object(objects, sys.argv[4])
")
set(made ${CMAKE_CURRENT_BINARY_DIR}/${name}@SUFFIX@)
execute_process(RESULT_VARIABLE status COMMAND ${Python_EXECUTABLE}
    ${CMAKE_CURRENT_BINARY_DIR}/compile.py ${source} ${CMAKE_CURRENT_BINARY_DIR} ${name} ${made})
if(NOT status EQUAL 0)
    message(FATAL_ERROR "distutils does not compile")
endif()
install(FILES ${made} DESTINATION plain)
return()""",
    "any_name": """
find_program(PYTHON3 NAMES python3 REQUIRED)
ask(include ${PYTHON3} -c "import sysconfig; print(sysconfig.get_path('include'))")
expect("@SUFFIX@" python3 -c "import sysconfig; print(sysconfig.get_config_var('EXT_SUFFIX'))")
expect("@SUFFIX@" python -c "import sysconfig; print(sysconfig.get_config_var('EXT_SUFFIX'))")
ask(executable ${PYTHON3} -c "import sys; print(sys.executable)")
ask(suffix ${executable} -c "import sysconfig; print(sysconfig.get_config_var('EXT_SUFFIX'))")
# A script that starts another Python.
file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/script.py "
import subprocess, sys
code = 'import sysconfig; print(sysconfig.get_config_var(\\"EXT_SUFFIX\\"))'
sys.exit(subprocess.run([sys.executable, '-c', code], env={}).returncode)
")
expect("@SUFFIX@" ${PYTHON3} ${CMAKE_CURRENT_BINARY_DIR}/script.py)
module(${include} ${suffix})""",
    "python3_config": """
find_program(PYTHON_CONFIG python3-config REQUIRED)
expect("@SUFFIX@" ${PYTHON_CONFIG} --extension-suffix)
ask(flags ${PYTHON_CONFIG} --includes)
expect("@PREFIX@" ${PYTHON_CONFIG} --prefix)
ask(libs python@VERSION@-config --ldflags --embed)
if(NOT libs MATCHES "-L@LIBDIR@ .*-lpython@VERSION@")
    message(FATAL_ERROR "python3-config --ldflags --embed says ${libs}")
endif()
separate_arguments(flags UNIX_COMMAND "${flags}")
add_library(${name} MODULE ${source})
target_compile_options(${name} PRIVATE ${flags})
set_target_properties(${name} PROPERTIES PREFIX "" SUFFIX "@SUFFIX@")""",
    # The questions of one line are answered as the host would answer them.
    "one_line": _FOUND
    + """
function(python wanted code)
    expect("${wanted}" ${Python_EXECUTABLE} -c "${code}")
endfunction()
python("linux @MACHINE@" "import sys, platform; print(sys.platform, platform.machine())")
python("@BITS@bit" "from platform import architecture; print(architecture()[0])")
python("@SIZE@" "import struct; print(struct.calcsize('P'))")
python("@SIZE@" "import ctypes; print(ctypes.sizeof(ctypes.c_void_p))")
python("@BYTEORDER@" "from sys import byteorder; print(byteorder)")
python("@BITS@" "import sys; print(64 if sys.maxsize > 2**32 else 32)")
python("@VERSION@" "import sys; print('.'.join(map(str, sys.version_info[:2])))")
python("@VERSION@" "import platform as p; print(p.python_version().rpartition('.')[0])")
python("@MACHINE@" "import os; print(os.uname().machine)")
python("@MACHINE@" "import platform; print(platform.uname().machine)")
python("@TAG@" "from packaging import tags; print(next(tags.sys_tags()))")
python("@TAG@" "import packaging.tags; print(next(iter(packaging.tags.sys_tags())))")
python("@SUFFIX@" "import importlib.machinery as m; print(m.EXTENSION_SUFFIXES[0])")
python("@SUFFIX@" "from importlib.machinery import EXTENSION_SUFFIXES as s; print(s[0])")
expect("@MACHINE@" ${Python_EXECUTABLE} -I -c "import platform; print(platform.machine())")
# What the line imports is not lied to, nor is what it starts.
python("True" "import _ctypes, sysconfig, subprocess, sys, json
code = 'import platform, json; print(platform.machine() == json.os.uname().machine)'
code = 'import platform, struct; print(platform.machine() != \\"@MACHINE@\\")'
print(subprocess.check_output([sys.executable, '-c', code], text=True).strip())")
ask(include ${Python_EXECUTABLE} -c "import sysconfig; print(sysconfig.get_path('include'))")
module(${include} @SUFFIX@)""",
    # It may be a generator, so it gets the truth, and there is a warning.
    "script": """
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
file(WRITE ${CMAKE_CURRENT_SOURCE_DIR}/flags.py "import sys
from platform import machine, system
print(machine(), system(), sys.version_info[0])
")
expect("${CMAKE_HOST_SYSTEM_PROCESSOR} Linux 3"
    ${Python_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/flags.py)
Python_add_library(${name} MODULE WITH_SOABI ${source})""",
    # Programs of the build are told the truth about their process, whoever starts them.
    "program": """
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/generate.py "
import ctypes, platform, struct, subprocess, sys
assert platform.machine() == '${CMAKE_HOST_SYSTEM_PROCESSOR}', platform.machine()
assert struct.calcsize('P') == ctypes.sizeof(ctypes.c_void_p) == 8
assert ctypes.CDLL(None).strlen(b'four') == 4
code = 'import _json, platform; print(platform.machine())'
for command in (['-c', code], ['-I', '-c', code]):
    said = subprocess.check_output([sys.executable, *command], text=True).strip()
    assert said == platform.machine(), said
print('int generated;')
")
set(generate ${CMAKE_CURRENT_BINARY_DIR}/generate.py)
# While CMake configures, and while the project is built.
execute_process(COMMAND ${Python_EXECUTABLE} ${generate} RESULT_VARIABLE status)
if(NOT status EQUAL 0)
    message(FATAL_ERROR "it is lied to")
endif()
add_custom_command(OUTPUT generated.c
    COMMAND Python::Interpreter ${generate} > generated.c DEPENDS ${generate})
Python_add_library(${name} MODULE WITH_SOABI ${source} generated.c)""",
    # Natively, these are CMake's own modules from before FindPython.
    "classic": """
cmake_policy(PUSH)
if(POLICY CMP0148)
    cmake_policy(SET CMP0148 OLD)
endif()
find_package(PythonInterp 3 REQUIRED)
find_package(PythonLibs 3 REQUIRED)
cmake_policy(POP)
if(NOT PYTHON_VERSION_STRING MATCHES "^@VERSION@" OR NOT PYTHONLIBS_VERSION_STRING MATCHES
   "^@VERSION@" OR NOT PYTHON_LIBRARIES STREQUAL "@LIBDIR@/libpython@VERSION@.so")
    message(FATAL_ERROR "${PYTHON_VERSION_STRING} ${PYTHONLIBS_VERSION_STRING} ${PYTHON_LIBRARIES}")
endif()
expect("@SUFFIX@" ${PYTHON_EXECUTABLE} -c
    "from distutils import sysconfig; print(sysconfig.get_config_var('EXT_SUFFIX'))")
add_library(${name} MODULE ${source})
target_include_directories(${name} PRIVATE ${PYTHON_INCLUDE_DIRS})
set_target_properties(${name} PROPERTIES PREFIX "" SUFFIX "${PYTHON_MODULE_EXTENSION}")""",
}
SUB_PROJECT = """
cmake_minimum_required(VERSION 3.15)
project(sub C)
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
execute_process(COMMAND python3 -c "import platform; print(platform.machine())"
    OUTPUT_VARIABLE machine OUTPUT_STRIP_TRAILING_WHITESPACE)
if(NOT machine STREQUAL "@MACHINE@")
    message(FATAL_ERROR "python3 says ${machine}")
endif()
Python_add_library(${name} MODULE WITH_SOABI ${source})
target_compile_definitions(${name} PRIVATE NAME=${name})
install(TARGETS ${name} DESTINATION ${destination})
"""
SUB_PROJECTS = {
    # With the arguments of the manual, and with those of superbuilds.
    "external_project": """
include(ExternalProject)
file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/sub/CMakeLists.txt [==[@SUB_PROJECT@]==])
ExternalProject_Add(${name}_build SOURCE_DIR ${CMAKE_CURRENT_BINARY_DIR}/sub
    CMAKE_ARGS -DCMAKE_TOOLCHAIN_FILE=${CMAKE_TOOLCHAIN_FILE} -Dname=${name} -Dsource=${source}
        -Ddestination=lib -DCMAKE_INSTALL_PREFIX=<INSTALL_DIR>
    INSTALL_DIR ${CMAKE_CURRENT_BINARY_DIR}/installed)
install(DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/installed/lib/ DESTINATION plain)
return()""",
    "fetch_content": """
include(FetchContent)
file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/sub/CMakeLists.txt [==[@SUB_PROJECT@]==])
set(destination plain)
FetchContent_Declare(${name}_content SOURCE_DIR ${CMAKE_CURRENT_BINARY_DIR}/sub)
FetchContent_MakeAvailable(${name}_content)
return()""",
}
# pybind11's search from before FindPython, in one subdirectory and not in others.
PYBIND11_OWN_SEARCH = {
    "pybind11_own_search": """
if(POLICY CMP0148)
    cmake_policy(SET CMP0148 OLD)
endif()
set(PYBIND11_FINDPYTHON OFF)
"""
    + PYBIND11_FORMS["pybind11_alone"],
    "pybind11_config": """
find_program(PYBIND11_CONFIG pybind11-config REQUIRED)
ask(flags ${PYBIND11_CONFIG} --includes)
separate_arguments(flags UNIX_COMMAND "${flags}")
add_library(${name} MODULE ${pybind11_source})
target_compile_options(${name} PRIVATE ${flags} -fvisibility=hidden)
set_target_properties(${name} PROPERTIES PREFIX "" SUFFIX "@SUFFIX@" CXX_STANDARD 17)""",
}


def forms_for(host: Host, forms: dict[str, str]) -> dict[str, str]:
    """Return forms with the facts about a host in them."""
    size = 4 if host.name == "armhf" else 8
    usr = host.sysroot / "usr"
    words = {
        "@SUB_PROJECT@": SUB_PROJECT,
        # Debian's headers with both halves of pyconfig.h in one file.
        "@INCLUDE@": "${CMAKE_BINARY_DIR}/py-build-cmake/cross/include",
        "@LIBDIR@": str(usr / "lib" / host.triplet),
        "@PREFIX@": str(usr),
        "@VERSION@": host.version,
        "@TRIPLET@": host.triplet,
        "@SUFFIX@": host.suffix,
        "@SIZE@": str(size),
        "@BITS@": str(8 * size),
        "@MACHINE@": host.platform_tag.partition("_")[2],
        "@BYTEORDER@": "big" if host.name == "s390x" else "little",
        "@TAG@": host.tag,
    }
    filled = {}
    for name, form in forms.items():
        text = form
        for word, value in words.items():
            text = text.replace(word, value)
        filled[name] = PRELUDE + text
    return filled
