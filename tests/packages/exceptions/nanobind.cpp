#include <nanobind/nanobind.h>

#include "thrower.hpp"

NB_MODULE(_nanobind, m) { m.def("check", &check); }
