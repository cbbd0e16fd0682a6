#include <Python.h>

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_started", 0, -1, 0};

PyMODINIT_FUNC PyInit__started(void) {
    PyObject *module = PyModule_Create(&definition);
    PyModule_AddStringConstant(module, "version", PY_VERSION);
    PyModule_AddIntConstant(module, "pointer", sizeof(void *));
    return module;
}
