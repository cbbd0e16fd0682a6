#define PY_SSIZE_T_CLEAN
#include <Python.h>
#define NPY_NO_DEPRECATED_API NPY_2_0_API_VERSION
#include <numpy/arrayobject.h>

static PyObject *total(PyObject *self, PyObject *argument) {
    (void)self;
    PyArrayObject *array =
        (PyArrayObject *)PyArray_FROM_OTF(argument, NPY_DOUBLE, NPY_ARRAY_IN_ARRAY);
    if (!array)
        return NULL;
    const double *values = PyArray_DATA(array);
    double sum = 0;
    for (npy_intp i = 0; i < PyArray_SIZE(array); ++i)
        sum += values[i];
    Py_DECREF(array);
    return PyFloat_FromDouble(sum);
}

static PyMethodDef methods[] = {
    {"total", total, METH_O, "Return the sum of all elements."}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "_arrays", .m_size = -1,
                                    .m_methods = methods};

PyMODINIT_FUNC PyInit__arrays(void) {
    import_array();
    return PyModule_Create(&module);
}
