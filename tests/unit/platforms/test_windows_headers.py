"""Headers and names of Python for Windows, made from those of the Python that runs the build."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from support.configs import cmake_config, cmake_plan, cross_config
from support.machines import LINUX_CP311

from py_build_cmake.cmake.find_python import header_files
from py_build_cmake.platforms.build_machine import detect_build_machine
from py_build_cmake.platforms.host import HostPlatform
from py_build_cmake.platforms.python_files import header_defines
from py_build_cmake.platforms.stable_symbols import stable_names
from py_build_cmake.platforms.windows_headers import (
    definition_files,
    exported_names,
    windows_pyconfig,
)

HOST = HostPlatform("cp", "311", "cp311", ("win_amd64",), is_cross=True, soabi="cp311-win_amd64")
FREE_THREADED = HostPlatform(
    "cp", "313", "cp313t", ("win_amd64",), is_cross=True, soabi="cp313t-win_amd64"
)
# Declarations in the forms that CPython's headers have.
HEADER = r"""
#  define PyAPI_FUNC(RTYPE) Py_IMPORTED_SYMBOL RTYPE
#  define PyAPI_DATA(RTYPE) \
        extern Py_IMPORTED_SYMBOL RTYPE
#define PyArg_Parse _PyArg_Parse_SizeT
PyAPI_FUNC(int) PyArg_Parse(PyObject *, const char *, ...);
/* PyAPI_FUNC(int) PyOld_Function(void); */
// PyAPI_DATA(int) PyOld_Data;
PyAPI_FUNC(void) _Py_NO_RETURN Py_FatalError(const char *message);
Py_DEPRECATED(3.9) PyAPI_FUNC(PyObject *) PyCFunction_Call(
    PyObject *, PyObject *, PyObject *);
PyAPI_FUNC(int) PyOS_snprintf(char *str, size_t size, const char  *format, ...)
                        Py_GCC_ATTRIBUTE((format(printf, 3, 4)));
