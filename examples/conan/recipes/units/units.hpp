#pragma once
#include <string>
std::string with_unit(double value);
