/* version_fits.c - tells a resource of one FHIR version from one of another
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each row is evidence: an element, in a certain form, that only some versions
 * have. The versions that all evidence in a resource allows are what it can
 * be. Where evidence contradicts itself nothing is known, and it passes. */
#include "fhir/version.h"

#define D FHIR_BIT(FHIR_DSTU2)
#define S FHIR_BIT(FHIR_STU3)
#define R FHIR_BIT(FHIR_R4)

enum form { ANY, ONE_TEXT, ONE_OBJECT, LIST };

struct evidence {
	enum name element;
	enum name child; /* NAME_NONE: the element itself is looked at */
	enum form form;
	unsigned versions;
};

/* clang-format off */
static const struct evidence patient[] = {
	{ NAME_name, NAME_family, LIST, D },
	{ NAME_name, NAME_family, ONE_TEXT, S | R },
	{ NAME_careProvider, 0, ANY, D },
	{ NAME_generalPractitioner, 0, ANY, S | R },
	{ NAME_animal, 0, ANY, D | S },
};
static const struct evidence observation[] = {
	{ NAME_category, 0, ONE_OBJECT, D },
	{ NAME_category, 0, LIST, S | R },
	{ NAME_context, 0, ANY, S },
	{ NAME_encounter, 0, ANY, D | R },
	{ NAME_comments, 0, ANY, D },
	{ NAME_comment, 0, ANY, S },
	{ NAME_note, 0, ANY, R },
	{ NAME_related, 0, ANY, D | S },
	{ NAME_hasMember, 0, ANY, R },
	{ NAME_derivedFrom, 0, ANY, R },
};
static const struct evidence condition[] = {
	{ NAME_patient, 0, ANY, D },
	{ NAME_subject, 0, ANY, S | R },
	{ NAME_dateRecorded, 0, ANY, D },
	{ NAME_assertedDate, 0, ANY, S },
	{ NAME_recordedDate, 0, ANY, R },
	{ NAME_context, 0, ANY, S },
	{ NAME_encounter, 0, ANY, D | R },
	{ NAME_clinicalStatus, 0, ONE_TEXT, D | S },
	{ NAME_clinicalStatus, 0, ONE_OBJECT, R },
	{ NAME_verificationStatus, 0, ONE_TEXT, D | S },
	{ NAME_verificationStatus, 0, ONE_OBJECT, R },
	{ NAME_notes, 0, ANY, D },
};
static const struct evidence encounter[] = {
	{ NAME_patient, 0, ANY, D },
	{ NAME_subject, 0, ANY, S | R },
	{ NAME_class, 0, ONE_TEXT, D },
	{ NAME_class, 0, ONE_OBJECT, S | R },
	{ NAME_indication, 0, ANY, D },
	{ NAME_diagnosis, 0, ANY, S | R },
	{ NAME_reason, 0, ANY, D | S },
	{ NAME_reasonCode, 0, ANY, R },
	{ NAME_incomingReferral, 0, ANY, D | S },
	{ NAME_basedOn, 0, ANY, R },
};
static const struct evidence allergy[] = {
	{ NAME_substance, 0, ANY, D },
	{ NAME_status, 0, ANY, D },
	{ NAME_code, 0, ANY, S | R },
	{ NAME_clinicalStatus, 0, ONE_TEXT, S },
	{ NAME_clinicalStatus, 0, ONE_OBJECT, R },
	{ NAME_verificationStatus, 0, ONE_TEXT, S },
	{ NAME_verificationStatus, 0, ONE_OBJECT, R },
	{ NAME_category, 0, LIST, S | R },
	{ NAME_recordedDate, 0, ANY, D | R },
	{ NAME_assertedDate, 0, ANY, S },
	{ NAME_reporter, 0, ANY, D },
	{ NAME_asserter, 0, ANY, S | R },
};
static const struct evidence order[] = {
	{ NAME_resourceType, 0, ANY, D },
};
static const struct evidence request[] = {
	{ NAME_resourceType, 0, ANY, S | R },
	{ NAME_context, 0, ANY, S },
	{ NAME_encounter, 0, ANY, R },
	{ NAME_requester, NAME_agent, ANY, S },
	{ NAME_requester, NAME_reference, ANY, R },
	{ NAME_dosageInstruction, NAME_doseAndRate, ANY, R },
	{ NAME_dosageInstruction, NAME_doseQuantity, ANY, S },
	{ NAME_statusReason, 0, ANY, R },
};
static const struct evidence coverage[] = {
	{ NAME_issuer, 0, ANY, D },
	{ NAME_plan, 0, ANY, D },
	{ NAME_payor, 0, ANY, S | R },
	{ NAME_beneficiary, 0, ANY, S | R },
	{ NAME_subscriberId, 0, ONE_OBJECT, D },
	{ NAME_subscriberId, 0, ONE_TEXT, S | R },
	{ NAME_grouping, 0, ANY, S },
	{ NAME_class, 0, LIST, R },
};
static const struct evidence location[] = {
	{ NAME_operationalStatus, 0, ANY, S | R },
	{ NAME_alias, 0, ANY, S | R },
	{ NAME_hoursOfOperation, 0, ANY, R },
	{ NAME_availabilityExceptions, 0, ANY, R },
};

