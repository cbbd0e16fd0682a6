#define PY_SSIZE_T_CLEAN
#include <Python.h>

int answer(unsigned n);

static PyObject *py_answer(PyObject *self, PyObject *unused) {
    return PyLong_FromLong(answer(7));
}

static PyMethodDef methods[] = {
    {"answer", py_answer, METH_NOARGS, "The answer of the library."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_native", NULL, 0, methods};

PyMODINIT_FUNC PyInit__native(void) { return PyModule_Create(&module); }
