/* search_map.c - a face's search parameter as another version asks for it
 * SPDX-License-Identifier: Apache-2.0 */
#include "fhir/search_map.h"

#include <string.h>

#include "base/buf.h"
#include "fhir/systems.h"
#include "fhir/value.h"

#define VALUE_BYTES_MAX ((size_t)64 * 1024)

#define D FHIR_BIT(FHIR_DSTU2)
#define S FHIR_BIT(FHIR_STU3)
#define R FHIR_BIT(FHIR_R4)

/* One question under three names; NULL: that version does not ask it. What
 * does not stand here is called alike in all. */
/* clang-format off */
static const struct called {
	enum iface_type type;
	const char *name[FHIR__MAX];
} names[] = {
	{ IFACE_CONDITION,
	    { "clinicalstatus", "clinical-status", "clinical-status" } },
	{ IFACE_CONDITION,
	    { NULL, "verification-status", "verification-status" } },
	{ IFACE_CONDITION,
	    { "date-recorded", "asserted-date", "recorded-date" } },
	{ IFACE_CONDITION, { "onset", "onset-date", "onset-date" } },
	{ IFACE_ENCOUNTER, { NULL, "class", "class" } },
	{ IFACE_ALLERGY, { "status", NULL, NULL } },
	{ IFACE_ALLERGY, { NULL, "clinical-status", "clinical-status" } },
	{ IFACE_ALLERGY,
	    { NULL, "verification-status", "verification-status" } },
	{ IFACE_MEDICATION, { "datewritten", "authoredon", "authoredon" } },
};

/* Codes that are not the same ones there: which records of version `to` are
 * shown with this code on a face of version `face`. `codes` NULL: no code of
 * theirs tells (an absent one may count, or it is a code of theirs and no code
 * here). `param` NULL: that of the names. */
