#define PY_SSIZE_T_CLEAN
#include <Python.h>

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "_one", .m_size = -1};

PyMODINIT_FUNC PyInit__one(void) {
    PyObject *made = PyModule_Create(&module);
    if (made)
        PyModule_AddIntConstant(made, "NUMBER", 1);
    return made;
}
