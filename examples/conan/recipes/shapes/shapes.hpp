#pragma once
#include <string>
std::string perimeter(double side);
