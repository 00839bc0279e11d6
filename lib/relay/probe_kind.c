/* probe_kind.c - what can be read about the test patient, kind by kind
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "fhir/match.h"
#include "relay/probe_parts.h"

struct kind {
	enum probe_call call;
	enum iface_type type;
	const char *more; /* beside patient= */
	const char *loss;
};

static const struct kind kinds[] = {
	{ PROBE_CONDITION, IFACE_CONDITION, "&_count=10",
	    "Clinicians will see no conditions." },
	{ PROBE_ENCOUNTER, IFACE_ENCOUNTER, "&_count=10",
	    "Clinicians will not see where the patient is." },
	{ PROBE_ALLERGY, IFACE_ALLERGY, "&_count=10",
	    "Clinicians will see no allergies, which does not mean that there "
	    "are none." },
	{ PROBE_MEDICATION, IFACE_MEDICATION, "&_count=10",
	    "Clinicians will see no medications." },
};

/* A search about the test patient, and what its answer shows. */
struct look {
	struct probe_said s;
	struct tree_node **list;
	size_t n;
	bool came, theirs; /* a searchset; with records of the patient alone */
};

static bool
all_theirs(struct probe *p, enum iface_type t, const struct look *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (p->nobody ||
		    !match_about(t, p->ask->version, l->list[i], p->id))
			return false;
	return true;
}

static void
look(struct probe *p, enum iface_type t, const char *by, const char *more,
    struct look *l)
{
	struct bundle b;

	memset(l, 0, sizeof *l);
	l->came =
	    probe_search(p, t, probe_query(p, by, p->id, more), &b, &l->s);
	if (!l->came)
		return;
	l->list = probe_records(p, &b, &l->n);
	l->theirs = all_theirs(p, t, l);
}

/* A type that the server does not have, or we may not read. */
static const char *
said(struct probe *p, enum iface_type t, const struct look *l)
{
	const char *type = iface_name(t, p->ask->version);

	if (l->s.seen.status == 403)
		return arena_printf(
		    p->a, "The server does not let us read %s (403).", type);
	return arena_printf(
	    p->a, "%s: the server %s.", type, probe_why(p, &l->s));
}

static void
tell(struct probe *p, enum probe_call c, enum iface_type t,
    const struct look *l, const char *loss)
{
	if (!l->came)
		probe_say(p, c,
		    probe_refused(&l->s) ? PROBE_MISSING : PROBE_FAULT, &l->s,
		    said(p, t, l), loss);
	else if (!l->theirs)
		probe_say(p, c, PROBE_EMULATED, &l->s,
		    "The server passes over whose records are asked for, and "
		    "answers with those of other patients too.",
		    "The gateway withholds these; some of the patient's may "
		    "not come at all. Have the hospital mend it.");
	else
		probe_say(p, c, PROBE_NATIVE, &l->s,
		    p->nobody ? "The server takes it."
		    : l->n    ? "The server answers with the patient's."
			   : "The server answers; the test patient has none.",
		    NULL);
}

static void
look_at(struct probe *p, const struct kind *k)
{
	struct look l;

	if (p->over)
		return;
	look(p, k->type, "patient", k->more, &l);
	tell(p, k->call, k->type, &l, k->loss);
	if (k->type != IFACE_ENCOUNTER || !l.came || !l.theirs)
		return;
	for (size_t i = 0; i < l.n && !p->place.len; i++) {
		const struct tree_node *first =
		    tree_first(tree_get(l.list[i], "location"));

		p->place = tree_str(tree_get(first, "location"), "reference");
	}
}

/* A server that does not know the category is asked for all of them. */
static void
look_at_vital_signs(struct probe *p)
{
	static const char loss[] = "Clinicians will see no vital signs.";
	struct look l, all;

	if (p->over)
		return;
	look(p, IFACE_OBSERVATION, "patient", "&category=vital-signs&_count=10",
	    &l);
	if (l.came || !probe_refused(&l.s)) {
		tell(p, PROBE_OBSERVATION, IFACE_OBSERVATION, &l, loss);
		return;
	}
	look(p, IFACE_OBSERVATION, "patient", "&_count=10", &all);
	if (all.came && all.theirs)
		probe_say(p, PROBE_OBSERVATION, PROBE_EMULATED, &l.s,
		    "The server does not search by category.",
		    "The gateway reads all observations and picks the vital "
		    "signs, which takes longer.");
	else
		tell(p, PROBE_OBSERVATION, IFACE_OBSERVATION, &all, loss);
}

/* ---- insurance -------------------------------------------------------------- */

/* The parameters that name the person, the likeliest first: what its statement
 * or its version says. Only R4 defines `patient`. */
