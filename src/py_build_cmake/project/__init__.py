"""What the project is made of, and the plan of its build.

* :mod:`.module`: where the Python module is, and which files belong to it.
* :mod:`.metadata`: core metadata from the ``[project]`` table.
* :mod:`.project_table`: what that table may say.
* :mod:`.dynamic`: version and description from the sources.
* :mod:`.completion`: the ``[project]`` table with its dynamic fields.
* :mod:`.plugins`: fields that plugins for metadata compute.
* :mod:`.import_names`: the names under which a project can be imported.
* :mod:`.scm`: the version that the tags of a checkout say.
* :mod:`.git`: what git says of a checkout.
* :mod:`.revision`: the commit that a project was made from.
* :mod:`.templates`: files that are made from templates.
* :mod:`.files`: the files of a project, and patterns that select them.
* :mod:`.tracked`: the files that git tracks.
* :mod:`.sdist_files`: which files a source distribution holds.
* :mod:`.cache_keys`: which changes make uv build again.
* :mod:`.cmake_lists`: what a ``CMakeLists.txt`` says without being run.
* :mod:`.external`: what a project needs that no Python index has.
* :mod:`.plan`: everything that can be decided before anything is compiled.
"""
