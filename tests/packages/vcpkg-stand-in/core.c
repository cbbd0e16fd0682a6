#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <answer.h>

static PyObject *answer(PyObject *self, PyObject *unused) {
    return PyUnicode_FromString(ANSWER);
}

static PyMethodDef methods[] = {{"answer", answer, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_core", NULL, -1, methods,
                                    NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__core(void) { return PyModule_Create(&module); }