static size_t
persons(const struct probe *p, enum ability_person to[4])
{
	static const enum ability_person all[] = { ABILITY_BENEFICIARY,
		ABILITY_SUBSCRIBER, ABILITY_POLICY_HOLDER, ABILITY_PATIENT };
	enum ability_person said = (enum ability_person)p->r->can.person;
	size_t n = 0;

	if (said >= ABILITY_PATIENT && said <= ABILITY_POLICY_HOLDER)
		to[n++] = said;
	for (size_t i = 0; i < COUNT(all); i++)
		if (all[i] != said)
			to[n++] = all[i];
	return n;
}

/* Patient/[id]/Coverage */
static bool
look_inside(struct probe *p, struct look *l)
{
	struct bundle b;

	memset(l, 0, sizeof *l);
	return probe_get(p,
		   str_of(arena_printf(
		       p->a, "Patient/%.*s/Coverage", STR_FMT(p->id))),
		   STR_NONE, &l->s) &&
	       bundle_read(&b, p->a, l->s.root, p->ask->version,
		   STR("Coverage"), &l->s.e);
}

static void
miss_insurance(struct probe *p, const struct look *first)
{
	static const char loss[] =
	    "Clinicians will see an empty insurance box.";
	struct look l;

	if (!probe_refused(&first->s)) {
		tell(p, PROBE_COVERAGE, IFACE_COVERAGE, first, loss);
		return;
	}
	if (look_inside(p, &l)) {
		probe_say(p, PROBE_COVERAGE, PROBE_EMULATED, &l.s,
		    "The server has it within the patient's records alone.",
		    "The gateway reads it there, which takes longer.");
		ability_person_seen(&p->r->can, ABILITY_COMPARTMENT);
		return;
	}
	tell(p, PROBE_COVERAGE, IFACE_COVERAGE, first, loss);
	if (probe_refused(&l.s) && !p->nobody)
		ability_person_seen(&p->r->can, ABILITY_PERSON_NONE);
}

static void
look_at_insurance(struct probe *p)
{
	enum ability_person by[4];
	struct look l, first;
	size_t n = persons(p, by);

	for (size_t i = 0; i < n && !p->over; i++) {
		look(p, IFACE_COVERAGE, ability_person_name(by[i]),
		    "&_count=10", &l);
		if (l.came && l.theirs) {
			tell(p, PROBE_COVERAGE, IFACE_COVERAGE, &l, NULL);
			if (l.n)
				ability_person_seen(&p->r->can, by[i]);
			return;
		}
		if (!i || (!first.came && l.came))
			first = l;
		if (!l.came && l.s.seen.status != 400)
			break; /* it is not the parameter */
	}
	if (p->over)
		return;
	if (first.came)
		tell(p, PROBE_COVERAGE, IFACE_COVERAGE, &first, NULL);
	else
		miss_insurance(p, &first);
}

/* ---- the place --------------------------------------------------------------- */

/* Location/[id] below the base, whatever stands before it. */
static struct str
place_path(struct probe *p)
{
	struct str rest, where = p->place;

	if (links_under(&p->links, where, &rest) && rest.len > 1)
		where = (struct str){ rest.at + 1, rest.len - 1 };
	if (!str_starts(where, "Location/") ||
	    !iface_id((struct str){ where.at + 9, where.len - 9 }))
		return STR_NONE;
	return where;
}

static void
look_at_place(struct probe *p)
{
	struct str path = p->place.len ? place_path(p) : STR_NONE;
	struct probe_said s;

	if (p->over)
		return;
	if (!path.len)
		probe_say(p, PROBE_LOCATION, PROBE_UNSEEN, NULL,
		    "No encounter of the test patient names one that could be "
		    "read.",
		    NULL);
	else if (probe_get(p, path, STR_NONE, &s) &&
		 str_is(tree_str(s.root, "resourceType"), "Location"))
		probe_say(
		    p, PROBE_LOCATION, PROBE_NATIVE, &s, "It is read.", NULL);
	else
		probe_say(p, PROBE_LOCATION, PROBE_MISSING, &s,
		    s.seen.status == 403
			? "The server does not let us read Location (403)."
			: arena_printf(p->a, "Location: the server %s.",
			      probe_why(p, &s)),
		    "Clinicians will see no name of the place where the "
		    "patient is, unless the encounter itself has it.");
}

void
probe_kinds(struct probe *p)
{
	look_at_vital_signs(p);
	for (size_t i = 0; i < COUNT(kinds); i++)
		look_at(p, &kinds[i]);
	look_at_insurance(p);
	look_at_place(p);
}
