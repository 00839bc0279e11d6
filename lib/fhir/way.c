/* way.c - who does what a face serves: the hospital, the gateway, or nobody
 * SPDX-License-Identifier: Apache-2.0 */
#include "fhir/way.h"

#include <string.h>

#include "fhir/search_map.h"
#include "fhir/search_plan.h"

#define SENTENCES_MAX ((size_t)8192)
#define COUNT_USUAL   50

struct telling {
	struct arena *a;
	const struct way_ask *ask;
	struct capability_truth *to;
};

/* ---- one search ---------------------------------------------------------- */

/* A search by p, and by the patient where the type demands it, planned. */
struct trial {
	enum iface_type type;
	const struct iface_param *p;
	const struct search_plan *plan;
	bool sent; /* p itself is asked of the server */
	bool here; /* the gateway looks through the records by p */
};

static struct str
sample(const struct iface_param *p)
{
	struct str rest;

	switch (p->kind) {
	case IFACE_DATE:
		return STR("2000-01-01");
	case IFACE_TOKEN:
		return p->codes ? str_cut(str_of(p->codes), ' ', &rest)
		                : STR("x");
	default:
		return STR("x");
	}
}

/* What has to stand beside p, or the search would not be run: NULL, nothing. */
static const struct iface_param *
beside(const struct telling *t, const struct trial *x)
{
	if (x->p->kind == IFACE_REFERENCE || x->p->kind == IFACE_ID ||
	    (!iface_resource(x->type)->clinical &&
		(x->p->flags & IFACE_SELECTIVE)))
		return NULL;
	return iface_canonical(x->type, t->ask->face,
	    iface_resource(x->type)->clinical ? "patient" : "_id");
}

static void
try(const struct telling *t, struct trial *x)
{
	struct search *s = arena_get(t->a, sizeof *s);
	struct search_param *params = arena_get(t->a, 2 * sizeof *params);
	const struct iface_param *more = beside(t, x);
	size_t others;

	params[s->n++] =
	    (struct search_param){ x->p, IFACE_PLAIN, sample(x->p) };
	if (more)
		params[s->n++] =
		    (struct search_param){ more, IFACE_PLAIN, STR("x") };
	s->params = params;
	s->face = t->ask->face;
	s->type = x->type;
	s->count = COUNT_USUAL;
	if (x->p->kind == IFACE_REFERENCE ||
	    (more && more->kind == IFACE_REFERENCE))
		s->patient = STR("x");
	x->plan = search_plan_make(t->a, s, t->ask->can, t->ask->mrn_system);
	others = more && !x->plan->compartment.at ? 1 : 0;
	x->sent = x->plan->n > others;
	x->here = x->plan->others && x->p->kind == IFACE_REFERENCE;
	for (size_t i = 0; i < x->plan->n_filter; i++)
		x->here = x->here || x->plan->filter[i].param == x->p;
}

/* ---- one parameter ------------------------------------------------------- */

/* Does anybody know that the server takes it? */
static bool
is_known(const struct telling *t, const struct trial *x,
    const struct iface_param *there)
{
	const struct ability *can = t->ask->can;

	if (x->p->kind == IFACE_ID)
		return can->told;
	if (x->p->kind == IFACE_REFERENCE && x->type == IFACE_COVERAGE)
		return can->person_voice > ABILITY_VERSION;
	if (x->p->kind == IFACE_REFERENCE && can->types[x->type].subject)
		return true;
	if (x->p->kind == IFACE_STRING &&
	    ability_contains(can, x->type, there) != ABILITY_YES)
		return false;
	return ability_param(can, x->type, there) == ABILITY_YES;
}

static const char *
say_native(const struct telling *t, const struct trial *x)
{
	const struct iface_param *there =
	    search_map_param(x->type, t->ask->face, t->ask->can->version, x->p);
	const char *name = x->plan->asked[0].name;

	if (!there || !is_known(t, x, there))
		return NULL;
	return strcmp(name, x->p->name)
	           ? arena_printf(t->a, "Native, asked as %s.", name)
	           : "Native.";
}

static const char *
say_emulated(const struct telling *t, const struct trial *x)
{
	const struct search_plan *plan = x->plan;

	if (plan->compartment.at)
		return arena_printf(t->a,
		    "Emulated: all of Patient/[id]/%s is read, at most %u "
		    "pages of %u, and looked through by the gateway.",
		    plan->type, t->ask->pages, plan->count);
	for (size_t i = 0; i < plan->n_said; i++)
		if (plan->said[i].warning)
			return arena_printf(
			    t->a, "Emulated: %s", plan->said[i].text);
	return arena_printf(t->a,
	    x->sent ? "Emulated in part: the hospital's server is asked, and "
		      "what it finds, at most %u pages of %u, is looked "
		      "through once more by the gateway."
		    : "Emulated: what the rest of the search finds, at most "
		      "%u pages of %u, is looked through by the gateway; this "
		      "takes longer.",
	    t->ask->pages, plan->count);
}

static void
tell_params(const struct telling *t, enum iface_type type, struct buf *missing)
{
	const struct iface_resource *r = iface_resource(type);
	struct capability_type *to = &t->to->types[type];

	for (size_t i = 0; i < r->n && i < CAPABILITY_PARAMS_MAX; i++) {
		struct trial x = { .type = type, .p = &r->params[i] };

		if (!(x.p->versions & FHIR_BIT(t->ask->face)))
			continue;
		try(t, &x);
		to->params[i].served = !x.plan->nothing;
		if (x.plan->nothing)
			buf_fmt(missing, "%s%s", missing->len ? ", " : "",
			    x.p->name);
		else
			to->params[i].how = x.here || x.plan->compartment.at
			                        ? say_emulated(t, &x)
			                        : say_native(t, &x);
	}
}

