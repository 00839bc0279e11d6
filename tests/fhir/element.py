# element.py - one element of a source, and all values that it may have become
# SPDX-License-Identifier: Apache-2.0
#
# The part of the walk (walk.py) that knows lists: which value of the target is
# beside which of the source, and when it is the extension that must have it.

from tests.fhir import homes


def listed(value):
    return value if isinstance(value, list) else [] if value is None \
        else [value]


class Slot:
    """One value of the target: a member, or one in a member's list."""

    def __init__(self, holder, key, index=None):
        self.value, self.under = holder.get(key), holder.get(f"_{key}")
        self.mark = (id(holder), key)
        if index is not None:
            self.mark = (id(self.value), index)
            self.value = listed(self.value)[index:index + 1]
            self.value = self.value[0] if self.value else None
            under = listed(self.under)[index:index + 1]
            self.under = under[0] if under else None


def slots(holder, key):
    """All values of a member, in their order."""
    value, under = holder.get(key), holder.get(f"_{key}")
    if isinstance(value, list) or isinstance(under, list):
        return [Slot(holder, key, i)
                for i in range(max(len(listed(value)), len(listed(under))))]
    return [Slot(holder, key)] if value is not None or under is not None \
        else []


def follow(holder, path):
    """All values at a dotted path, in their order."""
    name, _, rest = path.partition(".")
    found = slots(holder, name)
    if not rest:
        return found
    return [s for f in found if isinstance(f.value, dict)
            for s in follow(f.value, rest)]


def texts(value):
    """All leaves of a value, as text."""
    if isinstance(value, dict):
        return {t for v in value.values() for t in texts(v)}
    if isinstance(value, list):
        return {t for v in value for t in texts(v)}
    return {str(value)} if value is not None else set()


