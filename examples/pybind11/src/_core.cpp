#include <pybind11/pybind11.h>

#include <stdexcept>

static double divide(double dividend, double divisor) {
    if (divisor == 0)
        throw std::domain_error("the divisor is zero");
    return dividend / divisor;
}

PYBIND11_MODULE(_core, module) {
    module.def("divide", &divide, pybind11::arg("dividend"), pybind11::arg("divisor"));
}
