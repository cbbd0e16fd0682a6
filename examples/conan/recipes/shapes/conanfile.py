from conan import ConanFile
from conan.tools.cmake import CMake, cmake_layout


class Shapes(ConanFile):
    name = "shapes"
    version = "1.0"
    package_type = "static-library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"fPIC": [True, False]}
    default_options = {"fPIC": True}
    exports_sources = "CMakeLists.txt", "*.cpp", "*.hpp"
    requires = "units/1.0"
    generators = "CMakeToolchain", "CMakeDeps"

    def layout(self):
        cmake_layout(self)

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()

    def package_info(self):
        self.cpp_info.libs = ["shapes"]