/* ---- one type ------------------------------------------------------------ */

static const char *
say_read(const struct telling *t)
{
	enum fhir_version from = t->ask->can->version;
	const char *face = version_name(t->ask->face);

	if (from == t->ask->face)
		return "Native.";
	if (t->ask->extensions)
		return arena_printf(t->a,
		    "Converted from %s; what %s has no place for is kept in "
		    "extensions.",
		    version_name(from), face);
	return arena_printf(t->a,
	    "Converted from %s; what %s has no place for is left out, unless "
	    "it changes the meaning.",
	    version_name(from), face);
}

/* Bits 1u << enum iface_action of what the caller may not do with a type. */
static unsigned
withheld(const struct telling *t, int type)
{
	unsigned bits = 0;

	for (int i = 0; i < IFACE_ACTION__MAX; i++)
		bits |= (t->ask->left_out[i] >> type & 1) << i;
	return bits;
}

static bool
left_out(const struct telling *t, int type)
{
	unsigned all = iface_resource((enum iface_type)type)->actions;

	return (withheld(t, type) & all) == all;
}

static void
tell_type(const struct telling *t, enum iface_type type)
{
	struct capability_type *to = &t->to->types[type];
	struct buf missing = buf_new(t->a, SENTENCES_MAX);

	to->served = !left_out(t, type) &&
	             (!t->ask->can->told || t->ask->can->types[type].listed);
	if (!to->served)
		return;
	to->withheld = withheld(t, type);
	to->read = say_read(t);
	tell_params(t, type, &missing);
	if (missing.len)
		to->search = arena_printf(
		    t->a, "Missing: searches by %s.", buf_text(&missing));
}

/* ---- all of them --------------------------------------------------------- */

/* What is said of a thing, by what the server can: nothing while nobody
 * knows. */
struct words {
	enum ability_fact fact;
	const char *native, *emulated;
};

static const struct words notes[] = {
	{ ABILITY_POST, "Native: POST to _search.",
	    "Emulated: POST to _search; the hospital's server is asked by GET, "
	    "so what is searched for may stand in its logs." },
	{ ABILITY_SORT, "Native: _sort.",
	    "Emulated: _sort; the gateway reads all that is found and puts it "
	    "in order, which takes longer." },
	{ ABILITY_TOTAL, "Native: Bundle.total.",
	    "Emulated: Bundle.total; the gateway asks once more for the "
	    "number, or counts pages." },
};

static const struct words batches = { ABILITY_BATCH,
	"Native: batch; what has to be asked of the hospital's server goes in "
	"one request.",
	"Emulated: batch; each entry is a request of its own to the hospital's "
	"server, some at a time." };

static const char *
say_fact(const struct telling *t, const struct words *w)
{
	switch (ability_can(t->ask->can, w->fact)) {
	case ABILITY_YES:
		return w->native;
	case ABILITY_NO:
		return w->emulated;
	case ABILITY_UNKNOWN:
		break;
	}
	return NULL;
}

static void
add(struct buf *b, const char *sentence)
{
	if (!sentence || !*sentence)
		return;
	if (b->len)
		buf_char(b, ' ');
	buf_str(b, sentence);
}

static const char *
say_missing(const struct telling *t)
{
	struct buf b = buf_new(t->a, SENTENCES_MAX);

	for (int i = 0; i < IFACE__MAX; i++)
		if (!t->to->types[i].served && !left_out(t, i))
			buf_fmt(&b, "%s%s", b.len ? ", " : "Missing: ",
			    iface_name((enum iface_type)i, t->ask->face));
	buf_str(&b, b.len ? "." : "");
	return buf_text(&b);
}

static const char *
say_not_granted(const struct telling *t)
{
	struct buf b = buf_new(t->a, SENTENCES_MAX);

	for (int i = 0; i < IFACE__MAX; i++) {
		unsigned not = withheld(t, i);

		if (!left_out(t, i) && !t->to->types[i].withheld)
			continue;
		buf_fmt(&b, "%s%s", b.len ? ", " : "Not granted: ",
		    iface_name((enum iface_type)i, t->ask->face));
		if (!left_out(t, i))
			buf_str(&b,
			    not &1u << IFACE_READ ? " (read)" : " (search)");
	}
	buf_str(&b, b.len ? "." : "");
	return buf_text(&b);
}

static void
tell_all(const struct telling *t)
{
	struct buf note = buf_new(t->a, SENTENCES_MAX);

	for (int i = 0; i < IFACE__MAX; i++)
		tell_type(t, (enum iface_type)i);
	if (!t->ask->can->told)
		add(&note,
		    "The hospital's server has not been asked yet what it can; "
		    "where no word stands, the first request finds out.");
	for (size_t i = 0; i < COUNT(notes); i++)
		add(&note, say_fact(t, &notes[i]));
	t->to->batch = iface_batch() ? say_fact(t, &batches) : NULL;
	if (t->ask->face == FHIR_DSTU2)
		add(&note, t->to->batch);
	add(&note, say_missing(t));
	add(&note, say_not_granted(t));
	t->to->note = buf_text(&note);
}

const struct capability_truth *
way_tell(struct arena *a, const struct way_ask *ask)
{
	struct telling t = { a, ask, arena_get(a, sizeof *t.to) };
	bool closed = ask->links && ask->face != ask->can->version;

	t.to->description = arena_printf(a,
	    "Read access to the records of %s, whose server speaks %s.%s%s%s",
	    ask->tenant, version_name(ask->can->version),
	    closed ? " They are passed on as they are: read them at " : "",
	    closed ? ask->own_face : "", closed ? "." : "");
	if (closed)
		t.to->note = "Missing: everything. This hospital is read at "
			     "the address of its own version only.";
	else
		tell_all(&t);
	return t.to;
}
