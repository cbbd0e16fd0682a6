#define PY_SSIZE_T_CLEAN
#include <Python.h>

double area(double width, double height);

static PyObject *py_area(PyObject *self, PyObject *arguments) {
    double width, height;
    (void)self;
    if (!PyArg_ParseTuple(arguments, "dd", &width, &height))
        return NULL;
    return PyFloat_FromDouble(area(width, height));
}

static PyMethodDef methods[] = {
    {"area", py_area, METH_VARARGS, "Return the area of a rectangle."}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "_area", .m_size = -1,
                                    .m_methods = methods};

PyMODINIT_FUNC PyInit__area(void) { return PyModule_Create(&module); }
