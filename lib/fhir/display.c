/* display.c - names and texts that an answer shows and a provider left out
 * SPDX-License-Identifier: Apache-2.0 */
#include "fhir/display.h"

#include <stdlib.h>
#include <string.h>

#include "fhir/display_place.h"
#include "fhir/iface.h"

#define D FHIR_BIT(FHIR_DSTU2)
#define S FHIR_BIT(FHIR_STU3)
#define R FHIR_BIT(FHIR_R4)

/* ---- what is shown ----------------------------------------------------------- */

enum act {
	CODE,   /* text and coding[0].display complete each other */
	REFER,  /* display of a reference */
	PLACES, /* the present one first */
};

struct shown {
	unsigned versions;
	enum act act;
	enum name path[2]; /* lists on the way: each of their elements */
};

/* clang-format off */
static const struct shown patient[] = {
	{ D, REFER, { NAME_careProvider } },
	{ S | R, REFER, { NAME_generalPractitioner } },
};
static const struct shown observation[] = {
	{ FHIR_ALL, CODE, { NAME_code } },
	{ FHIR_ALL, CODE, { NAME_component, NAME_code } },
};
static const struct shown condition[] = {
	{ FHIR_ALL, CODE, { NAME_code } },
	{ FHIR_ALL, CODE, { NAME_severity } },
};
static const struct shown encounter[] = {
	{ FHIR_ALL, CODE, { NAME_type } },
	{ FHIR_ALL, PLACES, { NAME_location } },
	{ FHIR_ALL, REFER, { NAME_location, NAME_location } },
};
static const struct shown allergy[] = {
	{ D, CODE, { NAME_substance } },
	{ S | R, CODE, { NAME_code } },
	{ FHIR_ALL, CODE, { NAME_reaction, NAME_substance } },
	{ FHIR_ALL, CODE, { NAME_reaction, NAME_manifestation } },
};
static const struct shown order[] = {
	{ D, CODE, { NAME_medicationCodeableConcept } },
	{ D, REFER, { NAME_medicationReference } },
	{ D, REFER, { NAME_prescriber } },
};
static const struct shown request[] = {
	{ S | R, CODE, { NAME_medicationCodeableConcept } },
	{ S | R, REFER, { NAME_medicationReference } },
	{ S, REFER, { NAME_requester, NAME_agent } },
	{ R, REFER, { NAME_requester } },
};
static const struct shown coverage[] = {
	{ D, REFER, { NAME_issuer } },
	{ S | R, REFER, { NAME_payor } },
};

#define ROWS(x) x, COUNT(x)
static const struct {
	const char *type;
	const struct shown *rows;
	size_t n;
} types[] = {
	{ "Observation", ROWS(observation) },
	{ "Condition", ROWS(condition) },
	{ "Encounter", ROWS(encounter) },
	{ "AllergyIntolerance", ROWS(allergy) },
	{ "MedicationOrder", ROWS(order) },
	{ "MedicationRequest", ROWS(request) },
	{ "Coverage", ROWS(coverage) },
	{ "Patient", ROWS(patient) },
};
/* clang-format on */

/* ---- adding, within bounds ----------------------------------------------------- */

static bool
says(struct tree_node *n)
{
	return tree_is(n, TREE_STRING) && tree_text(n).len > 0;
}

static bool
give(struct display *d, struct tree_node *to, const char *name, struct str text)
{
	size_t cost = text.len + sizeof ",\"display\":\"\"";

	if (text.len > DISPLAY_BYTES_MAX || cost > d->room)
		return false;
	d->room -= cost;
	tree_put(d->a, to, name, tree_string(d->a, text));
	return true;
}

static void
complete_code(struct display *d, struct tree_node *code)
{
	struct tree_node *coding = tree_at(code, NAME_coding);
	struct tree_node *first =
	    tree_is(coding, TREE_ARRAY) ? tree_first(coding) : coding;
	struct tree_node *text = tree_at(code, NAME_text);
	struct tree_node *display = tree_at(first, NAME_display);
	bool has_text = says(text), has_display = says(display);

	if (has_text == has_display || !tree_is(first, TREE_OBJECT))
		return;
	if (has_text && !tree_at(first, NAME__display))
		give(d, first, "display", tree_text(text));
	else if (has_display && !tree_at(code, NAME__text))
		give(d, code, "text", tree_text(display));
}

/* ---- which record a reference means ---------------------------------------------- */

/* With a type: that record of the provider. Without: one contained in `in`, or,
 * if `in` is NULL, the entry that has this fullUrl. */
