/* facade_plan.c - a search is planned, asked, and planned again if refused
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/facade_plan.h"

#include "app/facade_ask.h"
#include "app/facade_hold.h"

/* A search on its way to being answered. */
struct running {
	struct visit *v;
	const struct search *s;
	bool walks;
	struct facade_run *run;
	struct ability can;
	bool
	    refused; /* the last time, in a way that asking for less may help */
};

/* ---- what is known ---------------------------------------------------------- */

static void
know(struct running *r)
{
	facade_ask_can(r->v, &r->can);
}

static bool
learn(struct running *r)
{
	const struct abilities_of of = facade_ask_of(r->v);

	if (!abilities_due(r->v->facade->abilities, &of))
		return false;
	visit_statement(r->v, &of);
	know(r);
	return true;
}

static void
seen(struct running *r, unsigned facts, bool works)
{
	const struct abilities_of of = facade_ask_of(r->v);

	for (int f = 0; f < ABILITY_FACT__MAX; f++) {
		if (!(facts & 1u << f))
			continue;
		ability_seen(&r->can, (enum ability_fact)f, works);
		abilities_seen(
		    r->v->facade->abilities, &of, (enum ability_fact)f, works);
	}
}

/* ---- asking ------------------------------------------------------------------ */

static const struct search_plan *
plan(struct running *r, const struct ability *can)
{
	const struct search_plan *p = search_plan_make(
	    r->v->w->a, r->s, can, str_of(r->v->route->mrn_system));

	return r->walks ? search_plan_walk(r->v->w->a, p) : p;
}

/* Other statuses are not about what was asked for. A server without
 * compartments has no such place. */
static bool
is_refusal(const struct visit *v, const struct search_plan *p)
{
	int status = v->row->upstream_status;

	return status == 400 || status == 501 ||
	       (p->compartment.at && (status == 404 || status == 405));
}

static bool
attempt(struct running *r, const struct search_plan *p, struct err *e)
{
	struct visit *v = r->v;
	struct tree_node *root;

	r->run->plan = p;
	v->withheld = 0;
	if (p->nothing) {
		bundle_empty(&r->run->b, v->w->a);
		return true;
	}
	root = facade_ask_plan(
	    v, p, !r->s->count && !search_plan_here(p) && !r->walks, e);
	r->refused = !root && is_refusal(v, p);
	return root && bundle_read(&r->run->b, v->w->a, root, v->face.version,
			   v->type_name, e);
}

/* The same with other abilities; how it fails is told from the first time. */
static bool
again(struct running *r, const struct ability *can)
{
	struct err e = { .kind = ERR_NONE };

	return attempt(r, plan(r, can), &e);
}

/* ---- refused ------------------------------------------------------------------ */

static bool
same_question(struct running *r, const struct search_plan *p)
{
	struct buf x = buf_new(r->v->w->a, FACADE_ASK_BYTES_MAX);
	struct buf y = buf_new(r->v->w->a, FACADE_ASK_BYTES_MAX);

	search_plan_write(&x, p, false);
	search_plan_write(&y, r->run->plan, false);
	return p->nothing == r->run->plan->nothing &&
	       str_eq(p->compartment, r->run->plan->compartment) &&
	       str_eq((struct str){ x.at, x.len }, (struct str){ y.at, y.len });
}

/* What its statement says may make another question of it. */
static bool
by_statement(struct running *r)
{
	const struct search_plan *p;
	struct err e = { .kind = ERR_NONE };

	if (!learn(r))
		return false;
	p = plan(r, &r->can);
	return !same_question(r, p) && attempt(r, p, &e);
}

/* Is a search for nobody in particular taken? */
static bool
takes(struct running *r, const char *name, enum iface_modifier modifier)
{
	const struct search_asked one = { .name = name,
		.modifier = modifier,
		.value = STR(FACADE_ASK_NOBODY) };
	const struct search_plan *p = r->run->plan;
	const struct search_plan probe = { .search = r->s,
		.to = p->to,
		.type = p->type,
		.asked = &one,
		.n = 1,
		.count = 1,
		.post = p->post,
		.tries = p->tries };
	int status;

	return facade_ask_aside(r->v, &probe, &status);
}

