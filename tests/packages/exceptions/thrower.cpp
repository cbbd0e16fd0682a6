#include "thrower.hpp"

#include <stdexcept>

struct TooLarge : std::overflow_error {
    using std::overflow_error::overflow_error;
};

void check(int value) {
    if (value < 0)
        throw std::out_of_range("negative");
    if (value > 100)
        throw TooLarge("too large");
}
