/* ward_kind.c - the kinds of record that a person keeps of a made-up patient
 * SPDX-License-Identifier: Apache-2.0
 *
 * Elements by version: FHIR 1.0.2, 3.0.1 and 4.0.1, as in ward_record.c and
 * ward_house.c, which write what a new record begins as. */
#include "rehearsal/ward_kind.h"

#include <string.h>

#include "rehearsal/ward_path.h"

#define ALL(path)                                                              \
	{                                                                      \
		path, path, path                                               \
	}
#define LATER(old, new)                                                        \
	{                                                                      \
		old, new, new                                                  \
	}

/* clang-format off */
static const struct ward_field person[] = {
	{ .name = "family", .path = LATER("name[official?].family[*]", "name[official?].family"), .spoils = "name[official?].text", .longest = 100, .needed = true },
	{ .name = "given", .path = ALL("name[official?].given[*]"), .spoils = "name[official?].text", .longest = 100 },
	{ .name = "birth", .path = ALL("birthDate"), .longest = 10 },
	{ .name = "gender", .path = ALL("gender"), .words = ALL("female male other unknown") },
	{ .name = "mrn", .path = ALL("identifier[MR]!.value"), .longest = 60, .needed = true },
};

static const struct ward_field stay[] = {
	{ .name = "status", .path = ALL("status"), .needed = true,
	  .words = LATER("in-progress planned arrived onleave finished cancelled", "in-progress planned arrived triaged onleave finished cancelled") },
	{ .name = "bed", .how = WARD_REFER, .path = ALL("location[active?]!.location"), .longest = 100 },
	{ .name = "visit", .start = "Hospital admission", .how = WARD_CONCEPT, .path = ALL("type[]"), .list = WARD_LIST_VISITS, .longest = 100 },
	{ .name = "since", .start = "moment", .path = ALL("period.start"), .longest = 40 },
};

static const struct ward_field allergy[] = {
	{ .name = "substance", .how = WARD_CONCEPT, .path = LATER("substance", "code"), .also = ALL("?reaction[].substance"),
	  .list = WARD_LIST_SUBSTANCES, .longest = 100, .needed = true },
	{ .name = "reaction", .how = WARD_CONCEPT, .path = ALL("reaction[]!.manifestation[]"), .list = WARD_LIST_REACTIONS, .longest = 100 },
	{ .name = "state", .how = WARD_STATE, .path = LATER("status", "clinicalStatus"), .needed = true,
	  .words = LATER("active confirmed unconfirmed inactive resolved", "active inactive resolved"), .system = "hl7:allergyintolerance-clinical" },
	{ .name = "criticality", .path = ALL("criticality"), .words = LATER("CRITL CRITH CRITU", "low high unable-to-assess") },
	{ .name = "recorded", .start = "day", .path = { "recordedDate", "assertedDate", "recordedDate" }, .longest = 40 },
	{ .name = "note", .path = LATER("note!.text", "note[]!.text"), .longest = 300 },
};

static const struct ward_field condition[] = {
	{ .name = "problem", .how = WARD_CONCEPT, .path = ALL("code"), .list = WARD_LIST_PROBLEMS, .longest = 100, .needed = true },
	{ .name = "state", .how = WARD_STATE, .path = ALL("clinicalStatus"), .needed = true,
	  .words = ALL("active remission resolved"), .system = "hl7:condition-clinical" },
	{ .name = "severity", .how = WARD_CONCEPT, .path = ALL("severity"), .list = WARD_LIST_SEVERITIES, .longest = 100 },
	{ .name = "dated", .start = "day", .path = { "dateRecorded", "assertedDate", "recordedDate" }, .longest = 10 },
};

static const struct ward_field measure[] = {
	{ .name = "value", .how = WARD_NUMBER, .path = ALL("valueQuantity!.value"), .longest = 20, .needed = true },
	{ .name = "when", .start = "moment", .path = ALL("effectiveDateTime"), .instead = "effectivePeriod!.start", .longest = 40 },
};

static const struct ward_field pressure[] = {
	{ .name = "upper", .how = WARD_NUMBER, .path = ALL("component[8480-6]!.valueQuantity.value"), .longest = 20, .needed = true },
	{ .name = "lower", .how = WARD_NUMBER, .path = ALL("component[8462-4]!.valueQuantity.value"), .longest = 20, .needed = true },
	{ .name = "when", .start = "moment", .path = ALL("effectiveDateTime"), .instead = "effectivePeriod!.start", .longest = 40 },
};