class Element:
    def __init__(self, walk, at, row, kind, key, mine, theirs):
        self.walk, self.at, self.row, self.kind = walk, at, row, kind
        self.key, self.mine, self.theirs = key, mine, theirs
        self.path = f"{row.path}.{key}"
        self.becomes = row.other.types[0] if len(row.other.types) == 1 \
            else kind

    # ---- where it may be ----

    def homes(self):
        """Every slot that the tables, or a hand, may have put it into."""
        places = homes.PLACES[self.walk.step].get(self.path)
        if places:
            return [s for p in places for s in follow(
                self.walk.roots[-1][1] if p[0] == "^" else self.theirs,
                p.lstrip("^"))]
        name = self.row.other.name
        if not name:
            return []
        if not self.row.other.choice:
            return slots(self.theirs, name)
        exact = name + self.kind[:1].upper() + self.kind[1:]
        names = [k for k in self.theirs if k == exact] or [
            k for k in self.theirs if k.startswith(name) and
            k[len(name):len(name) + 1].isupper()]
        return [s for n in names for s in slots(self.theirs, n)]

    def holders(self):
        """Objects whose extension may keep it: what holds the element, and
        what stands beside or below it there."""
        yield self.theirs
        for value in list(self.theirs.values()):
            for one in listed(value):
                if isinstance(one, dict) and "resourceType" not in one:
                    yield one
        if self.path in homes.PLACES[self.walk.step]:
            yield self.walk.roots[-1][1]
        for place in homes.KEEPERS.get(self.path, ()):
            for slot in follow(self.walk.roots[-1][1], place):
                yield slot.value or {}

    def urls(self):
        yield self.row.url
        yield from homes.ALSO.get(self.path, ())

    def extensions(self):
        """Those that name the element, also as a part of what holds it."""
        whole = self.row.url.rpartition(".")[0]
        for holder in self.holders():
            for key in ("modifierExtension", "extension"):
                for one in listed(holder.get(key)):
                    if not isinstance(one, dict):
                        continue
                    if one.get("url") in self.urls():
                        yield one
                    elif one.get("url") == whole:
                        yield from (e for e in listed(one.get("extension"))
                                    if e.get("url") == self.row.one.name)

    # ---- walking ----

    def walk_items(self, items):
        found = self.homes()
        if len(items) == len(found):
            for n, (item, slot) in enumerate(zip(items, found)):
                self.one(self.name(n, items), item, slot)
        elif not self.joined(items, found):
            self.spread(items, found)

    def name(self, n, items):
        return f"{self.at}[{n}]" if len(items) > 1 else self.at

    def spread(self, items, found):
        """Other lengths: each value has a slot of its own, in their order, or
        an extension."""
        rest = list(found)
        for n, item in enumerate(items):
            for i, slot in enumerate(rest):
                if self.tried(self.same, self.at, item, slot):
                    self.kept(item)
                    del rest[i]
                    break
            else:
                if not self.elsewhere(item, found):
                    self.lost(self.name(n, items), item, found)
            for slot in found:
                self.stands_for(item, slot)

    def one(self, at, item, slot):
        if self.tried(self.same, at, item, slot):
            self.kept(item)     # an original may be kept besides
        elif not self.elsewhere(item, [slot]):
            self.same(at, item, slot)

    def elsewhere(self, item, found):
        """Is it kept in an extension, or is there another good reason why it
        does not stand in its place?"""
        if self.kept(item):
            for slot in found:
                self.stands_for(item, slot)
            if self.scatters(item):
                for key in item[0]:
                    self.tried(self.scattered, {key: item[0][key]})
            return True
        if self.superseded(item, found) or self.repeated(item):
            return True
        dropped = homes.DROPPED.get((self.walk.step, self.path))
        if dropped and dropped(self.mine, self.walk.roots[-1][0]):
            return True
        if str(item[0]) in homes.IMPLIED.get((self.walk.step, self.path), ()):
            return True
        return self.scatters(item) and self.tried(self.scattered, item[0])

    def lost(self, at, item, found):
        """Told as exactly as one can be."""
        if len(found) == 1:
            self.same(at, item, found[0])
        elif self.scatters(item):
            self.scattered(item[0])
        else:
            self.walk.fail(at, f"{str(item[0] or item[1])[:80]} is gone")

    def scatters(self, item):
        """Are the members of the object put somewhere else, each for its
        own?"""
        return isinstance(item[0], dict) and any(
            path.startswith(self.path + ".")
            for path in homes.PLACES[self.walk.step])

    def scattered(self, mine):
        self.walk.members(mine, self.theirs, self.row.inside or self.kind,
                          self.at)

    def superseded(self, item, found):
        """It was made from an original that came along and is back now."""
        mine, under = item
        came = [e for e in (under or {}).get("extension", ())
                if self.walk.brings_back(e)]
        if isinstance(mine, dict):
            came += [e for e in mine.get("extension", ())
                     if self.walk.brings_back(e)]
        return bool(came) and all(
            any(self.tried(self.walk.came_back, self.at, e, slot)
                for slot in found) for e in came)

    def repeated(self, item):
        """It says again what a neighbour says, who stays."""
        other = homes.REPEATS.get((self.walk.step, self.path))
        return other and item[0] in listed(self.mine.get(other))

    def tried(self, walk, *args):
        return self.walk.tried(walk, *args)

    def same(self, at, item, slot):
        self.walk.same(at, item, slot, self.row, self.kind, self.becomes,
                       self.path)

    def stands_for(self, item, slot):
        """What the source says whole in an extension may be said in part."""
        mine = texts(item[0])
        row = self.row
        if isinstance(slot.value, (dict, list)):
            for _, holder, key in self.walk.leaves(slot.value):
                if str(holder[key]) in mine or any(self.walk.agree(
                        self.at, m, holder[key], row, self.path)
                        for m in mine):
                    self.walk.mark_at(holder, key)
        elif slot.value is not None and any(self.walk.agree(
                self.at, m, slot.value, row, self.path) for m in mine):
            self.walk.mark(slot)

    def joined(self, items, found):
        """Several texts as one: names by blanks, notes line by line."""
        if len(found) != 1:
            return False
        whole = found[0]
        if isinstance(whole.value, dict):   # the first has them all
            whole = Slot(whole.value, "text")
        if not isinstance(whole.value, str):
            return False
        said = [i[0].get("text") if isinstance(i[0], dict) else i[0]
                for i in items]
        if None in said or whole.value not in (
                " ".join(said), "\n".join(said)):
            return False
        for item in items:
            if not self.kept(item) and isinstance(item[0], dict) and \
                    set(item[0]) != {"text"}:
                return False
        self.stands_for(items[0], found[0])
        self.walk.mark(whole)
        return True

    # ---- extensions ----

    def kept(self, item):
        """Does an extension of this element have the value? It may stand in
        one that was used before: equal values need be kept once."""
        every = self.unused_first(self.extensions())
        return any(self.tried(self.inside, item, one) for one in every)

    def unused_first(self, extensions):
        return sorted(extensions, key=lambda one:
                      (id(one), "url") in self.walk.used)

    def inside(self, item, extension):
        """The value is what the extension holds, whole."""
        mine, under = item
        self.walk.mark_at(extension, "url")
        for key in extension:
            if key.removeprefix("_").startswith("value"):
                slot = Slot(extension, key.removeprefix("_"))
                return self.walk.same(
                    self.at, item, slot, self.plain(), self.kind,
                    key.removeprefix("_")[5:], "")
        if not isinstance(mine, dict):
            return self.walk.fail(self.at, "not in the extension")
        for key, value in mine.items():
            self.parts(extension, key, value)
        return None

    def plain(self):
        """The row, without its codes: an original keeps its word."""
        return self.row._replace(codes={})

    def parts(self, extension, key, value):
        """The members of an object as nested extensions."""
        if key == "extension":
            self.walk.extensions(self.at, [(v, None) for v in listed(value)],
                                 extension, key)
        if key in ("fhir_comments", "extension"):
            return
        inner = [e for e in extension.get("extension", ()) if e.get("url")]
        inner = [e for e in inner if key == e["url"]] or \
            [e for e in inner if key.startswith(e["url"])]
        for one in listed(value):
            if not any(self.tried(self.part, one, e)
                       for e in self.unused_first(inner)):
                self.walk.fail(f"{self.at}.{key}", "not in the extension")

    def part(self, value, extension):
        self.walk.mark_at(extension, "url")
        for key in extension:
            if key.startswith("value"):
                return self.walk.same(self.at, (value, None),
                                      Slot(extension, key), None, key[5:],
                                      key[5:], "")
        if not isinstance(value, dict):
            return self.walk.fail(self.at, "not in the extension")
        for key, inner in value.items():
            self.parts(extension, key, inner)
        return None
