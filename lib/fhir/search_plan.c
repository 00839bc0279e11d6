/* search_plan.c - who does what of a search: the provider, or the gateway
 * SPDX-License-Identifier: Apache-2.0 */
#include "fhir/search_plan.h"

#include <string.h>

#include "fhir/search_map.h"
#include "fhir/value.h"

#define VALUE_BYTES_MAX ((size_t)64 * 1024)

/* What becomes of one parameter. */
struct fate {
	const struct search_param *param; /* the face's */
	struct search_asked asked;        /* name NULL: cannot be sent */
	bool narrow; /* sent alone, it would narrow the search */
	bool drop;   /* better not sent, if the rest is narrow enough */
	bool look;   /* to be looked through here as well */
	bool quiet;  /* which is what it means, and needs no sentence */
	bool starts; /* sent, it only finds what begins so */
};

struct planning {
	struct arena *a;
	const struct search *s;
	const struct ability *can;
	struct str mrn_system;
	struct search_plan *p;
	struct fate *fates; /* one per parameter */
};

static void
say(struct planning *g, const char *code, bool warning, const char *text)
{
	struct search_plan *p = g->p;

	if (p->n_said < SEARCH_PLAN_SAID_MAX)
		p->said[p->n_said++] =
		    (struct search_said){ code, warning, text };
}

/* ---- the person ---------------------------------------------------------- */

static struct str
patient_reference(struct planning *g, struct str id)
{
	return str_of(arena_printf(g->a, "Patient/%.*s", STR_FMT(id)));
}

static enum ability_person
coverage_person(struct planning *g)
{
	enum ability_person person = (enum ability_person)g->can->person;

	if (person == ABILITY_PERSON_UNKNOWN)
		person = g->p->to == FHIR_DSTU2 ? ABILITY_COMPARTMENT
		                                : ABILITY_BENEFICIARY;
	if (g->can->person_voice < ABILITY_OPERATOR)
		g->p->tries_person = person;
	return person;
}

/* Only where the parameter's only target is Patient a bare id is enough; and
 * who pays, or whose compartment it is, need not be who is insured. */
static void
ask_coverage(struct planning *g, struct fate *f)
{
	enum ability_person person = coverage_person(g);

	g->p->others =
	    person >= ABILITY_SUBSCRIBER && person <= ABILITY_COMPARTMENT;
	f->narrow = true;
	switch (person) {
	case ABILITY_PERSON_NONE:
		g->p->nothing = true;
		say(g, "not-supported", true,
		    "The hospital's server cannot be asked for the Coverage of "
		    "a patient; there may be some that are not shown.");
		break;
	case ABILITY_COMPARTMENT:
		g->p->compartment = f->param->value;
		break;
	default:
		f->asked.name = ability_person_name(person);
		if (g->p->others)
			f->asked.value = patient_reference(g, f->param->value);
	}
}

static void
ask_patient(struct planning *g, struct fate *f)
{
	enum iface_type t = g->s->type;
	const struct iface_param *p =
	    iface_canonical(t, g->p->to, f->param->param->name);

	f->narrow = true;
	f->asked.name = "patient";
	if (p && ability_param(g->can, t, p) == ABILITY_NO &&
	    g->can->types[t].subject) {
		f->asked.name = "subject";
		f->asked.value = patient_reference(g, f->param->value);
	}
}

/* ---- strings and numbers ------------------------------------------------- */

/* The faces promise "contains"; FHIR's own default is "begins with". */
static void
ask_text(struct planning *g, struct fate *f, const struct iface_param *there)
{
	enum ability_answer can = ability_contains(g->can, g->s->type, there);

	if (f->param->modifier == IFACE_EXACT) {
		f->asked.modifier = IFACE_EXACT;
		return;
	}
	if (can == ABILITY_NO) {
		f->drop = f->look = f->starts = true;
		return;
	}
	f->asked.modifier = IFACE_CONTAINS;
	/* seen with one name, it may still be refused with another */
	if (can == ABILITY_UNKNOWN ||
	    g->can->facts[ABILITY_CONTAINS].voice == ABILITY_SEEN)
		g->p->tries |= 1u << ABILITY_CONTAINS;
}

