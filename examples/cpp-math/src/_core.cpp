#include <nanobind/nanobind.h>

namespace nb = nanobind;
using namespace nb::literals;

static int add(int a, int b) { return a + b; }

NB_MODULE(_core, m) {
    m.def("add", &add, "a"_a, "b"_a, "Return the sum of two integers.");
}