static const struct coded {
	enum iface_type type;
	const char *name;
	unsigned face, to;
	const char *code;
	const char *param, *codes;
	bool exact;
} codes[] = {
	{ IFACE_CONDITION, "clinicalstatus", D, S, "relapse",
	    NULL, "recurrence", true },
	{ IFACE_CONDITION, "clinicalstatus", D, R, "relapse",
	    NULL, "recurrence,relapse", true },
	{ IFACE_CONDITION, "clinicalstatus", D, S | R, "recurrence",
	    NULL, NULL, false },
	{ IFACE_CONDITION, "clinical-status", S, D | R, "relapse",
	    NULL, NULL, false },
	{ IFACE_CONDITION, "clinical-status", S | R, D, "recurrence",
	    NULL, "relapse", true },
	{ IFACE_CONDITION, "clinical-status", S, R, "recurrence",
	    NULL, "recurrence,relapse", true },
	{ IFACE_CONDITION, "clinical-status", R, D, "relapse",
	    NULL, "relapse", false },
	{ IFACE_CONDITION, "clinical-status", R, S, "relapse",
	    NULL, "recurrence", false },
	{ IFACE_CONDITION, "verification-status", S, R, "provisional",
	    NULL, "provisional,unconfirmed", true },
	{ IFACE_CONDITION, "verification-status", R, S, "unconfirmed",
	    NULL, "provisional", false },
	{ IFACE_CONDITION, "verification-status", S, R, "unconfirmed",
	    NULL, NULL, false },
	{ IFACE_CONDITION, "verification-status", R, S, "unknown",
	    NULL, NULL, false },

	{ IFACE_ENCOUNTER, "status", D, S | R, "arrived",
	    NULL, "arrived,triaged", true },
	{ IFACE_ENCOUNTER, "status", D, S | R, "in-progress",
	    NULL, "in-progress,unknown", false },
	{ IFACE_ENCOUNTER, "status", D, S | R, "finished",
	    NULL, "finished,unknown", false },
	{ IFACE_ENCOUNTER, "status", D, S | R, "cancelled",
	    NULL, "cancelled,entered-in-error", false },
	{ IFACE_ENCOUNTER, "status", S | R, D, "triaged",
	    NULL, "arrived", false },
	{ IFACE_ENCOUNTER, "status", S | R, D, "unknown",
	    NULL, NULL, false },
	{ IFACE_ENCOUNTER, "status", S | R, D, "entered-in-error",
	    NULL, "cancelled", false },
	{ IFACE_ENCOUNTER, "status", D, S | R, "triaged", NULL, NULL, false },
	{ IFACE_ENCOUNTER, "status", D, S | R, "unknown", NULL, NULL, false },
	{ IFACE_ENCOUNTER, "status", D, S | R, "entered-in-error",
	    NULL, NULL, false },
	/* STU3 records may hold a word of DSTU2, without a system */
	{ IFACE_ENCOUNTER, "class", R, S, "AMB",
	    NULL, "AMB,ambulatory,outpatient", false },
	{ IFACE_ENCOUNTER, "class", R, S, "IMP", NULL, "IMP,inpatient", false },
	{ IFACE_ENCOUNTER, "class", R, S, "EMER",
	    NULL, "EMER,emergency", false },
	{ IFACE_ENCOUNTER, "class", R, S, "HH", NULL, "HH,home", false },
	{ IFACE_ENCOUNTER, "class", R, S, "FLD", NULL, "FLD,field", false },
	{ IFACE_ENCOUNTER, "class", R, S, "SS", NULL, "SS,daytime", false },
	{ IFACE_ENCOUNTER, "class", R, S, "VR", NULL, "VR,virtual", false },

	{ IFACE_OBSERVATION, "status", D, S | R, "amended",
	    NULL, "amended,corrected", true },
	{ IFACE_OBSERVATION, "status", D, S | R, "corrected",
	    NULL, NULL, false },
	{ IFACE_OBSERVATION, "status", S | R, D, "corrected",
	    NULL, "amended", false },

	{ IFACE_MEDICATION, "status", D, S | R, "stopped",
	    NULL, "stopped,cancelled", true },
	{ IFACE_MEDICATION, "status", D, S | R, "cancelled",
	    NULL, NULL, false },
	{ IFACE_MEDICATION, "status", D, S | R, "unknown", NULL, NULL, false },
	{ IFACE_MEDICATION, "status", S | R, D, "cancelled",
	    NULL, "stopped", false },
	{ IFACE_MEDICATION, "status", S | R, D | S, "unknown",
	    NULL, NULL, false },

	{ IFACE_ALLERGY, "category", D, S | R, "other",
	    NULL, "biologic", true },
	{ IFACE_ALLERGY, "category", D, S | R, "biologic", NULL, NULL, false },
	{ IFACE_ALLERGY, "category", S | R, D, "other", NULL, NULL, false },
	{ IFACE_ALLERGY, "category", S | R, D, "biologic",
	    NULL, "other", false },
	/* one status there, two here */
	{ IFACE_ALLERGY, "status", D, S | R, "active", NULL, NULL, false },
	{ IFACE_ALLERGY, "status", D, S | R, "unconfirmed",
	    "verification-status", "unconfirmed", false },
	{ IFACE_ALLERGY, "status", D, S | R, "confirmed",
	    "verification-status", "confirmed", false },
	{ IFACE_ALLERGY, "status", D, S | R, "refuted",
	    "verification-status", "refuted", true },
	{ IFACE_ALLERGY, "status", D, S | R, "entered-in-error",
	    "verification-status", "entered-in-error", true },
	{ IFACE_ALLERGY, "status", D, S | R, "inactive",
	    "clinical-status", "inactive", false },
	{ IFACE_ALLERGY, "status", D, S | R, "resolved",
	    "clinical-status", "resolved", false },
	{ IFACE_ALLERGY, "clinical-status", S | R, D, "active",
	    "status", "active,unconfirmed,confirmed", true },
	{ IFACE_ALLERGY, "clinical-status", S | R, D, "inactive",
	    "status", "inactive,refuted", true },
	{ IFACE_ALLERGY, "clinical-status", S | R, D, "resolved",
	    "status", "resolved", true },
	{ IFACE_ALLERGY, "verification-status", S, D, "unconfirmed",
	    NULL, NULL, false },
	{ IFACE_ALLERGY, "verification-status", R, D, "unconfirmed",
	    "status", "unconfirmed", true },
	{ IFACE_ALLERGY, "verification-status", S | R, D, "confirmed",
	    "status", "confirmed", true },
	{ IFACE_ALLERGY, "verification-status", S | R, D, "refuted",
	    "status", "refuted", true },
	{ IFACE_ALLERGY, "verification-status", S | R, D, "entered-in-error",
	    "status", "entered-in-error", true },
	{ IFACE_ALLERGY, "verification-status", S, R, "unconfirmed",
	    NULL, NULL, false },
};
/* clang-format on */

/* ---- names --------------------------------------------------------------- */

