#include <nanobind/nanobind.h>

namespace nb = nanobind;
using namespace nb::literals;

// The sum of two int always fits a long long, but not always an int.
static long long add(int a, int b) { return static_cast<long long>(a) + b; }

NB_MODULE(_core, m) {
    m.doc() = "One function, written in C++.";
    m.def("add", &add, "a"_a, "b"_a, "Return the sum of two integers.");
}
