/* map_coverage_class.c - groups and plans of a Coverage in DSTU2, STU3 and R4
 * SPDX-License-Identifier: Apache-2.0 */
#include "fhir/map_coverage.h"

#define CLASSES "http://terminology.hl7.org/CodeSystem/coverage-class"

static const struct map_value nothing = { NULL, NULL };

/* In STU3's order. */
const struct coverage_kind coverage_kinds[COVERAGE_PAIRS] = {
	{ "group", "groupDisplay", "group", true },
	{ "subGroup", "subGroupDisplay", "subgroup", false },
	{ "plan", "planDisplay", "plan", true },
	{ "subPlan", "subPlanDisplay", "subplan", true },
	{ "class", "classDisplay", "class", false },
	{ "subClass", "subClassDisplay", "subclass", false },
};

/* An extension of a resource, left where it is; the first with that URL. */
static struct tree_node *
extension_at(struct map_object *o, const char *url)
{
	struct tree_node *ext;

	tree_each(ext, tree_at(convert_object(o), NAME_extension))
	{
		if (str_is(tree_str(ext, "url"), url))
			return ext;
	}
	return NULL;
}

/* What the bin of DSTU2 says, where a version without one keeps it. */
static struct str
bin_kept(struct map_object *o)
{
	struct tree_node *ext =
	    extension_at(o, "http://hl7.org/fhir/1.0/StructureDefinition/"
			    "extension-Coverage.bin");

	return tree_str(tree_at(ext, NAME_valueIdentifier), "value");
}

/* ---- reading ------------------------------------------------------------------ */

struct coverage_pair
coverage_pair(struct tree_node *grouping, const struct coverage_kind *k)
{
	struct coverage_pair p = { tree_text(tree_get(grouping, k->id)),
		tree_text(tree_get(grouping, k->display)) };

	if (!p.value.len)
		p.value = p.name;
	return p;
}

static struct coverage_pair
pair_of_class(struct tree_node *class)
{
	return (struct coverage_pair){ tree_text(tree_at(class, NAME_value)),
		tree_text(tree_at(class, NAME_name)) };
}

/* A class without name is as good as one that is named by its value. */
static bool
same_pair(struct coverage_pair one, struct coverage_pair other)
{
	return str_eq(one.value, other.value) &&
	       str_eq(one.name.len ? one.name : one.value,
		   other.name.len ? other.name : other.value);
}

static unsigned
kind_named(struct str code)
{
	for (unsigned i = 0; i < COVERAGE_PAIRS; i++)
		if (str_is_nocase(code, coverage_kinds[i].code))
			return i;
	return str_is_nocase(code, "sequence") ? COVERAGE_SEQUENCE
	       : str_is_nocase(code, "rxbin")  ? COVERAGE_RXBIN
	                                       : COVERAGE_NO_KIND;
}

unsigned
coverage_kind(struct tree_node *type)
{
	struct tree_node *coding, *list = tree_at(type, NAME_coding);
	unsigned kind = COVERAGE_NO_KIND;

	tree_each(coding, list)
	{
		struct str system = tree_str(coding, "system");

		if (kind == COVERAGE_NO_KIND &&
		    (!system.at || str_is(system, CLASSES)))
			kind = kind_named(tree_str(coding, "code"));
	}
	return list ? kind : kind_named(tree_str(type, "text"));
}

static const char *
code_of(unsigned kind)
{
	return kind == COVERAGE_SEQUENCE ? "sequence"
	       : kind == COVERAGE_RXBIN  ? "rxbin"
	                                 : coverage_kinds[kind].code;
}

/* Nothing about the class is lost when only its pair is kept. */
static bool
is_plain(struct tree_node *class, unsigned kind)
{
	struct tree_node *type = tree_at(class, NAME_type);
	struct tree_node *list = tree_at(type, NAME_coding);
	struct tree_node *coding = tree_first(list);
	bool named = tree_at(class, NAME_name);

	return tree_count(class) == (named ? 3 : 2) && tree_count(type) == 1 &&
	       tree_count(list) == 1 && tree_count(coding) == 2 &&
	       str_is(tree_str(coding, "system"), CLASSES) &&
	       str_is(tree_str(coding, "code"), code_of(kind)) &&
	       (kind < COVERAGE_PAIRS || !named);
}

/* ---- STU3 to R4 ---------------------------------------------------------------- */

static struct tree_node *
class_of(struct convert *c, unsigned kind, struct coverage_pair p)
{
	struct arena *a = convert_arena(c);
	struct tree_node *n = tree_object(a);

	tree_put(a, n, "type",
	    convert_concept(
		c, convert_coding(c, CLASSES, str_of(code_of(kind)))));
	tree_put(a, n, "value", tree_string(a, p.value));
	if (p.name.len)
		tree_put(a, n, "name", tree_string(a, p.name));
	return n;
}

/* Is the class among those that R4 had, saying the same? */
static bool
is_kept(struct tree_node *kept, unsigned kind, struct coverage_pair p)
{
	struct tree_node *n;

	tree_each(n, kept)
	{
		if (coverage_kind(tree_at(n, NAME_type)) == kind &&
		    same_pair(pair_of_class(n), p))
			return true;
	}
	return false;
}

static void
add_class(struct convert *c, struct tree_node *list, struct tree_node *kept,
    unsigned kind, struct coverage_pair p)
{
	if (p.value.len && !is_kept(kept, kind, p))
		tree_append(list, class_of(c, kind, p));
}

