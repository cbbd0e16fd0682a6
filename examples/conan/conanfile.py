from conan import ConanFile
from conan.tools.cmake import cmake_layout


class Boxes(ConanFile):
    settings = "os", "arch", "compiler", "build_type"
    requires = "shapes/1.0"
    generators = "CMakeToolchain", "CMakeDeps"

    def layout(self):
        cmake_layout(self)