struct key {
	const struct tree_node *in;
	struct str type, id;
};

struct display_want {
	struct key key;
	struct tree_node *reference;
	size_t order;
	bool answered; /* the first of those with this key: all of them */
};

/* Type/id or Type/id/_history/version. */
static bool
read_relative(struct str s, struct key *k)
{
	struct str rest, history, version = STR_NONE;

	k->type = str_cut(s, '/', &rest);
	k->id = rest.at ? str_cut(rest, '/', &rest) : STR_NONE;
	if (!display_known(k->type) || !iface_id(k->id))
		return false;
	if (!rest.at)
		return true;
	history = str_cut(rest, '/', &version);
	return str_is(history, "_history") && iface_id(version);
}

static bool
under(const struct links *l, struct str url, struct key *k)
{
	struct str rest;

	return l && links_under(l, url, &rest) && rest.len &&
	       read_relative((struct str){ rest.at + 1, rest.len - 1 }, k);
}

/* false: it cannot mean anything that has a name. */
static bool
read_key(const struct display *d, const struct tree_node *in, struct str s,
    struct key *k)
{
	k->in = NULL;
	if (str_starts(s, "#")) {
		*k = (struct key){ in, STR_NONE, { s.at + 1, s.len - 1 } };
		return k->id.len > 0;
	}
	if (!s.len || !memchr(s.at, ':', s.len))
		return read_relative(s, k);
	if (!under(d->base, s, k) && !under(d->called, s, k)) {
		k->type = STR_NONE;
		k->id = s;
	}
	return true;
}

static int
compare_str(struct str x, struct str y)
{
	size_t n = x.len < y.len ? x.len : y.len;
	int c = n ? memcmp(x.at, y.at, n) : 0;

	return c ? c : (x.len > y.len) - (x.len < y.len);
}

static int
compare_keys(const struct key *x, const struct key *y)
{
	int c = compare_str(x->id, y->id);

	if (!c)
		c = compare_str(x->type, y->type);
	return c ? c
	         : ((uintptr_t)x->in > (uintptr_t)y->in) -
	               ((uintptr_t)x->in < (uintptr_t)y->in);
}

/* ---- wanting ----------------------------------------------------------------------- */

static void
want(struct display *d, const struct tree_node *in, struct tree_node *reference)
{
	struct tree_node *said = tree_at(reference, NAME_reference);
	struct display_want *w;
	struct key k;

	if (!says(said) || says(tree_at(reference, NAME_display)) ||
	    tree_at(reference, NAME__display))
		return;
	d->bare++;
	if (d->wants_n == DISPLAY_WANTS_MAX ||
	    !read_key(d, in, tree_text(said), &k))
		return;
	if (d->wants_n == d->wants_cap) {
		size_t cap = d->wants_cap ? d->wants_cap * 2 : 16;

		d->wants = arena_grow(
		    d->a, d->wants, d->wants_cap * sizeof *w, cap * sizeof *w);
		d->wants_cap = cap;
	}
	w = &d->wants[d->wants_n];
	*w = (struct display_want){ k, reference, d->wants_n, false };
	d->wants_n++;
}

static void
act(struct display *d, const struct tree_node *in, enum act what,
    struct tree_node *n)
{
	if (what == CODE)
		complete_code(d, n);
	else if (what == REFER)
		want(d, in, n);
	else
		display_place_first(n);
}

/* Follows a path; a list stands for each of its elements, but for PLACES,
 * which is about the list. */
static void
reach(struct display *d, const struct tree_node *in, const struct shown *row,
    struct tree_node *n, unsigned depth)
{
	struct tree_node *one;

	if (!n)
		return;
	if (tree_is(n, TREE_ARRAY) && row->act != PLACES) {
		tree_each(one, n) if (one->kind == TREE_OBJECT)
		    reach(d, in, row, one, depth);
	} else if (depth < COUNT(row->path) && row->path[depth]) {
		reach(d, in, row, tree_at(n, row->path[depth]), depth + 1);
	} else {
		act(d, in, row->act, n);
	}
}

static void
look_at(struct display *d, struct tree_node *res)
{
	struct str type = tree_text(tree_at(res, NAME_resourceType));
	const struct shown *row;
	size_t i;

	for (i = 0; i < COUNT(types); i++)
		if (str_is(type, types[i].type))
			break;
	if (i == COUNT(types))
		return;
	for (row = types[i].rows; row < types[i].rows + types[i].n; row++)
		if (row->versions & FHIR_BIT(d->version))
			reach(d, res, row, res, 0);
}

