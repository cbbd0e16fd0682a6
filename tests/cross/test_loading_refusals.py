"""What a cross compiler makes and a host cannot load is refused, all of it at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from support.backend import Backend
from support.builds import CommandFailed, run
from support.examples import MINIMAL, copy_example
from support.hosts import Host
from support.plain import NEWEST

SOURCES = {
    "openmp": "#include <omp.h>\nint PyInit_openmp(void) { return omp_get_max_threads(); }\n",
    "stack": "int PyInit_stack(void) { return 0; }\n",
    "pages": "int PyInit_pages(void) { return 0; }\n",
    "forgotten": "int other(void); int PyInit_forgotten(void) { return other(); }\n",
    "loses": "int lost(void); int PyInit_loses(void) { return lost(); }\n",
    "fixed": "int vendor(void); int PyInit_fixed(void) { return vendor(); }\n",
    "lost": "int lost(void) { return 1; }\n",
}
LISTS = """
find_package(OpenMP REQUIRED)
foreach(name openmp stack pages forgotten loses fixed)
    Python3_add_library(${name} MODULE WITH_SOABI src/${name}.c)
    install(TARGETS ${name} DESTINATION minimal)
endforeach()
target_link_libraries(openmp PRIVATE OpenMP::OpenMP_C)
target_link_options(stack PRIVATE -Wl,-z,execstack)
target_link_options(pages PRIVATE -Wl,-z,max-page-size=4096)
add_library(lost SHARED src/lost.c)
install(TARGETS lost DESTINATION minimal/lib)
target_link_libraries(loses PRIVATE lost)
add_library(vendor SHARED IMPORTED)
set_target_properties(vendor PROPERTIES
    IMPORTED_LOCATION ${CMAKE_CURRENT_SOURCE_DIR}/vendor/libvendor.so)
target_link_libraries(fixed PRIVATE vendor)
"""
EXPECTED = {
    "openmp": ("missing-library", "needs libgomp.so.1"),
    "stack": ("executable-stack", "needs an executable stack"),
    "pages": ("small-pages", "pages of 4 KiB"),
    "forgotten": ("undefined-symbol", "needs other, which no library"),
    "loses": ("unreachable-library", "minimal/lib/liblost.so"),
    "fixed": ("fixed-library-path", "vendor/libvendor.so at this very place"),
}


def test_what_cannot_be_loaded(
    aarch64: Host, make_backend: Callable[..., Backend], tmp_path: Path
) -> None:
    project = copy_example(MINIMAL, tmp_path, aarch64)
    with (project / "CMakeLists.txt").open("a") as lists:
        lists.write(LISTS)
    for name, text in SOURCES.items():
        (project / "src" / f"{name}.c").write_text(text)
    (project / "vendor").mkdir()
    source = tmp_path / "vendor.c"
    source.write_text("int vendor(void) { return 1; }\n")
    library = project / "vendor" / "libvendor.so"
    run("aarch64-linux-gnu-gcc", "-shared", "-fPIC", source, "-o", library)
    settings = {"cross.arch": "manylinux_2_28_aarch64", "cross.toolchain": "gnu"}
    with pytest.raises(CommandFailed) as failure:
        make_backend(NEWEST).build_wheel(project, settings)
    log = failure.value.log
    said = [
        line for line in log.splitlines() if re.search(r"py-build-cmake: (error|warning):", line)
    ]
    for module, (code, message) in EXPECTED.items():
        about = [line for line in said if f"minimal/{module}." in line and f"[{code}]" in line]
        assert len(about) == 1, (module, log)
        assert message in about[0]
    assert "INSTALL_RPATH '$ORIGIN/lib'" in log
    assert not any("minimal/_add_module" in line for line in said)
