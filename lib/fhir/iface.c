/* iface.c - the contract as tables: types, interactions, search parameters
 * SPDX-License-Identifier: Apache-2.0
 *
 * The rows are what the client app sends, and beside them a few standard
 * parameters that mean the same in the versions for which they are listed.
 *
 * MedicationStatement, which one published text of the app names where it
 * means prescriptions, is another resource (a record of what somebody takes)
 * and is not served: a read or search of it is an unknown type. */
#include "fhir/iface.h"

#include <string.h>
#include <strings.h>

#define D   FHIR_BIT(FHIR_DSTU2)
#define S   FHIR_BIT(FHIR_STU3)
#define R   FHIR_BIT(FHIR_R4)
#define DSR FHIR_ALL

#define SEL  IFACE_SELECTIVE
#define SORT IFACE_SORTS
#define ONE  IFACE_ONE
#define TEXT ((1u << IFACE_EXACT) | (1u << IFACE_CONTAINS))

#define STATUSES                                                               \
	"One or more codes of the resource's status, with or without system."
#define CODES "One or more codes, with or without system."

/* clang-format off */
#define ID_ROW \
	{ "_id", "id", IFACE_ID, DSR, SEL | ONE, 0, NULL, \
	    "The resource id; `id` is understood too." }
#define PATIENT_ROW(alias) \
	{ "patient", alias, IFACE_REFERENCE, DSR, SEL | ONE, 0, NULL, \
	    "The patient: id, Patient/id, or a URL under this address." }

static const struct iface_param patient[] = {
	ID_ROW,
	{ "identifier", NULL, IFACE_TOKEN, DSR, SEL, 0, NULL,
	    "A record number, with or without system." },
	{ "family", NULL, IFACE_STRING, DSR, SEL | SORT, TEXT, NULL,
	    "Family name." },
	{ "given", NULL, IFACE_STRING, DSR, SEL | SORT, TEXT, NULL,
	    "Given name." },
	{ "name", NULL, IFACE_STRING, DSR, SEL | SORT, TEXT, NULL,
	    "Any part of the name." },
	{ "birthdate", NULL, IFACE_DATE, DSR, SEL | SORT, 0, NULL,
	    "Date of birth; a whole day is enough to search by." },
	{ "gender", NULL, IFACE_TOKEN, DSR, 0, 0, "male female other unknown",
	    "Administrative gender; not enough to search by alone." },
	{ "active", NULL, IFACE_TOKEN, DSR, 0, 0, "true false",
	    "Whether the record is in use; not enough to search by alone." },
};

static const struct iface_param observation[] = {
	ID_ROW,
	PATIENT_ROW("subject"),
	{ "category", NULL, IFACE_TOKEN, DSR, 0, 0, NULL,
	    "Kind of observation, such as vital-signs." },
	{ "code", NULL, IFACE_TOKEN, DSR, 0, 0, NULL, CODES },
	{ "date", NULL, IFACE_DATE, DSR, SORT, 0, NULL,
	    "When it was observed." },
	{ "status", NULL, IFACE_TOKEN, DSR, 0, 0, NULL, STATUSES },
};

static const struct iface_param condition[] = {
	ID_ROW,
	PATIENT_ROW("subject"),
	{ "category", NULL, IFACE_TOKEN, DSR, 0, 0, NULL, CODES },
	{ "code", NULL, IFACE_TOKEN, DSR, 0, 0, NULL, CODES },
	{ "clinicalstatus", NULL, IFACE_TOKEN, D, 0, 0, NULL, STATUSES },
	{ "clinical-status", NULL, IFACE_TOKEN, S | R, 0, 0, NULL, STATUSES },
	{ "verification-status", NULL, IFACE_TOKEN, S | R, 0, 0, NULL,
	    STATUSES },
	{ "date-recorded", NULL, IFACE_DATE, D, SORT, 0, NULL,
	    "When it was recorded." },
	{ "asserted-date", NULL, IFACE_DATE, S, SORT, 0, NULL,
	    "When it was recorded." },
	{ "recorded-date", NULL, IFACE_DATE, R, SORT, 0, NULL,
	    "When it was recorded." },
	{ "onset", NULL, IFACE_DATE, D, SORT, 0, NULL, "When it began." },
	{ "onset-date", NULL, IFACE_DATE, S | R, SORT, 0, NULL,
	    "When it began." },
};

static const struct iface_param encounter[] = {
	ID_ROW,
	PATIENT_ROW("subject"),
	{ "date", NULL, IFACE_DATE, DSR, SORT, 0, NULL, "When it was." },
	{ "status", NULL, IFACE_TOKEN, DSR, 0, 0, NULL, STATUSES },
	{ "class", NULL, IFACE_TOKEN, S | R, 0, 0, NULL,
	    "Kind of encounter, such as IMP." },
	{ "type", NULL, IFACE_TOKEN, DSR, 0, 0, NULL, CODES },
};