PyAPI_FUNC(PyObject*) Py_GCC_ATTRIBUTE((warn_unused_result)) PyAttribute_First(void);
PyAPI_FUNC(void (*)(int)) PyOS_getsig(int);
PyAPI_DATA(struct _longobject) _Py_FalseStruct, _Py_TrueStruct;
PyAPI_DATA(int) (*PyOS_InputHook)(void);
PyAPI_DATA(char *) (*PyOS_ReadlineFunctionPointer)(FILE *, FILE *, const char *);
PyAPI_DATA(const unsigned int) _Py_ctype_table[256];
PyAPI_DATA(const long long) PY_TIMEOUT_MAX;
PyAPI_DATA(PyObject*) _PyLong_Rshift(PyObject *, size_t);
PyAPI_FUNC(void) PyOS_AfterFork_Child(void);
static inline int PyInline_Function(PyObject *o) { return PyArg_Parse(o, "i"); }
"""


def test_names_that_headers_declare() -> None:
    functions = (
        "PyArg_Parse PyAttribute_First PyCFunction_Call PyOS_AfterFork_Child PyOS_getsig"
        " PyOS_snprintf Py_FatalError _PyArg_Parse_SizeT _PyLong_Rshift"
    )
    data = (
        "PY_TIMEOUT_MAX PyOS_InputHook PyOS_ReadlineFunctionPointer _Py_FalseStruct _Py_TrueStruct"
        " _Py_ctype_table"
    )
    assert exported_names([HEADER]) == {
        **dict.fromkeys(functions.split(), False),
        **dict.fromkeys(data.split(), True),
    }


def test_definitions_of_the_two_libraries() -> None:
    files = definition_files([HEADER, "PyAPI_DATA(PyTypeObject) PyType_Type;"], HOST)
    assert set(files) == {"python311", "python3"}
    lines = files["python311"].splitlines()
    assert lines[:2] == ["LIBRARY python311.dll", "EXPORTS"]
    assert {"    PyOS_snprintf", "    PyType_Type DATA", "    _Py_TrueStruct DATA"} < set(lines)
    assert lines[2:] == sorted(lines[2:])
    stable = files["python3"].splitlines()
    assert stable[0] == "LIBRARY python3.dll"
    assert {"    PyType_Type DATA", "    PyCFunction_Call"} < set(stable)
    assert not any("_PyLong_Rshift" in line for line in stable)
    # The stable ABI of 3.11, of which no header may declare everything; and what needs fork().
    assert "    PyObject_AsCharBuffer" in lines
    assert not any("PyType_GetModuleByDef" in line for line in stable)  # since 3.13
    assert not any("PyOS_AfterFork_Child" in text for text in files.values())


def test_free_threaded_definitions() -> None:
    (name,) = definition_files([HEADER], FREE_THREADED)
    assert name == "python313t"
    assert definition_files([HEADER], FREE_THREADED)[name].startswith("LIBRARY python313t.dll\n")


def test_stable_names_by_version() -> None:
    assert "PyList_New" in stable_names((3, 2))
    assert "PyModule_AddObjectRef" not in stable_names((3, 9))
    assert "PyModule_AddObjectRef" in stable_names((3, 10))


@pytest.mark.parametrize("host", [HOST, FREE_THREADED])
def test_pyconfig(tmp_path: Path, host: HostPlatform) -> None:
    text = windows_pyconfig(host)
    (tmp_path / "pyconfig.h").write_text(text)
    defines = header_defines(tmp_path / "pyconfig.h")
    assert defines["SIZEOF_LONG"] == "4"
    assert defines["SIZEOF_WCHAR_T"] == "2"
    assert re.search("^#define MS_WINDOWS$", text, re.MULTILINE)
    assert re.search("^#define NT_THREADS$", text, re.MULTILINE)
    assert ("Py_GIL_DISABLED" in defines) == ("t" in host.abi_flags)
    assert f"CPython {host.dotted_version} for Windows" in text
    assert "HAVE_PTHREAD_H" not in text
    assert not re.search("@[A-Z]+@", text)
    asserted = set(re.findall(r"PY_BUILD_CMAKE_CHECK\((\w+), ", text))
    assert {"SIZEOF_VOID_P", "SIZEOF_TIME_T", "ALIGNOF_LONG", "SIZEOF_LONG_LONG"} < asserted
    # That of Microsoft's compiler is not that of GCC.
    assert "ALIGNOF_MAX_ALIGN_T" not in asserted


def test_files_of_a_build(tmp_path: Path) -> None:
    include_dir = tmp_path / "python" / "include"
    include_dir.mkdir(parents=True)
    (include_dir / "patchlevel.h").touch()
    (include_dir / "pyconfig.h").write_text("#define SIZEOF_VOID_P 8\n")
    (include_dir / "object.h").write_text(HEADER)
    machine = replace(LINUX_CP311, include_dir=include_dir)
    build = Path("/b/include")
    libraries = {
        "library": Path("/b/libs/python311.lib"),
        "sabi_library": Path("/b/libs/python3.lib"),
    }

    def files(**changes: Path) -> dict[Path, str]:
        keys = {**libraries, **changes}
        cross = cross_config(python="build", toolchain="zig", include_dir=build, **keys)
        return header_files(*cmake_plan(cmake_config(), machine, host=HOST, cross=cross)[:2])

    made = files()
    assert "PyOS_snprintf" in made[Path("/b/libs/python311.def")]
    assert Path("/b/libs/python3.def") in made
    assert "MS_WINDOWS" in made[build / "pyconfig.h"]
    assert made[build / "object.h"] == HEADER
    assert build / "pyconfig_of_build_python.h" not in made
    # Those that the user has are not made.
    assert Path("/b/libs/python311.def") not in files(library=Path("/mine/python311.lib"))


def test_headers_of_this_python() -> None:
    machine = detect_build_machine()
    if machine.include_dir is None or not (machine.include_dir / "object.h").is_file():
        pytest.skip("the headers of this Python are not installed")
    texts = [path.read_text("utf-8") for path in machine.include_dir.rglob("*.h")]
    host = replace(HOST, version=machine.version, abi_tag=f"cp{machine.version}")
    definitions = definition_files(texts, host)[f"python{machine.version}"]
    lines = set(definitions.splitlines())
    assert len(lines) > 1200
    for name in ("PyModule_Create2", "PyErr_SetFromWindowsErr", "_PyArg_ParseTuple_SizeT"):
        assert f"    {name}" in lines
    for name in ("PyExc_ValueError", "_Py_NoneStruct", "PyType_Type", "Py_Version"):
        assert f"    {name} DATA" in lines or (name == "Py_Version" and machine.version < "311")
