"""Which Python CMake has found."""