#define ROWS(x) x, COUNT(x)
static const struct {
	const char *type;
	const struct evidence *rows;
	size_t n;
} types[] = {
	{ "Patient", ROWS(patient) },
	{ "Observation", ROWS(observation) },
	{ "Condition", ROWS(condition) },
	{ "Encounter", ROWS(encounter) },
	{ "AllergyIntolerance", ROWS(allergy) },
	{ "MedicationOrder", ROWS(order) },
	{ "MedicationRequest", ROWS(request) },
	{ "Coverage", ROWS(coverage) },
	{ "Location", ROWS(location) },
};
/* clang-format on */

static bool
has_form(const struct tree_node *n, enum form form)
{
	if (!n || n->kind == TREE_NULL)
		return false;
	switch (form) {
	case ONE_TEXT:
		return n->kind == TREE_STRING;
	case ONE_OBJECT:
		return n->kind == TREE_OBJECT;
	case LIST:
		return n->kind == TREE_ARRAY;
	default:
		return true;
	}
}

/* Where the evidence would stand; of a list, its first member counts. */
static const struct tree_node *
place(const struct tree_node *resource, const struct evidence *row)
{
	const struct tree_node *n = tree_at(resource, row->element);

	if (row->child == NAME_NONE)
		return n;
	if (tree_is(n, TREE_ARRAY))
		n = tree_first(n);
	return tree_at(n, row->child);
}

static bool
judge(enum fhir_version v, const struct tree_node *resource, const char *type,
    const struct evidence *rows, size_t n, struct err *e)
{
	const struct evidence *against = NULL;
	unsigned can_be = FHIR_ALL;

	for (size_t i = 0; i < n; i++) {
		if (!has_form(place(resource, &rows[i]), rows[i].form))
			continue;
		can_be &= rows[i].versions;
		if (!against && !(rows[i].versions & FHIR_BIT(v)))
			against = &rows[i];
	}
	if (!against || !can_be)
		return true;
	return err_why(e, ERR_UPSTREAM_BAD,
	    "the provider is set up as %s, but %s.%s is of another version",
	    version_name(v), type, name_text(against->element).at);
}

bool
version_fits(
    enum fhir_version v, const struct tree_node *resource, struct err *e)
{
	struct str type = tree_text(tree_at(resource, NAME_resourceType));

	for (size_t i = 0; i < COUNT(types); i++)
		if (str_is(type, types[i].type))
			return judge(v, resource, types[i].type, types[i].rows,
			    types[i].n, e);
	return true;
}