/* ---- every resource of an answer ------------------------------------------------------ */

/* Calls back for root, or for what stands in it, however deep Bundles are put
 * into Bundles. */
static void
each_resource(struct display *d, struct tree_node *entry, struct tree_node *res,
    void (*see)(
	struct display *d, struct tree_node *entry, struct tree_node *res))
{
	struct tree_node *one;

	if (!str_is(tree_text(tree_at(res, NAME_resourceType)), "Bundle")) {
		see(d, entry, res);
		return;
	}
	tree_each(one, tree_at(res, NAME_entry))
	    each_resource(d, one, tree_at(one, NAME_resource), see);
}

static void
see_shown(struct display *d, struct tree_node *entry, struct tree_node *res)
{
	(void)entry;
	look_at(d, res);
}

/* ---- answering from what is there ------------------------------------------------------- */

static size_t
find(const struct display *d, const struct key *k)
{
	size_t low = 0, high = d->wants_n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (compare_keys(&d->wants[mid].key, k) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static size_t
end_of(const struct display *d, size_t from)
{
	size_t i = from + 1;

	while (i < d->wants_n &&
	       !compare_keys(&d->wants[i].key, &d->wants[from].key))
		i++;
	return i;
}

static void
hand_out(struct display *d, size_t from, size_t upto, struct str text)
{
	d->wants[from].answered = true;
	for (; from < upto; from++)
		if (give(d, d->wants[from].reference, "display", text))
			d->bare--;
}

static void
offer(struct display *d, const struct key *k, const struct tree_node *res)
{
	size_t from = find(d, k);
	struct str text;

	if (from == d->wants_n || compare_keys(&d->wants[from].key, k) ||
	    d->wants[from].answered || !(text = display_name(d->a, res)).len)
		return;
	hand_out(d, from, end_of(d, from), text);
}

static void
see_offered(struct display *d, struct tree_node *entry, struct tree_node *res)
{
	struct str type = tree_text(tree_at(res, NAME_resourceType));
	struct str id = tree_text(tree_at(res, NAME_id));
	struct str url = tree_text(tree_at(entry, NAME_fullUrl));
	struct tree_node *one;
	struct key k;

	tree_each(one, tree_at(res, NAME_contained))
	{
		k = (struct key){ res, STR_NONE,
			tree_text(tree_at(one, NAME_id)) };
		offer(d, &k, one);
	}
	if (!display_known(type))
		return;
	if (url.len && read_key(d, res, url, &k))
		offer(d, &k, res);
	else if (id.len)
		offer(d, &(struct key){ NULL, type, id }, res);
}

/* ---- what is left -------------------------------------------------------------------------- */

static int
by_key(const void *x, const void *y)
{
	const struct display_want *v = x, *w = y;
	int c = compare_keys(&v->key, &w->key);

	return c ? c : (v->order > w->order) - (v->order < w->order);
}

static int
by_order(const void *x, const void *y)
{
	const struct display_ask *v = x, *w = y;

	return (v->first > w->first) - (v->first < w->first);
}

static void
gather(struct display *d)
{
	size_t i, upto;

	d->asks = arena_get(d->a, d->wants_n * sizeof *d->asks);
	for (i = 0; i < d->wants_n; i = upto) {
		const struct display_want *w = &d->wants[i];

		upto = end_of(d, i);
		if (!w->answered && w->key.type.len)
			d->asks[d->n++] = (struct display_ask){ w->key.type,
				w->key.id, w->order, i, upto };
	}
	qsort(d->asks, d->n, sizeof *d->asks, by_order);
}

void
display_settle(struct display *d, struct tree_node *root)
{
	struct tree_node *one;

	d->room = DISPLAY_ROOM_MAX;
	d->asks = NULL;
	d->wants = NULL;
	d->n = d->bare = d->wants_n = d->wants_cap = 0;
	each_resource(d, NULL, root, see_shown);
	if (!d->wants_n)
		return;
	qsort(d->wants, d->wants_n, sizeof *d->wants, by_key);
	each_resource(d, NULL, root, see_offered);
	tree_each(one, d->aside)
	    each_resource(d, one, tree_at(one, NAME_resource), see_offered);
	gather(d);
}

void
display_put(struct display *d, size_t i, struct str text)
{
	if (text.len)
		hand_out(d, d->asks[i].from, d->asks[i].upto, text);
}
