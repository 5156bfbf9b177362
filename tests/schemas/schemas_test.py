"""The schemas by themselves: they are valid, strict and described, and fit the golden files."""

import json
import re
import unittest

import jsonschema

from check_commands import GOLDEN_FILES, RUNS, command_of
from schemas import DRAFT, ROOT, SCHEMAS, SUFFIX, Mutations, complaints, target_of

# Fields that a flag adds or takes away; all others are always there.
OPTIONAL = {
    "conditions": {"offsets_ns", "values"},          # results --telemetry
    "model-show": {"measured_inputs", "layers"},     # model show --brief
}


def parts(schema, path="#"):
    """(path, schema) of a schema and of all that describe a part of its documents."""
    yield path, schema
    for key in ("properties", "$defs"):
        for name, part in schema.get(key, {}).items():
            yield from parts(part, f"{path}/{key}/{name}")
    if "items" in schema:
        yield from parts(schema["items"], path + "/items")
    for number, part in enumerate(schema.get("anyOf", [])):
        yield from parts(part, f"{path}/anyOf/{number}")


ALL_PARTS = [(file, path, part) for file, schema in SCHEMAS.items() for path, part in parts(schema)]


def is_described(schema, file):
    if "description" in schema:
        return True
    return "$ref" in schema and is_described(*target_of(schema["$ref"], file))


class Schemas(unittest.TestCase):
    def test_they_are_schemas(self):
        for file, schema in SCHEMAS.items():
            with self.subTest(file):
                jsonschema.Draft202012Validator.check_schema(schema)
                self.assertEqual((schema["$schema"], schema["$id"]), (DRAFT, file))
                self.assertTrue(schema["title"] and schema["description"])

    def test_each_is_of_a_command_or_a_part_of_another(self):
        used = {run.schema + SUFFIX for run in RUNS if run.schema}
        used |= set(re.findall(r'"([a-z-]+\.schema\.json)[#"]', json.dumps(
            [{key: part for key, part in schema.items() if key != "$id"}
             for schema in SCHEMAS.values()])))
        self.assertEqual(sorted(SCHEMAS), sorted(used))

    def test_the_table_for_readers_says_which_is_of_which_command(self):
        page = (ROOT / "docs" / "schemas" / "README.md").read_text(encoding="utf-8")
        table = {command: schema for row, schema in re.findall(
            r"^\| (`.*`) \| \[([a-z-]+)\.schema\.json\]", page, re.MULTILINE)
            for command in row.strip("`").split("`, `")}
        documents = [run for run in RUNS if run.schema]
        for run in documents:
            with self.subTest(run.call):
                self.assertEqual(table.get(command_of(run.call, table)), run.schema)
        self.assertEqual(set(table), {command_of(run.call, table) for run in documents})

    def test_references_lead_somewhere(self):
        for file, path, part in ALL_PARTS:
            if "$ref" in part:
                with self.subTest(file + path):
                    self.assertIsInstance(target_of(part["$ref"], file)[0], dict)

    def test_objects_have_all_their_fields_and_no_others(self):
        for file, path, part in ALL_PARTS:
            if "properties" not in part:
                continue
            with self.subTest(file + path):
                optional = OPTIONAL.get(file[:-len(SUFFIX)], set())
                self.assertIs(part["additionalProperties"], False)
                self.assertEqual([name for name in part["properties"] if name not in optional],
                                 part["required"])

    def test_every_field_is_described(self):
        for file, path, part in ALL_PARTS:
            for name, field in part.get("properties", {}).items():
                with self.subTest(f"{file}{path}/{name}"):
                    self.assertTrue(is_described(field, file))

    def test_every_field_is_in_the_documents_for_readers(self):
        page = (ROOT / "docs" / "results-schema.md").read_text(encoding="utf-8")
        code = " ".join(page.partition("\n## JSON\n")[2].split("`")[1::2])
        words = set(re.findall(r"\w+", code))
        for file, path, part in ALL_PARTS:
            for name in part.get("properties", {}):
                with self.subTest(f"{file}{path}/{name}"):
                    self.assertTrue(name in words, "not in docs/results-schema.md")

    def test_golden_files_fit_and_damaged_ones_do_not(self):
        files = sorted((ROOT / "tests" / "golden").glob("*.json"))
        self.assertEqual([file.name for file in files], sorted(GOLDEN_FILES))
        mutations = Mutations()
        for file in files:
            document = json.loads(file.read_text(encoding="utf-8"))
            with self.subTest(file.name):
                self.assertEqual(complaints(GOLDEN_FILES[file.name], document), [])
                self.assertEqual(mutations.accepted(GOLDEN_FILES[file.name], document), [])
        self.assertGreater(mutations.count, 1000)


if __name__ == "__main__":
    unittest.main()
