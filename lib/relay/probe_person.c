/* probe_person.c - is the test patient found as the app looks for people?
 * SPDX-License-Identifier: Apache-2.0 */
#include "fhir/match.h"
#include "relay/probe_parts.h"

#define COUNT_MOST "&_count=50"

/* ---- what the record says ----------------------------------------------------- */

static struct tree_node *
first_of(struct tree_node *n)
{
	return tree_is(n, TREE_ARRAY) ? tree_first(n) : n;
}

/* The first of the first name; DSTU2 has several family names. */
static struct str
name_part(const struct probe *p, const char *part)
{
	struct tree_node *name = first_of(tree_get(p->patient, "name"));
	struct tree_node *value = first_of(tree_get(name, part));

	return tree_is(value, TREE_STRING) ? tree_text(value) : STR_NONE;
}

static bool
is_record_number(const struct tree_node *identifier)
{
	const struct tree_node *type = tree_get(identifier, "type"), *coding;

	tree_each(coding, tree_get(type, "coding"))
	{
		if (str_is(tree_str(coding, "code"), "MR"))
			return true;
	}
	return false;
}

/* The number that the app would know: of type MR, of the system that was set
 * up, or the first there is. */
static struct str
record_number(const struct probe *p)
{
	const struct tree_node *one;
	struct str first = STR_NONE;

	tree_each(one, tree_get(p->patient, "identifier"))
	{
		struct str value = tree_str(one, "value");

		if (value.len && (is_record_number(one) ||
				     (p->ask->mrn_system.len &&
					 str_eq(tree_str(one, "system"),
					     p->ask->mrn_system))))
			return value;
		if (!first.len)
			first = value;
	}
	return first;
}

/* All but its first letter, if that leaves something to tell by. */
static struct str
inner_part(struct str name)
{
	size_t step = name.len ? utf8_step(name.at, name.len) : 0;

	if (name.len < step + 2)
		return STR_NONE;
	return (struct str){ name.at + step, name.len - step };
}

/* ---- one search --------------------------------------------------------------- */

/* A search for persons, and what its answer shows. */
struct look {
	const char *param, *modifier; /* as sent; "" or ":contains" */
	struct str value;
	bool form; /* by POST */

	bool came, found; /* a searchset; with the patient in it */
	bool more;        /* there are further pages */
	bool all_fit;     /* no record that says something else */
	struct probe_said s;
};

static bool
fits(struct probe *p, const struct look *l, struct tree_node *const *list,
    size_t n)
{
	enum fhir_version v = p->ask->version;
	const struct search_param param = { .param = iface_canonical(
						IFACE_PATIENT, v, l->param),
		.value = l->value };
	const struct match *m = match_open(p->a, IFACE_PATIENT, v, &param, 1);

	for (size_t i = 0; i < n; i++)
		if (!match_fits(m, p->a, list[i]))
			return false;
	return true;
}

static void
take_page(struct probe *p, struct look *l)
{
	struct tree_node **list;
	struct bundle b;
	size_t n;

	if (!bundle_read(
		&b, p->a, l->s.root, p->ask->version, STR("Patient"), &l->s.e))
		return;
	list = probe_records(p, &b, &n);
	l->came = true;
	l->more = b.next.at != NULL;
	l->found = probe_has(list, n, p->id);
	l->all_fit = p->nobody ? !n : fits(p, l, list, n);
}

static void
look(struct probe *p, struct look *l)
{
	struct str query = str_of(
	    probe_query(p, arena_printf(p->a, "%s%s", l->param, l->modifier),
		l->value, COUNT_MOST));

	if (l->form ? probe_form(p, STR("Patient/_search"), query, &l->s)
		    : probe_get(p, STR("Patient"), query, &l->s))
		take_page(p, l);
}

/* Was it asked in vain: the patient is not among those who were found? */
static bool
in_vain(const struct probe *p, const struct look *l)
{
	return !p->nobody && !l->found && !l->more;
}

static const char *
said(const struct probe *p, const struct look *l)
{
	return arena_printf(p->a, "The server %s.", probe_why(p, &l->s));
}

/* What every one of these has in common. false: there is more to be said. */
static bool
tell_usual(struct probe *p, enum probe_call c, const struct look *l,
    enum probe_word without, const char *loss)
{
	if (!l->value.len)
		probe_say(p, c, PROBE_UNSEEN, NULL,
		    "The test patient's record has none to search by.", NULL);
	else if (!l->came)
		probe_say(p, c, probe_refused(&l->s) ? without : PROBE_FAULT,
		    &l->s, said(p, l), loss);
	else if (!l->all_fit)
		probe_say(p, c, PROBE_EMULATED, &l->s,
		    "The server passes over what is searched for, and answers "
		    "with others too.",
		    "The gateway looks through all that comes, which takes "
		    "longer and may stop short.");
	else if (in_vain(p, l))
		probe_say(p, c, without, &l->s,
		    "The server does not find the test patient so.", loss);
	else
		return false;
	return true;
}

static void
tell_native(struct probe *p, enum probe_call c, const struct look *l)
{
	probe_say(p, c, PROBE_NATIVE, &l->s,
	    p->nobody ? "The server takes it."
		      : "The server finds the test patient.",
	    NULL);
}

/* ---- the searches ---------------------------------------------------------------- */

static void
by(struct probe *p, enum probe_call c, const char *param, struct str value,
    enum probe_word without, const char *loss)
{
	struct look l = { .param = param,
		.modifier = "",
		.value = p->nobody ? STR(PROBE_NOBODY) : value };

	if (p->over)
		return;
	if (l.value.len)
		look(p, &l);
	if (!tell_usual(p, c, &l, without, loss))
		tell_native(p, c, &l);
}

static void
by_part(struct probe *p)
{
	static const char loss[] =
	    "Clinicians find a family name by its beginning only.";
	struct look l = { .param = "family",
		.modifier = ":contains",
		.value = p->nobody ? STR(PROBE_NOBODY)
		                   : inner_part(name_part(p, "family")) };
	bool works;

	if (p->over)
		return;
	if (l.value.len)
		look(p, &l);
	if (!tell_usual(p, PROBE_CONTAINS, &l, PROBE_EMULATED, loss))
		tell_native(p, PROBE_CONTAINS, &l);
	works = l.came && l.all_fit && !in_vain(p, &l);
	if (works ? !p->nobody : (l.came || probe_refused(&l.s)))
		ability_seen(&p->r->can, ABILITY_CONTAINS, works);
}

static void
by_form(struct probe *p)
{
	struct look l = {
		.param = "_id", .modifier = "", .value = p->id, .form = true
	};

	if (p->over)
		return;
	look(p, &l);
	if (!tell_usual(p, PROBE_POST, &l, PROBE_EMULATED,
		"Names that are searched for stand in addresses, and so in "
		"logs of the hospital."))
		tell_native(p, PROBE_POST, &l);
	if (l.came || l.s.seen.status == 405 || l.s.seen.status == 501)
		ability_seen(&p->r->can, ABILITY_POST, l.came);
}

void
probe_persons(struct probe *p)
{
	by(p, PROBE_FAMILY, "family", name_part(p, "family"), PROBE_MISSING,
	    "Clinicians cannot find patients by family name.");
	by_part(p);
	by(p, PROBE_GIVEN, "given", name_part(p, "given"), PROBE_EMULATED,
	    "A given name alone finds nobody; beside another field the gateway "
	    "looks through what that finds.");
	by(p, PROBE_IDENTIFIER, "identifier", record_number(p), PROBE_MISSING,
	    "Clinicians cannot find patients by record number.");
	by_form(p);
}
