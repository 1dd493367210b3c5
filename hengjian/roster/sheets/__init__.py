"""Spreadsheets in and out: .xlsx, .csv, folders and zips of .csv, each refusal with its cell.

Every importer uses this: :mod:`reading` gives raw tables, :mod:`columns` types their cells,
:mod:`report` says which cell was refused and what to do, :mod:`writing` writes them.
"""