const struct iface_param *
search_map_param(enum iface_type t, enum fhir_version face,
    enum fhir_version to, const struct iface_param *p)
{
	const char *name = p->name;

	if (face == to)
		return p;
	for (size_t i = 0; i < COUNT(names); i++)
		if (names[i].type == t && names[i].name[face] &&
		    !strcmp(names[i].name[face], p->name))
			name = names[i].name[to];
	return name ? iface_canonical(t, to, name) : NULL;
}

/* ---- tokens -------------------------------------------------------------- */

/* A token list while it is being translated. */
struct mapping {
	struct arena *a;
	enum iface_type type;
	enum fhir_version face, to;
	const char *name;                /* the face's */
	const struct iface_param *param; /* theirs so far */
	bool lost;                       /* an alternative cannot be asked */
	bool exact;
	struct buf b;
};

static const struct coded *
code_row(const struct mapping *m, struct str code)
{
	for (size_t i = 0; i < COUNT(codes); i++) {
		const struct coded *c = &codes[i];

		if (c->type == m->type && !strcmp(c->name, m->name) &&
		    (c->face & FHIR_BIT(m->face)) &&
		    (c->to & FHIR_BIT(m->to)) && str_is(code, c->code))
			return c;
	}
	return NULL;
}

static void
put_alternative(struct mapping *m, struct str system, struct str code)
{
	if (m->b.len)
		buf_char(&m->b, ',');
	if (system.at) {
		system = value_escaped(m->a, system);
		buf_put(&m->b, system.at, system.len);
		buf_char(&m->b, '|');
	}
	buf_put(&m->b, code.at, code.len);
}

/* A code under the system's name there, and for R4 under its older one too. */
static void
put_systems(struct mapping *m, struct str url, struct str code)
{
	struct system there = { .url = url }, older = { .url = url };

	systems_for(m->a, &there, m->to);
	put_alternative(m, there.url, code);
	if (m->to != FHIR_R4)
		return;
	systems_for(m->a, &older, FHIR_STU3);
	if (!str_eq(older.url, there.url))
		put_alternative(m, older.url, code);
}

static void
put_row(struct mapping *m, const struct coded *row)
{
	struct str rest = str_of(row->codes);
	const struct iface_param *p =
	    row->param ? iface_canonical(m->type, m->to, row->param) : m->param;

	if (!row->codes || !p || (m->param && m->param != p)) {
		m->lost = true;
		return;
	}
	m->param = p;
	m->exact = m->exact && row->exact;
	while (rest.at)
		put_alternative(m, STR_NONE, str_cut(rest, ',', &rest));
}

/* Are its values bare codes in some version, whose system is nowhere told? */
static bool
bare(const struct mapping *m)
{
	return strstr(m->name, "status") || !strcmp(m->name, "gender") ||
	       (m->type == IFACE_ALLERGY && !strcmp(m->name, "category"));
}

static void
put_token(struct mapping *m, struct str one)
{
	struct str code, system = value_part(one, '|', &code);
	bool same = m->face == m->to, told = same || !bare(m);
	const struct coded *row;

	if (!code.at) {
		code = system;
		system = STR_NONE;
	}
	row = same ? NULL : code_row(m, code);
	if (row)
		put_row(m, row);
	else if (!m->param || (!told && !code.len))
		m->lost = true;
	else if (told && system.len)
		put_systems(m, value_plain(m->a, system), code);
	else
		put_alternative(m, told ? system : STR_NONE, code);
}

static struct search_mapped
map_token(struct arena *a, struct mapping *m, const struct search_param *p)
{
	struct str rest = p->value;

	m->a = a;
	m->name = p->param->name;
	m->b = buf_new(a, VALUE_BYTES_MAX);
	m->exact = true;
	while (rest.at)
		put_token(m, value_cut(&rest));
	if (m->lost || m->b.failed)
		return (struct search_mapped){ .param = NULL };
	return (struct search_mapped){ .param = m->param,
		.value = { m->b.at, m->b.len },
		.exact = m->exact };
}

struct search_mapped
search_map(struct arena *a, enum iface_type t, enum fhir_version face,
    enum fhir_version to, const struct search_param *p)
{
	struct mapping m = { .type = t,
		.face = face,
		.to = to,
		.param = search_map_param(t, face, to, p->param) };

	if (p->param->kind == IFACE_TOKEN)
		return map_token(a, &m, p);
	return (struct search_mapped){
		.param = m.param, .value = p->value, .exact = true
	};
}
