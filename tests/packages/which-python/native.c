#include <Python.h>

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_native", 0, -1, 0};

PyMODINIT_FUNC PyInit__native(void) {
    PyObject *module = PyModule_Create(&definition);
    PyModule_AddStringConstant(module, "version", PY_VERSION);
    return module;
}
