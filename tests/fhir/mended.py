# mended.py - what becomes of a record that is read leniently, told the slow way
# SPDX-License-Identifier: Apache-2.0
#
# The oracle of the conversion from a version to itself: one value where a list
# belongs is wrapped and the other way round, numbers and booleans in quotes
# become what they are, empty values go. What has another shape than elements.tsv says is left alone.

from tests.fhir import validate

KINDS = {"boolean": ("true", "false")}
NUMBERS = {"integer", "decimal", "positiveInt", "unsignedInt"}
MODELS = {}


def empty(value):
    return value in ("", None) or value == {} or value == [] or \
        (isinstance(value, list) and all(v is None for v in value))


def one(model, value, path, kind, number):
    """A single value of an element."""
    same = model.el[path][3]
    if isinstance(value, dict):
        if "resourceType" in value:
            return mended(value, model.ver, number)
        inner = same or (path if kind in ("BackboneElement", "Element", "")
                         else kind)
        return members(model, value, inner, number)
    if kind in KINDS and value in KINDS[kind]:
        return value == "true"
    if kind in NUMBERS and type(value) is str:
        try:
            float(value)
            return number(value)
        except ValueError:
            return value
    return value


def members(model, holder, path, number):
    table, out = model.table(path), {}
    for name, value in holder.items():
        hit = table.get(name.removeprefix("_"))
        if hit is None:
            out[name] = value
            continue
        where, kind = hit
        _, most, types, *_ = model.el[where]
        kind = kind or (types[0].split("(")[0] if types else "")
        if most == "*" and not isinstance(value, list):
            value = [value]
        elif most != "*" and isinstance(value, list) and len(value) == 1:
            value = value[0]
        if name.startswith("_"):
            kind = "Element"
        if isinstance(value, list):
            value = [one(model, v, where, kind, number) for v in value]
            if any(isinstance(v, dict) for v in value) and name[0] != "_":
                value = [v for v in value if not empty(v)]
        else:
            value = one(model, value, where, kind, number)
        if not empty(value):
            out[name] = value
    return out


def mended(resource, version, number=float):
    """A resource as it must leave. number: how the text of one is kept."""
    if version not in MODELS:
        MODELS[version] = validate.Model(version)
    model, kind = MODELS[version], resource.get("resourceType")
    return members(model, resource, kind, number) if kind in model.kids \
        else resource
