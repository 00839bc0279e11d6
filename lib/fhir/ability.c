/* ability.c - what one provider can: its own words, and its operator's
 * SPDX-License-Identifier: Apache-2.0 */
#include "fhir/ability.h"

#include <string.h>

static const char *const person_names[ABILITY_PERSON__MAX] = {
	[ABILITY_PERSON_UNKNOWN] = "",
	[ABILITY_PATIENT] = "patient",
	[ABILITY_BENEFICIARY] = "beneficiary",
	[ABILITY_SUBSCRIBER] = "subscriber",
	[ABILITY_POLICY_HOLDER] = "policy-holder",
	[ABILITY_COMPARTMENT] = "compartment",
	[ABILITY_PERSON_NONE] = "none",
};

static void
say(struct ability *can, enum ability_fact f, bool yes, enum ability_voice by)
{
	if (can->facts[f].voice > by)
		return;
	can->facts[f].answer = yes ? ABILITY_YES : ABILITY_NO;
	can->facts[f].voice = (uint8_t)by;
}

static void
say_person(
    struct ability *can, enum ability_person person, enum ability_voice by)
{
	if (can->person_voice > by)
		return;
	can->person = (uint8_t)person;
	can->person_voice = (uint8_t)by;
}

void
ability_start(struct ability *can, enum fhir_version v)
{
	memset(can, 0, sizeof *can);
	can->version = v;
	if (v == FHIR_DSTU2) /* _total is R4's, and servers of STU3 know it */
		say(can, ABILITY_TOTAL, false, ABILITY_VERSION);
	if (v == FHIR_R4) /* the only one that defines Coverage?patient= */
		say_person(can, ABILITY_PATIENT, ABILITY_VERSION);
}

/* ---- the statement ------------------------------------------------------- */

/* A list, or the one value that stands where a list belongs. */
static struct tree_node *
first_of(const struct tree_node *n, const char *name)
{
	struct tree_node *m = tree_get(n, name);

	return tree_is(m, TREE_ARRAY) ? tree_first(m) : m;
}

static struct tree_node *
next_of(const struct tree_node *m)
{
	return m->parent && m->parent->kind == TREE_ARRAY ? tree_next(m) : NULL;
}

#define each_of(m, n, name) for ((m) = first_of(n, name); (m); (m) = next_of(m))

static bool
lists(const struct tree_node *n, const char *name, const char *code)
{
	struct tree_node *m;

	each_of(m, n, name)
	{
		struct str text =
		    m->kind == TREE_OBJECT ? tree_str(m, "code") : tree_text(m);

		if (str_is_nocase(text, code))
			return true;
	}
	return false;
}

static void
read_param(struct ability *can, struct ability_type *type, enum iface_type t,
    const struct tree_node *param)
{
	const struct iface_resource *r = iface_resource(t);
	struct str name = tree_str(param, "name");

	if (str_is(name, "_sort"))
		say(can, ABILITY_SORT, true, ABILITY_STATEMENT);
	if (str_is(name, "_total"))
		say(can, ABILITY_TOTAL, true, ABILITY_STATEMENT);
	if (!name.len || name.at[0] == '_')
		return;
	type->params_told = true;
	type->subject = type->subject || str_is(name, "subject");
	type->contains_told =
	    type->contains_told || tree_get(param, "modifier");
	for (size_t i = 0; i < r->n && i < 32; i++) {
		if (!(r->params[i].versions & FHIR_BIT(can->version)) ||
		    !str_is(name, r->params[i].name))
			continue;
		type->params |= UINT32_C(1) << i;
		if (lists(param, "modifier", "contains"))
			type->contains |= UINT32_C(1) << i;
	}
}

/* Of the parameters that name a person, the first in the order of the enum;
 * a server without any may still know the compartment. */
static void
read_person(struct ability *can, const struct tree_node *resource)
{
	enum ability_person best = ABILITY_COMPARTMENT;
	struct tree_node *param;

	each_of(param, resource, "searchParam")
	{
		struct str name = tree_str(param, "name");

		for (int p = ABILITY_PATIENT; p < (int)best; p++)
			if (str_is(name, person_names[p]))
				best = (enum ability_person)p;
	}
	if (can->types[IFACE_COVERAGE].params_told)
		say_person(can, best, ABILITY_STATEMENT);
}

static void
read_resource(struct ability *can, const struct tree_node *resource)
{
	struct tree_node *param;
	struct ability_type *type;
	enum iface_type t;

	if (!iface_named(&t, can->version, tree_str(resource, "type")))
		return;
	type = &can->types[t];
	type->listed = !tree_get(resource, "interaction") ||
	               lists(resource, "interaction", "search-type");
	each_of(param, resource, "searchParam") read_param(can, type, t, param);
	if (t == IFACE_COVERAGE && type->listed)
		read_person(can, resource);
}

/* DSTU2 has a mode, later versions list interactions; servers mix them up. */
static void
read_batch(struct ability *can, const struct tree_node *rest)
{
	struct str mode = tree_str(rest, "transactionMode");

	if (mode.len)
		say(can, ABILITY_BATCH,
		    str_is_nocase(mode, "batch") || str_is_nocase(mode, "both"),
		    ABILITY_STATEMENT);
	else if (tree_get(rest, "interaction"))
		say(can, ABILITY_BATCH, lists(rest, "interaction", "batch"),
		    ABILITY_STATEMENT);
}