bool
coverage_whole(struct tree_node *grouping, bool dstu2)
{
	size_t n = 0;

	for (size_t i = 0; i < COVERAGE_PAIRS; i++) {
		struct str id = tree_str(grouping, coverage_kinds[i].id);
		struct str display =
		    tree_str(grouping, coverage_kinds[i].display);

		if (!id.at && !display.at)
			continue;
		if (!id.len || !display.len ||
		    (dstu2 &&
			(!coverage_kinds[i].dstu2 || !str_eq(id, display))))
			return false;
		n += 2;
	}
	return tree_count(grouping) == n;
}

void
coverage_class_up(struct convert *c, struct map_object *o)
{
	struct map_value *grouping = convert_slot(o, NAME_grouping);
	struct map_value *sequence = convert_slot(o, NAME_sequence);
	struct map_value *kept = convert_back(o, NAME_class);
	struct tree_node *list = tree_array(convert_arena(c)), *n;
	struct coverage_pair p = { tree_text(sequence->value), STR_NONE };

	for (unsigned i = 0; i < COVERAGE_PAIRS; i++)
		add_class(c, list, kept->value, i,
		    coverage_pair(grouping->value, &coverage_kinds[i]));
	add_class(c, list, kept->value, COVERAGE_SEQUENCE, p);
	p.value = bin_kept(o);
	add_class(c, list, kept->value, COVERAGE_RXBIN, p);
	while ((n = tree_first(kept->value)))
		tree_append(list, n);
	convert_put(o, "class", (struct map_value){ list, NULL });
	*kept = nothing;
	if (coverage_whole(grouping->value, false))
		*grouping = nothing;
	if (!sequence->under)
		*sequence = nothing;
}

/* ---- R4 to STU3 ---------------------------------------------------------------- */

struct gathering {
	struct coverage_pair pairs[COVERAGE_PAIRS];
	struct coverage_pair sequence;
	struct str bin;
	bool twice; /* two classes say the same */
};

/* Takes what STU3 has a place for; false: the class itself must be kept. */
static bool
gather(struct gathering *g, struct tree_node *class)
{
	unsigned kind = coverage_kind(tree_at(class, NAME_type));
	struct coverage_pair p = pair_of_class(class), *known;

	if (kind == COVERAGE_NO_KIND || !p.value.len)
		return false;
	if (kind == COVERAGE_RXBIN)
		return str_eq(p.value, g->bin) && is_plain(class, kind);
	known = kind == COVERAGE_SEQUENCE ? &g->sequence : &g->pairs[kind];
	if (known->value.at) {
		g->twice = g->twice || same_pair(*known, p);
		return false;
	}
	*known = p;
	return is_plain(class, kind);
}

/* How many classes from the first on need not be kept. Those that come back
 * come first and in the order of the coverage_kinds: a list in another order is kept
 * whole. */
static size_t
gather_all(struct gathering *g, struct tree_node *list)
{
	struct tree_node *class;
	unsigned kind, last = 0;
	size_t n = 0, at = 0;

	tree_each(class, list)
	{
		kind = coverage_kind(tree_at(class, NAME_type));
		if (gather(g, class)) {
			if (at != n || kind < last)
				last = COVERAGE_NO_KIND;
			else
				last = kind;
			n++;
		}
		at++;
	}
	return last == COVERAGE_NO_KIND || g->twice ? 0 : n;
}

/* Is the grouping that STU3 once had still what the classes say? */
static bool
still_true(const struct gathering *g, struct tree_node *grouping)
{
	for (size_t i = 0; i < COVERAGE_PAIRS; i++)
		if (!same_pair(coverage_pair(grouping, &coverage_kinds[i]),
			g->pairs[i]))
			return false;
	return grouping;
}

static struct tree_node *
grouping_of(struct convert *c, const struct gathering *g)
{
	struct arena *a = convert_arena(c);
	struct tree_node *n = tree_object(a);

	for (size_t i = 0; i < COVERAGE_PAIRS; i++) {
		struct coverage_pair p = g->pairs[i];

		if (!p.value.at)
			continue;
		tree_put(a, n, coverage_kinds[i].id, tree_string(a, p.value));
		tree_put(a, n, coverage_kinds[i].display,
		    tree_string(a, p.name.len ? p.name : p.value));
	}
	return n;
}

void
coverage_class_down(struct convert *c, struct map_object *o)
{
	struct map_value *classes = convert_slot(o, NAME_class);
	struct map_value *kept = convert_back(o, NAME_grouping);
	struct map_value *sequence = convert_back(o, NAME_sequence);
	struct gathering g = { .bin = bin_kept(o) };
	struct tree_node *list = tree_array(convert_arena(c));

	if (tree_is(classes->value, TREE_OBJECT)) { /* one for a list */
		tree_append(list, classes->value);
		classes->value = list;
	}
	for (size_t n = gather_all(&g, classes->value); n; n--)
		tree_remove(tree_first(classes->value));
	if (!tree_first(classes->value))
		*classes = nothing;
	if (!still_true(&g, kept->value))
		kept->value = grouping_of(c, &g);
	convert_put(o, "grouping", *kept);
	*kept = nothing;
	if (!g.sequence.value.at ||
	    str_eq(g.sequence.value, tree_text(sequence->value)))
		return;
	*sequence = nothing;
	sequence->value = tree_string(convert_arena(c), g.sequence.value);
}
