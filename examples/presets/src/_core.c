#define PY_SSIZE_T_CLEAN
#include <Python.h>

#ifndef SUMS_FROM_ENVIRONMENT
#error "the environment of the preset is missing"
#endif

static PyObject *greeting(PyObject *self, PyObject *unused) {
    return PyUnicode_FromString(SUMS_GREETING);
}

static PyMethodDef methods[] = {{"greeting", greeting, METH_NOARGS, "What the preset says."},
                                {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_core", NULL, -1, methods,
                                    NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__core(void) { return PyModule_Create(&module); }
