"""Files that people write for us in YAML: audit files and scenarios, read with their lines.

Shared by `audits` and `simulate`, which do not know each other. May import `errors` only.
Must never build more than plain data, and tells every fault at once with its line.
"""

from facevalue.declared.faults import MisfitsError, problems_of
from facevalue.declared.yamlfile import YamlFile, parse_yaml, read_yaml

__all__ = ["MisfitsError", "YamlFile", "parse_yaml", "problems_of", "read_yaml"]
