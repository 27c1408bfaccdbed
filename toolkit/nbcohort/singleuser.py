"""`python -m nbcohort.singleuser`: JupyterHub's server of one person, ready a second sooner.

Jupyter's servers import jsonschema, which compiles a grammar of addresses that nothing in Jupyter has checked
(jupyter_server issue 1559): half of the time that their imports take. Here it is not compiled.
"""

from nbcohort.grading.forked.inside.without import GRAMMAR, without

if __name__ == "__main__":
    with without(GRAMMAR):
        import jsonschema  # type: ignore[import-untyped]  # noqa: F401
    from jupyterhub.singleuser import main

    main()