static void
read_rest(struct ability *can, const struct tree_node *rest)
{
	struct tree_node *m;
	bool any = false;

	read_batch(can, rest);
	each_of(m, rest, "searchParam")
	{
		if (str_is(tree_str(m, "name"), "_sort"))
			say(can, ABILITY_SORT, true, ABILITY_STATEMENT);
	}
	each_of(m, rest, "resource")
	{
		read_resource(can, m);
		any = true;
	}
	if (any && !can->types[IFACE_COVERAGE].listed)
		say_person(can, ABILITY_PERSON_NONE, ABILITY_STATEMENT);
}

/* What was seen stays. */
static void
forget_types(struct ability *can)
{
	for (int t = 0; t < IFACE__MAX; t++)
		can->types[t] =
		    (struct ability_type){ .passed = can->types[t].passed,
			    .heeded = can->types[t].heeded };
}

bool
ability_read(struct ability *can, const struct tree_node *statement)
{
	struct str type = tree_str(statement, "resourceType");
	struct tree_node *rest;

	if (!str_is(type, "Conformance") &&
	    !str_is(type, "CapabilityStatement"))
		return false;
	forget_types(can);
	can->told = true;
	each_of(rest, statement, "rest")
	{
		if (!str_is(tree_str(rest, "mode"), "client"))
			read_rest(can, rest);
	}
	return true;
}

void
ability_take(struct ability *can, const struct ability *told)
{
	can->told = true;
	for (int t = 0; t < IFACE__MAX; t++) {
		uint32_t passed = can->types[t].passed;
		uint32_t heeded = can->types[t].heeded;

		can->types[t] = told->types[t];
		can->types[t].passed |= passed;
		can->types[t].heeded |= heeded;
	}
	for (int f = 0; f < ABILITY_FACT__MAX; f++)
		if (told->facts[f].voice == ABILITY_STATEMENT)
			say(can, (enum ability_fact)f,
			    told->facts[f].answer == ABILITY_YES,
			    ABILITY_STATEMENT);
	if (told->person_voice == ABILITY_STATEMENT)
		say_person(
		    can, (enum ability_person)told->person, ABILITY_STATEMENT);
}

/* ---- the operator, and what is seen -------------------------------------- */

void
ability_switch(struct ability *can, const struct ability_switches *to)
{
	const char *const words[ABILITY_FACT__MAX] = {
		[ABILITY_POST] = to->post,
		[ABILITY_CONTAINS] = to->contains,
		[ABILITY_SORT] = to->sort,
		[ABILITY_TOTAL] = to->total,
		[ABILITY_BATCH] = to->batch,
	};

	for (int f = 0; f < ABILITY_FACT__MAX; f++)
		if (words[f] &&
		    (!strcmp(words[f], "on") || !strcmp(words[f], "off")))
			say(can, (enum ability_fact)f, !strcmp(words[f], "on"),
			    ABILITY_OPERATOR);
	for (int p = ABILITY_PATIENT; p < ABILITY_PERSON__MAX; p++)
		if (to->coverage_person &&
		    !strcmp(to->coverage_person, person_names[p]))
			say_person(
			    can, (enum ability_person)p, ABILITY_OPERATOR);
}

void
ability_seen(struct ability *can, enum ability_fact f, bool works)
{
	say(can, f, works, ABILITY_SEEN);
}

void
ability_person_seen(struct ability *can, enum ability_person by)
{
	say_person(can, by, ABILITY_SEEN);
}

void
ability_person_refused(struct ability *can, enum ability_person was)
{
	say_person(can,
	    was < ABILITY_COMPARTMENT ? ABILITY_COMPARTMENT
				      : ABILITY_PERSON_NONE,
	    ABILITY_SEEN);
}

static uint32_t
bit_of(enum iface_type t, const struct iface_param *p)
{
	size_t i = (size_t)(p - iface_resource(t)->params);

	return i < 32 ? UINT32_C(1) << i : 0;
}

void
ability_param_passed(
    struct ability *can, enum iface_type t, const struct iface_param *p)
{
	can->types[t].passed |= bit_of(t, p);
}

bool
ability_passed(
    const struct ability *can, enum iface_type t, const struct iface_param *p)
{
	return can->types[t].passed & bit_of(t, p);
}

void
ability_param_heeded(
    struct ability *can, enum iface_type t, const struct iface_param *p)
{
	can->types[t].heeded |= bit_of(t, p);
}

bool
ability_heeded(
    const struct ability *can, enum iface_type t, const struct iface_param *p)
{
	return can->types[t].heeded & bit_of(t, p);
}

/* ---- asked --------------------------------------------------------------- */

enum ability_answer
ability_can(const struct ability *can, enum ability_fact f)
{
	return (enum ability_answer)can->facts[f].answer;
}

static enum ability_answer
listed(uint32_t bit, uint32_t bits, bool told)
{
	if (!told || !bit)
		return ABILITY_UNKNOWN;
	return bits & bit ? ABILITY_YES : ABILITY_NO;
}

enum ability_answer
ability_param(
    const struct ability *can, enum iface_type t, const struct iface_param *p)
{
	const struct ability_type *type = &can->types[t];

	if (p->name[0] == '_') /* every type has these, seldom listed */
		return ABILITY_UNKNOWN;
	if (ability_passed(can, t, p))
		return ABILITY_NO;
	return listed(bit_of(t, p), type->params, type->params_told);
}

enum ability_answer
ability_contains(
    const struct ability *can, enum iface_type t, const struct iface_param *p)
{
	const struct ability_type *type = &can->types[t];

	/* what the statement says of this one parameter is better than what it
	 * says by leaving out; what was seen is better than both */
	if (can->facts[ABILITY_CONTAINS].voice > ABILITY_STATEMENT)
		return ability_can(can, ABILITY_CONTAINS);
	return listed(bit_of(t, p), type->contains, type->contains_told);
}

const char *
ability_person_name(enum ability_person p)
{
	return person_names[p];
}
