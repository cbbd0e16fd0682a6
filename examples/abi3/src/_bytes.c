#define PY_SSIZE_T_CLEAN
#include <Python.h>

static PyObject *count_zeros(PyObject *self, PyObject *argument) {
    Py_buffer view;
    (void)self;
    if (PyObject_GetBuffer(argument, &view, PyBUF_SIMPLE) != 0)
        return NULL;
    const char *bytes = view.buf;
    Py_ssize_t zeros = 0;
    for (Py_ssize_t i = 0; i < view.len; ++i)
        zeros += bytes[i] == 0;
    PyBuffer_Release(&view);
    return PyLong_FromSsize_t(zeros);
}

static PyMethodDef methods[] = {
    {"count_zeros", count_zeros, METH_O, "Count the zero bytes of a buffer."},
    {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "_bytes", .m_methods = methods};

PyMODINIT_FUNC PyInit__bytes(void) { return PyModuleDef_Init(&module); }