static const struct iface_param allergy[] = {
	ID_ROW,
	PATIENT_ROW("subject"),
	{ "category", NULL, IFACE_TOKEN, DSR, 0, 0, NULL, CODES },
	{ "status", NULL, IFACE_TOKEN, D, 0, 0, NULL, STATUSES },
	{ "clinical-status", NULL, IFACE_TOKEN, S | R, 0, 0, NULL, STATUSES },
	{ "verification-status", NULL, IFACE_TOKEN, S | R, 0, 0, NULL,
	    STATUSES },
	{ "date", NULL, IFACE_DATE, DSR, SORT, 0, NULL,
	    "When it was recorded." },
};

static const struct iface_param medication[] = {
	ID_ROW,
	PATIENT_ROW("subject"),
	{ "status", NULL, IFACE_TOKEN, DSR, 0, 0, NULL, STATUSES },
	{ "datewritten", NULL, IFACE_DATE, D, SORT, 0, NULL,
	    "When it was written." },
	{ "authoredon", NULL, IFACE_DATE, S | R, SORT, 0, NULL,
	    "When it was written." },
};

/* Only R4 has a standard parameter for the person of a Coverage. */
static const struct iface_param coverage[] = {
	ID_ROW,
	PATIENT_ROW("beneficiary"),
};

static const struct iface_param location[] = {
	ID_ROW,
};

#define BOTH      ((1u << IFACE_READ) | (1u << IFACE_SEARCH))
#define SAME(x)   { x, x, x }
#define ROWS(x)   x, COUNT(x)

static const struct iface_resource resources[IFACE__MAX] = {
	[IFACE_PATIENT] = { SAME("Patient"), SAME(NULL),
	    BOTH, false, ROWS(patient) },
	[IFACE_OBSERVATION] = { SAME("Observation"), SAME("subject"),
	    BOTH, true, ROWS(observation) },
	[IFACE_CONDITION] = { SAME("Condition"),
	    { "patient", "subject", "subject" },
	    BOTH, true, ROWS(condition) },
	[IFACE_ENCOUNTER] = { SAME("Encounter"),
	    { "patient", "subject", "subject" },
	    BOTH, true, ROWS(encounter) },
	[IFACE_ALLERGY] = { SAME("AllergyIntolerance"), SAME("patient"),
	    BOTH, true, ROWS(allergy) },
	[IFACE_MEDICATION] = {
	    { "MedicationOrder", "MedicationRequest", "MedicationRequest" },
	    { "patient", "subject", "subject" },
	    BOTH, true, ROWS(medication) },
	[IFACE_COVERAGE] = { SAME("Coverage"),
	    { "subscriber", "beneficiary", "beneficiary" },
	    BOTH, true, ROWS(coverage) },
	[IFACE_LOCATION] = { SAME("Location"), SAME(NULL),
	    BOTH, false, ROWS(location) },
};
/* clang-format on */

const struct iface_resource *
iface_resource(enum iface_type t)
{
	return &resources[t];
}

const char *
iface_name(enum iface_type t, enum fhir_version v)
{
	return resources[t].name[v];
}

bool
iface_named(enum iface_type *t, enum fhir_version face, struct str name)
{
	for (int i = 0; i < IFACE__MAX; i++)
		if (str_is(name, resources[i].name[face])) {
			*t = (enum iface_type)i;
			return true;
		}
	return false;
}

static bool
among(struct str name, const char *words)
{
	struct str rest = str_of(words);

	while (rest.at) {
		struct str word = str_cut(rest, ' ', &rest);

		if (word.len == name.len &&
		    !strncasecmp(word.at, name.at, name.len))
			return true;
	}
	return false;
}

const struct iface_param *
iface_param(enum iface_type t, enum fhir_version face, struct str name)
{
	const struct iface_resource *r = &resources[t];

	for (size_t i = 0; name.len && i < r->n; i++) {
		const struct iface_param *p = &r->params[i];

		if ((p->versions & FHIR_BIT(face)) &&
		    (str_is_nocase(name, p->name) || among(name, p->alias)))
			return p;
	}
	return NULL;
}

const struct iface_param *
iface_canonical(enum iface_type t, enum fhir_version face, const char *name)
{
	const struct iface_param *p = iface_param(t, face, str_of(name));

	return p && !strcmp(p->name, name) ? p : NULL;
}

const char *
iface_kind_name(enum iface_kind k)
{
	static const char *const names[IFACE_KIND__MAX] = {
		[IFACE_STRING] = "string",
		[IFACE_TOKEN] = "token",
		[IFACE_DATE] = "date",
		[IFACE_REFERENCE] = "reference",
		[IFACE_ID] = "token",
	};

	return names[k];
}

const char *
iface_modifier_name(enum iface_modifier m)
{
	static const char *const names[IFACE_MODIFIER__MAX] = {
		[IFACE_PLAIN] = "",
		[IFACE_EXACT] = "exact",
		[IFACE_CONTAINS] = "contains",
	};

	return names[m];
}

/* "." and ".." are ids by the letter of FHIR and path segments by that of
 * RFC 3986: they never stand in a path of ours. */
bool
iface_id(struct str s)
{
	bool dots = true;

	if (!s.len || s.len > 64)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.at[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c >= '0' && c <= '9') || c == '-' || c == '.'))
			return false;
		dots = dots && c == '.';
	}
	return !dots;
}

bool
iface_batch(void)
{
	return true;
}