/* A name may be refused for itself, and the next caller's be taken: so a plain
 * one is tried, with the modifier and without. */
static void
settle_contains(struct running *r, const struct search_plan *refused)
{
	const char *name = NULL;

	if (ability_can(&r->can, ABILITY_CONTAINS) == ABILITY_YES)
		return;
	for (size_t i = 0; i < refused->n && !name; i++)
		if (refused->asked[i].modifier == IFACE_CONTAINS)
			name = refused->asked[i].name;
	if (!name)
		return;
	if (takes(r, name, IFACE_CONTAINS))
		seen(r, 1u << ABILITY_CONTAINS, true);
	else if (takes(r, name, IFACE_PLAIN))
		seen(r, 1u << ABILITY_CONTAINS, false);
}

static bool
without(struct running *r, unsigned facts)
{
	const struct search_plan *refused = r->run->plan;
	struct ability can = r->can;

	for (int f = 0; f < ABILITY_FACT__MAX; f++)
		if (facts & 1u << f)
			ability_seen(&can, (enum ability_fact)f, false);
	if (!facts || !again(r, &can))
		return false;
	if (facts & 1u << ABILITY_CONTAINS)
		settle_contains(r, refused);
	seen(r, facts & ~(1u << ABILITY_CONTAINS), false);
	if (facts & 1u << ABILITY_CONTAINS) /* not this time, at any rate */
		ability_seen(&r->can, ABILITY_CONTAINS, false);
	return true;
}

/* Leaves out what it may have been refused for: one thing at a time, so that
 * the right one is remembered, then all of them. Never the form: names would
 * stand in an address, and a server without forms has statuses to say so. */
static bool
by_leaving_out(struct running *r)
{
	static const enum ability_fact order[] = { ABILITY_TOTAL,
		ABILITY_CONTAINS, ABILITY_SORT };
	unsigned all = r->run->plan->tries & ~(1u << ABILITY_POST);

	for (size_t i = 0; i < COUNT(order) && r->refused; i++)
		if (without(r, all & 1u << order[i]))
			return true;
	return r->refused && (all & (all - 1)) && without(r, all);
}

/* The compartment where no parameter is taken; nothing where that is not known
 * either. Only what worked is remembered: a refusal may have other causes. */
static bool
by_another_person(struct running *r)
{
	const struct abilities_of of = facade_ask_of(r->v);
	enum ability_person was = r->run->plan->tries_person, last = was;
	struct ability can = r->can;

	while (last != ABILITY_PERSON_UNKNOWN && r->refused) {
		ability_person_refused(&can, last);
		if (again(r, &can)) {
			if (can.person == ABILITY_COMPARTMENT)
				abilities_refused(
				    r->v->facade->abilities, &of, was);
			return true;
		}
		last = r->run->plan->tries_person;
	}
	return false;
}

/* Where the number alone cannot be had, the pages are counted. */
static bool
by_counting(struct running *r, struct err *e)
{
	if (r->s->count || r->walks)
		return false;
	r->walks = true;
	return attempt(r, plan(r, &r->can), e);
}

static bool
number_known(const struct running *r)
{
	const struct facade_run *run = r->run;

	return r->s->count || r->walks || run->b.has_total ||
	       search_plan_here(run->plan);
}

/* ---- passed over --------------------------------------------------------------- */

/* By what it sent, or by a number where only that is wanted, which is
 * remembered; or by its own word, which is enough for this once if there is
 * more to come. */
static bool
passes_over(struct running *r, struct hold *h, size_t i)
{
	const struct bundle *b = &r->run->b;

	return hold_misfits(h, b, i) ||
	       (!r->s->count && b->total && hold_miscounts(h, i)) ||
	       (b->next.len && hold_left_out(h, b, i));
}

/* Then it is looked for here; so are those who were asked for by id, when
 * others were withheld beside them. */