static bool
has_bar(struct str one)
{
	struct str rest;

	value_part(one, '|', &rest);
	return rest.at != NULL;
}

/* A number without a system is a record number: asked for with the hospital's
 * own system if that is known, else told from others by its type. */
static void
ask_number(struct planning *g, struct fate *f)
{
	struct str rest = f->asked.value;
	struct buf b = buf_new(g->a, VALUE_BYTES_MAX);
	struct str system = value_escaped(g->a, g->mrn_system);
	bool any = false;

	while (rest.at) {
		struct str one = value_cut(&rest);

		if (b.len)
			buf_char(&b, ',');
		if (!has_bar(one)) {
			any = true;
			buf_put(&b, system.at, system.len);
			buf_char(&b, '|');
		}
		buf_put(&b, one.at, one.len);
	}
	if (any && system.len && !b.failed)
		f->asked.value = (struct str){ b.at, b.len };
	else if (any)
		f->look = f->quiet = true;
}

/* ---- any parameter ------------------------------------------------------- */

static bool
narrows(const struct search_param *p)
{
	struct str rest = p->value;
	bool day = true;

	if (!(p->param->flags & IFACE_SELECTIVE))
		return false;
	while (p->param->kind == IFACE_DATE && rest.at && day)
		value_date(value_cut(&rest), &day);
	return day;
}

static void
ask_other(struct planning *g, struct fate *f)
{
	const struct search *s = g->s;
	struct search_mapped m =
	    search_map(g->a, s->type, s->face, g->p->to, f->param);
	bool passed;

	f->look = !m.param || !m.exact;
	if (!m.param)
		return;
	f->asked.name = m.param->name;
	f->asked.value = m.value;
	f->narrow = narrows(f->param);
	passed = ability_passed(g->can, s->type, m.param);
	if (!passed && ability_param(g->can, s->type, m.param) == ABILITY_NO) {
		f->drop = f->look = true;
		f->starts = m.param->kind == IFACE_STRING &&
		            f->param->modifier != IFACE_EXACT;
	} else if (m.param->kind == IFACE_STRING)
		ask_text(g, f, m.param);
	else if (s->type == IFACE_PATIENT &&
		 !strcmp(m.param->name, "identifier"))
		ask_number(g, f);
	if (passed) { /* asked all the same: it does no harm */
		f->look = true;
		f->quiet = false;
	}
}

static void
ask(struct planning *g, struct fate *f, const struct search_param *p)
{
	f->param = f->asked.param = p;
	f->asked.value = p->value;
	if (p->param->kind != IFACE_REFERENCE)
		ask_other(g, f);
	else if (g->s->type == IFACE_COVERAGE)
		ask_coverage(g, f);
	else
		ask_patient(g, f);
}

/* ---- all of them --------------------------------------------------------- */

static bool
narrow_enough(const struct planning *g)
{
	for (size_t i = 0; i < g->s->n; i++)
		if (g->fates[i].narrow && !g->fates[i].drop)
			return true;
	return false;
}

/* Nothing that narrows it would be left: then even a parameter that finds too
 * few, or may be passed over, has to go along. */
static void
undrop(struct planning *g)
{
	bool starts = false;

	for (size_t i = 0; i < g->s->n; i++) {
		struct fate *f = &g->fates[i];

		if (!f->drop || !f->narrow)
			continue;
		f->drop = false;
		starts = starts || f->starts;
	}
	if (starts)
		say(g, "not-supported", true,
		    "The hospital's server finds only names that begin with "
		    "the text; names that hold it further inside are missing "
		    "unless something else narrows the search.");
}

static void
say_looked(struct planning *g, const struct fate *f)
{
	if (!f->quiet && !f->starts)
		say(g, "informational", false,
		    arena_printf(g->a,
			"The hospital's server cannot search so by %s; the "
			"gateway looked through the records itself.",
			f->param->param->name));
	else if (f->starts && f->drop)
		say(g, "informational", false,
		    arena_printf(g->a,
			"The hospital's server does not search within %s; the "
			"gateway did.",
			f->param->param->name));
}

