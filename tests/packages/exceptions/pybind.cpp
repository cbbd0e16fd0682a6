#include <pybind11/pybind11.h>

#include "thrower.hpp"

PYBIND11_MODULE(_pybind, m) { m.def("check", &check); }
