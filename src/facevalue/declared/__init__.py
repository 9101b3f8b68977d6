"""Files that people write for us in YAML: audit files and scenarios, read with their lines.

Shared by `audits` and `simulate`, which do not know each other. May import `errors` only.
Must never build more than plain data, and tells every fault at once with its line.
"""

from facevalue.declared.faults import MisfitsError
from facevalue.declared.model import Declared, checked, json_schema
from facevalue.declared.yamlfile import YamlFile, parse_yaml, read_yaml

__all__ = [
    "Declared",
    "MisfitsError",
    "YamlFile",
    "checked",
    "json_schema",
    "parse_yaml",
    "read_yaml",
]
