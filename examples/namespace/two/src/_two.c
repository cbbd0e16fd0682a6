#define PY_SSIZE_T_CLEAN
#include <Python.h>

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "_two", .m_size = -1};

PyMODINIT_FUNC PyInit__two(void) {
    PyObject *made = PyModule_Create(&module);
    if (made)
        PyModule_AddIntConstant(made, "NUMBER", 2);
    return made;
}
