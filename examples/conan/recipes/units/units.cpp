#include "units.hpp"
std::string with_unit(double value) { return std::to_string(value) + " m"; }