static void
take_fates(struct planning *g)
{
	struct search_plan *p = g->p;
	struct search_asked *asked = arena_get(g->a, g->s->n * sizeof *asked);
	struct search_param *filter = arena_get(g->a, g->s->n * sizeof *filter);

	for (size_t i = 0; i < g->s->n; i++) {
		const struct fate *f = &g->fates[i];

		if (f->asked.name && !f->drop)
			asked[p->n++] = f->asked;
		if (!f->look)
			continue;
		filter[p->n_filter++] = *f->param;
		say_looked(g, f);
	}
	p->asked = asked;
	p->filter = filter;
}

/* ---- order and number ---------------------------------------------------- */

static bool
sorts_there(struct planning *g)
{
	const struct search *s = g->s;
	struct search_plan *p = g->p;

	if (ability_can(g->can, ABILITY_SORT) == ABILITY_NO)
		return false;
	for (p->sorts = 0; p->sorts < s->sorts; p->sorts++) {
		struct search_sort *key = &p->sort[p->sorts];

		*key = s->sort[p->sorts];
		key->param =
		    search_map_param(s->type, s->face, p->to, key->param);
		if (!key->param)
			return false;
	}
	if (ability_can(g->can, ABILITY_SORT) == ABILITY_UNKNOWN)
		p->tries |= 1u << ABILITY_SORT;
	return true;
}

static void
plan_order(struct planning *g)
{
	struct search_plan *p = g->p;

	if (!g->s->sorts || !g->s->count || sorts_there(g))
		return;
	p->sorts = 0;
	p->sort_here = true;
	say(g, "informational", false,
	    "The hospital's server does not sort; the gateway put the records "
	    "in order.");
}

static void
plan_total(struct planning *g)
{
	struct search_plan *p = g->p;
	enum ability_answer can = ability_can(g->can, ABILITY_TOTAL);

	p->total =
	    p->to != FHIR_DSTU2 && can != ABILITY_NO && !search_plan_here(p);
	if (p->total && g->s->count && can == ABILITY_UNKNOWN)
		p->tries |= 1u << ABILITY_TOTAL;
}

const struct search_plan *
search_plan_make(struct arena *a, const struct search *s,
    const struct ability *can, struct str mrn_system)
{
	struct planning g = { .a = a,
		.s = s,
		.can = can,
		.mrn_system = mrn_system,
		.p = arena_get(a, sizeof *g.p),
		.fates = arena_get(a, s->n * sizeof *g.fates) };

	g.p->search = s;
	g.p->to = can->version;
	g.p->type = iface_name(s->type, can->version);
	g.p->post = ability_can(can, ABILITY_POST) != ABILITY_NO;
	if (ability_can(can, ABILITY_POST) == ABILITY_UNKNOWN)
		g.p->tries |= 1u << ABILITY_POST;
	for (size_t i = 0; i < s->n; i++)
		ask(&g, &g.fates[i], &s->params[i]);
	if (!narrow_enough(&g))
		undrop(&g);
	take_fates(&g);
	plan_order(&g);
	plan_total(&g);
	g.p->count = search_plan_here(g.p) && s->count < SEARCH_PLAN_PAGE
	                 ? SEARCH_PLAN_PAGE
	                 : s->count;
	return g.p;
}

const struct search_plan *
search_plan_walk(struct arena *a, const struct search_plan *p)
{
	struct search_plan *w = arena_get(a, sizeof *w);

	*w = *p;
	if (w->count < SEARCH_PLAN_PAGE)
		w->count = SEARCH_PLAN_PAGE;
	w->total = false;
	w->tries &= ~(1u << ABILITY_TOTAL);
	return w;
}

bool
search_plan_here(const struct search_plan *p)
{
	return p->n_filter || p->sort_here || p->others;
}

/* Only the person of a Coverage has to be known beforehand: all else is tried,
 * and a refusal tells. R4 defines one. */
bool
search_plan_unsure(const struct search *s, const struct ability *can)
{
	return s->type == IFACE_COVERAGE && s->patient.len && !can->told &&
	       can->person_voice == ABILITY_NOBODY;
}
