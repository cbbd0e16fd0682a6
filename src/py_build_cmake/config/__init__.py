"""The configuration: its schema, how its layers combine, and how it is loaded.

* :mod:`.schema`: every option: its type, its default, its documentation.
* :mod:`.kinds`: the kinds of values, and what overrides do to them.
* :mod:`.dictionaries`: kinds of tables whose keys the user chooses: CMake options, environment
  variables.
* :mod:`.settings`: config settings of a front end, and the environment that stands in for them.
* :mod:`.sources`: all files and settings, in the order in which later ones override earlier ones.
* :mod:`.habits`: what users of other build backends write, and what to write here.
* :mod:`.near_misses`: tables whose names are probably misspelt names of this program's tables.
* :mod:`.checkouts`: settings of a checkout that its source distribution does not have.
* :mod:`.overrides`: the grammar of overrides and ``.pbc`` files.
* :mod:`.read`: a layer as a tree of edits, with all its mistakes.
* :mod:`.layers`: edits of options in a tree of tables, and how trees are merged.
* :mod:`.conditions`: when the tables of ``when`` hold.
* :mod:`.evaluate`: merged tables as records, and where every value comes from.
* :mod:`.native_args`: ``CMAKE_ARGS`` as a layer of native builds.
* :mod:`.conan_tables`: the tables of Conan, and the CMake configurations in them.
* :mod:`.cross`: what completes a cross configuration, and what contradicts it.
* :mod:`.load`: the way from the sources to the ``ProjectConfig``.
* :mod:`.companions`: the configuration of stubs and component projects.
* :mod:`.tool_schema`: the JSON schemas in the package, and the plugin of validate-pyproject.
"""