static bool
by_looking(struct running *r)
{
	const struct search_plan *p = r->run->plan;
	bool any = r->v->withheld && !search_plan_here(p);
	struct hold h;

	r->walks = r->walks || any;
	hold_open(&h, r->v, r->s, p);
	for (size_t i = 0; i < p->n && !p->nothing; i++) {
		const struct iface_param *q =
		    iface_canonical(r->s->type, p->to, p->asked[i].name);

		if (!q || ability_passed(&r->can, r->s->type, q) ||
		    !passes_over(r, &h, i))
			continue;
		any = true;
		ability_param_passed(&r->can, r->s->type, q);
	}
	if (any && (r->run->b.next.len || !r->s->count))
		return attempt(r, plan(r, &r->can), &r->v->w->err);
	if (any) /* this page is all of it */
		r->run->plan = plan(r, &r->can);
	return true;
}

/* ---- the order ---------------------------------------------------------------- */

static bool
in_order(struct running *r)
{
	struct facade_run *run = r->run;
	const struct bundle *b = &run->b;
	struct hold h;

	hold_open(&h, r->v, r->s, run->plan);
	run->end = (struct match_end){ .has = false };
	if (!hold_order(&h, b, &run->end))
		return false;
	/* a few may stand so by chance */
	return (!b->next.len && b->total <= b->matches) ||
	       !hold_order_left_out(&h, b);
}

/* Newest first must be newest first. */
static bool
by_sorting(struct running *r)
{
	if (!r->run->plan->sorts ||
	    r->can.facts[ABILITY_SORT].voice == ABILITY_OPERATOR || in_order(r))
		return true;
	seen(r, 1u << ABILITY_SORT, false);
	if (r->run->b.next.len)
		return attempt(r, plan(r, &r->can), &r->v->w->err);
	r->run->plan = plan(r, &r->can); /* this page is all of it */
	return true;
}

/* ---- all of it ----------------------------------------------------------------- */

static void
note_worked(struct running *r)
{
	unsigned facts = r->run->plan->tries & ~(1u << ABILITY_POST);

	if (facts && !r->run->plan->nothing)
		seen(r, facts, true);
}

static bool
otherwise(struct running *r)
{
	struct err e = { .kind = ERR_NONE };

	return by_statement(r) || by_leaving_out(r) || by_another_person(r) ||
	       by_counting(r, &e);
}

bool
facade_plan_run(
    struct visit *v, const struct search *s, bool walks, struct facade_run *run)
{
	struct running r = { .v = v, .s = s, .walks = walks, .run = run };
	struct err first = { .kind = ERR_NONE };

	run->search = s;
	run->end = (struct match_end){ .has = false };
	v->only_ids = s->ids;
	know(&r);
	if (search_plan_unsure(s, &r.can))
		learn(&r);
	if (!attempt(&r, plan(&r, &r.can), &first) &&
	    !(r.refused && otherwise(&r))) {
		v->w->err = first;
		return false;
	}
	if ((!number_known(&r) && !by_counting(&r, &v->w->err)) ||
	    !by_looking(&r))
		return false;
	note_worked(&r);
	run->walks = r.walks;
	return by_sorting(&r);
}

void
facade_plan_withheld(
    struct visit *v, const struct search_plan *p, struct bundle *b)
{
	if (v->withheld && !(p && p->others))
		bundle_note(b, v->w->a, v->face.version, "security",
		    arena_printf(v->w->a,
			"The hospital's server sent %zu %s not what was asked "
			"for, by patient or by id; withheld here, and not "
			"counted by total.",
			v->withheld,
			v->withheld == 1 ? "record that is"
					 : "records that are"));
}

void
facade_plan_say(struct visit *v, const struct search_plan *p, struct bundle *b)
{
	for (size_t i = 0; i < p->n_said; i++)
		(p->said[i].warning ? bundle_note : bundle_tell)(b, v->w->a,
		    v->face.version, p->said[i].code, p->said[i].text);
}
