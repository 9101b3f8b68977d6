"""Malformed inputs of every kind, each with all that may be said about it.

A table by kind of input: manifests, audit files, predictions, model files, options of
adapters, folders. Used by ``tests/cli``.
"""
