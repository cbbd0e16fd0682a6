#define PY_SSIZE_T_CLEAN
#include <Python.h>

static PyObject *add(PyObject *Py_UNUSED(module), PyObject *args) {
    PyObject *a, *b;
    if (!PyArg_ParseTuple(args, "O!O!:add", &PyLong_Type, &a, &PyLong_Type, &b))
        return NULL;
    return PyNumber_Add(a, b);
}

static PyMethodDef methods[] = {
    {"add", add, METH_VARARGS, "add(a, b)\n--\n\nReturn the sum of two integers."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_add_module",
    .m_doc = "One function, written in C.",
    .m_methods = methods,
};

PyMODINIT_FUNC PyInit__add_module(void) { return PyModuleDef_Init(&definition); }