static const struct ward_field order[] = {
	{ .name = "medication", .how = WARD_CONCEPT, .path = ALL("medicationCodeableConcept"), .instead = "medicationReference!.display",
	  .list = WARD_LIST_DRUGS, .longest = 100, .needed = true },
	{ .name = "dosage", .path = ALL("dosageInstruction[].text"), .longest = 300 },
	{ .name = "status", .path = ALL("status"), .words = ALL("active on-hold completed stopped"), .needed = true },
	{ .name = "prescriber", .how = WARD_REFER, .path = { "prescriber", "requester!.agent", "requester" }, .longest = 100 },
	{ .name = "written", .start = "day", .path = LATER("dateWritten", "authoredOn"), .longest = 40 },
};

static const struct ward_field cover[] = {
	{ .name = "insurer", .how = WARD_REFER, .path = LATER("issuer", "payor[]"), .longest = 100, .needed = true },
	{ .name = "plan", .path = { "plan", "grouping.planDisplay", "class[plan]!.name" }, .also = { NULL, "?grouping.plan", "class[plan].value" }, .longest = 100 },
	{ .name = "group", .path = { "group", "grouping.groupDisplay", "class[group]!.name" }, .also = { NULL, "?grouping.group", "class[group].value" }, .longest = 100 },
	{ .name = "number", .path = LATER("subscriberId!.value", "subscriberId"), .longest = 60 },
	{ .name = "from", .path = ALL("period.start"), .longest = 40 },
	{ .name = "until", .path = ALL("period.end"), .longest = 40 },
};

#define FIELDS(of) of, COUNT(of)

const struct ward_kind ward_kinds[] = {
	{ "person", ALL("Patient"), NULL, false, 0, { "identifier[AN]", "name[official?].prefix" }, FIELDS(person) },
	{ "stay", ALL("Encounter"), NULL, true, 0, { "serviceProvider" }, FIELDS(stay) },
	{ "allergy", ALL("AllergyIntolerance"), NULL, true, 0, { "category", "reaction[].severity", "criticality" }, FIELDS(allergy) },
	{ "problem", ALL("Condition"), NULL, true, 0, { "onsetDateTime" }, FIELDS(condition) },
	{ "heart", ALL("Observation"), "8867-4", true, 0, { NULL }, FIELDS(measure) },
	{ "temperature", ALL("Observation"), "8310-5", true, 1, { NULL }, FIELDS(measure) },
	{ "pressure", ALL("Observation"), "85354-9", true, 12, { NULL }, FIELDS(pressure) },
	{ "oxygen", ALL("Observation"), "59408-5", true, 3, { NULL }, FIELDS(measure) },
	{ "breath", ALL("Observation"), "9279-1", true, 2, { NULL }, FIELDS(measure) },
	{ "weight", ALL("Observation"), "29463-7", true, 15, { NULL }, FIELDS(measure) },
	{ "measure", ALL("Observation"), NULL, false, 0, { NULL }, FIELDS(measure) },
	{ "order", LATER("MedicationOrder", "MedicationRequest"), NULL, true, 0, { NULL }, FIELDS(order) },
	{ "cover", ALL("Coverage"), NULL, true, 0, { NULL }, FIELDS(cover) },
};
/* clang-format on */
const size_t ward_kinds_n = COUNT(ward_kinds);

const struct ward_kind *
ward_kind_named(struct str name)
{
	size_t i;

	for (i = 0; i < ward_kinds_n; i++)
		if (str_is(name, ward_kinds[i].name))
			return &ward_kinds[i];
	return NULL;
}

static bool
coded(const struct tree_node *record, const char *code)
{
	struct tree_node *c;

	tree_each(c,
	    tree_get(tree_get(record, "code"),
		"coding")) if (str_is(tree_str(c, "code"), code)) return true;
	return false;
}

/* Its form is for what it measures; a value of another kind has none. */
static bool
measures(const struct ward_kind *k, struct tree_node *record)
{
	if (k->code && !coded(record, k->code))
		return false;
	return k->fields == pressure
	           ? tree_get(record, "component") != NULL
	           : tree_get(record, "valueQuantity") != NULL;
}

const struct ward_kind *
ward_kind_of(enum fhir_version v, struct tree_node *record)
{
	struct str type = tree_str(record, "resourceType");
	size_t i;

	for (i = 0; i < ward_kinds_n; i++) {
		const struct ward_kind *k = &ward_kinds[i];

		if (str_is(type, k->type[v]) &&
		    (!str_is(type, "Observation") || measures(k, record)))
			return k;
	}
	return NULL;
}
