"""The JSON schemas of docs/schemas, and what they say of a document."""

import json
import pathlib

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parents[2]
SUFFIX = ".schema.json"
SCHEMAS = {path.name: json.loads(path.read_text(encoding="utf-8"))
           for path in sorted((ROOT / "docs" / "schemas").glob("*" + SUFFIX))}
DRAFT = "https://json-schema.org/draft/2020-12/schema"


def validator(name):
    """Of the schema docs/schemas/NAME.schema.json.

    All schemas lie in one, where $ref finds them by their $id: that needs none of the ways to
    find other files, which differ between the versions of python3-jsonschema.
    """
    return jsonschema.Draft202012Validator(
        {"$schema": DRAFT, "$defs": SCHEMAS, "$ref": name + SUFFIX})


def complaints(name, document):
    """What is wrong with a document, as 'path: reason'."""
    found = []
    for error in validator(name).iter_errors(document):
        deepest = jsonschema.exceptions.best_match([error])
        reason = deepest.message
        if len(reason) > 300:  # it begins with a part of the document
            reason = "... " + reason[-200:]
        found.append(f"{deepest.json_path}: {reason}")
    return found


def target_of(reference, file):
    """(schema, file that it stands in) of a $ref within a file."""
    other, _, pointer = reference.partition("#")
    file = other or file
    schema = SCHEMAS[file]
    for key in pointer.split("/")[1:]:
        schema = schema[key]
    return schema, file


def slim(value):
    """The value with one item of each list of objects, the one that says most."""
    if isinstance(value, dict):
        return {key: slim(item) for key, item in value.items()}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [slim(max(value, key=lambda item: len(json.dumps(item))))]
    return value


class Mutations:
    """Damages documents in every place, once for each place that documents of a schema have."""

    def __init__(self):
        self._done = set()  # (schema, path)
        self.count = 0

    def accepted(self, name, document):
        """The damages that the schema does not notice, as 'path: what was done'."""
        document = slim(document)
        check = validator(name)
        missed = []
        for path, damage, restore, what in list(self._damages(name, document, "$")):
            damage()
            if check.is_valid(document):
                missed.append(f"{path}: {what}")
            restore()
            self.count += 1
        return missed

    def _damages(self, name, value, path):
        if isinstance(value, list):
            for item in value[:1]:
                yield from self._damages(name, item, path + "[]")
        if not isinstance(value, dict):
            return
        if self._is_new(name, path):
            yield (path, lambda: value.update(no_such_field=1),
                   lambda: value.pop("no_such_field"), "a field more")
        for key, old in list(value.items()):
            here = f"{path}.{key}"
            if self._is_new(name, here):
                yield (here, lambda key=key: value.pop(key),
                       lambda key=key, old=old: value.update({key: old}), "left out")
                for wrong in ({}, [[]]):
                    if isinstance(wrong, type(old)):
                        continue
                    yield (here, lambda key=key, wrong=wrong: value.update({key: wrong}),
                           lambda key=key, old=old: value.update({key: old}),
                           f"{json.dumps(wrong)} instead")
            yield from self._damages(name, old, here)

    def _is_new(self, name, path):
        is_new = (name, path) not in self._done
        self._done.add((name, path))
        return is_new
