/* map_condition.c - Condition in DSTU2, STU3 and R4
 * SPDX-License-Identifier: Apache-2.0
 *
 * Source: the Condition pages of the three versions; the extension for the
 * day of assertion is http://hl7.org/fhir/StructureDefinition/
 * condition-assertedDate of R4. */
#include "fhir/map_tables.h"
#include "fhir/systems.h"

/* DSTU2's relapse is defined as STU3's recurrence. Its list is a preferred
 * one only: other words than STU3's occur, and go no further. */
static const struct map_code clinical_d[] = {
	{ "relapse", "recurrence", MAP_BOTH },
	{ "recurrence", "recurrence", MAP_UP },
	{ "active", "active", MAP_BOTH },
	{ "inactive", "inactive", MAP_BOTH },
	{ "remission", "remission", MAP_BOTH },
	{ "resolved", "resolved", MAP_BOTH },
	MAP_END_UP,
};
static const struct map_code clinical_r[] = {
	{ "recurrence", "relapse", MAP_DOWN },
	{ "recurrence", "recurrence", MAP_BOTH },
	{ "active", "active", MAP_BOTH },
	{ "inactive", "inactive", MAP_BOTH },
	{ "remission", "remission", MAP_BOTH },
	{ "resolved", "resolved", MAP_BOTH },
	MAP_END_BOTH,
};
static const struct map_code verification_r[] = {
	{ "unknown", NULL, MAP_UP },
	{ "provisional", "unconfirmed", MAP_DOWN },
	{ "provisional", "provisional", MAP_BOTH },
	{ "differential", "differential", MAP_BOTH },
	{ "confirmed", "confirmed", MAP_BOTH },
	{ "refuted", "refuted", MAP_BOTH },
	{ "entered-in-error", "entered-in-error", MAP_BOTH },
	MAP_END_BOTH,
};

/* clang-format off */
static const struct map_row stage_rows[] = {
	MAP_ROW("summary CodeableConcept", "=", "="),
	MAP_ROW("assessment * Reference", "=", "="),
	MAP_ROW(NULL, NULL, "type CodeableConcept", .why = "came with R4"),
};
static const struct map stage = {
	.path = { "Condition.stage", "Condition.stage", "Condition.stage" },
	MAP_ROWS(stage_rows) };

static const struct map_row evidence_rows[] = {
	MAP_ROW("code CodeableConcept", "code * CodeableConcept", "=",
	    .why = "several from STU3 on"),
	MAP_ROW("detail * Reference", "=", "="),
};
static const struct map evidence = {
	.path = { "Condition.evidence", "Condition.evidence",
	    "Condition.evidence" },
	MAP_ROWS(evidence_rows) };

static const struct map_row condition_rows[] = {
	MAP_ROW("identifier * Identifier", "=", "="),
	MAP_ROW("patient Reference", "subject Reference", "=",
	    .why = "renamed"),
	MAP_ROW("encounter Reference", "context Reference",
	    "encounter Reference", .d = { .turn = &turn_encounter },
	    .r = { .turn = &turn_encounter },
	    .why = "renamed; an episode of care is no encounter"),
	MAP_ROW("asserter Reference", "=", "="),
	MAP_ROW("dateRecorded date", "assertedDate dateTime",
	    "recordedDate dateTime", .d = { .turn = &turn_day },
	    .why = "renamed; a day in DSTU2. Where R4 tells the time of "
		   "assertion apart, that is STU3's"),
	MAP_ROW(NULL, NULL, "recorder Reference", .why = "came with R4"),
	MAP_ROW("code CodeableConcept", "=", "=",
	    .why = "DSTU2 demands one: unspecified"),
	MAP_ROW("category CodeableConcept", "category * CodeableConcept", "=",
	    .why = "several from STU3 on"),
	MAP_ROW("clinicalStatus code", "=", "clinicalStatus CodeableConcept",
	    .d = { .codes = clinical_d },
	    .r = { .turn = &turn_concept, .codes = clinical_r,
		.system = "condition-clinical" },
	    .why = "a code before R4, in words of its own"),
	MAP_ROW("verificationStatus code", "=",
	    "verificationStatus CodeableConcept",
	    .r = { .turn = &turn_concept, .codes = verification_r,
		.system = "condition-ver-status" },
	    .why = "a code before R4, in words of its own; DSTU2 demands one: "
		   "unknown"),
	MAP_ROW("severity CodeableConcept", "=", "="),
	MAP_ROW("onset[x] dateTime|Quantity|Period|Range|string",
	    "onset[x] dateTime|Age|Period|Range|string", "=",
	    .why = "a Quantity is called Age from STU3 on"),
	MAP_ROW("abatement[x] dateTime|Quantity|boolean|Period|Range|string",
	    "abatement[x] dateTime|Age|boolean|Period|Range|string",
	    "abatement[x] dateTime|Age|Period|Range|string",
	    .why = "a Quantity is called Age from STU3 on; R4 has no boolean"),
	MAP_ROW("stage {}", "=", "stage * {}", .map = &stage,
	    .why = "several in R4"),
	MAP_ROW("evidence * {}", "=", "=", .map = &evidence),
	MAP_ROW("bodySite * CodeableConcept", "=", "="),
	MAP_ROW("notes string", "note * Annotation", "=",
	    .d = { .turn = &turn_note },
	    .why = "notes from STU3 on, whose texts are joined down"),
};
/* clang-format on */

/* ---- when it was asserted, and when recorded ------------------------------------
 * R4 has a date of recording and an extension for that of assertion. STU3's
 * date is the latter; the former is then kept, and is what DSTU2 shows. */

#define ASSERTED                                                               \
	"http://hl7.org/fhir/StructureDefinition/condition-assertedDate"
#define RECORDED                                                               \
	"http://hl7.org/fhir/4.0/StructureDefinition/"                         \
	"extension-Condition.recordedDate"

static struct tree_node *
recorded_date(struct map_object *o)
{
	struct tree_node *ext;

	tree_each(ext, tree_at(convert_object(o), NAME_extension))
	{
		if (str_is(tree_str(ext, "url"), RECORDED))
			return tree_at(ext, NAME_valueDateTime);
	}
	return NULL;
}

static struct tree_node *
day_of(struct convert *c, struct tree_node *date)
{
	struct map_value v = { date, NULL };

	return turn_day.down(c, NULL, v).value;
}

static void
dates_d_up(struct convert *c, struct map_object *o)
{
	struct map_value *asserted = convert_back(o, NAME_assertedDate);
	struct map_value *day = convert_slot(o, NAME_dateRecorded);
	struct tree_node *recorded = recorded_date(o);

	if (!asserted->value || !recorded || !day->value)
		return;
	if (convert_equal(day_of(c, recorded), day->value)) {
		*day = (struct map_value){ NULL, NULL };
		return;
	}
	convert_kept_at(c, convert_object(o), RECORDED);
	*asserted = (struct map_value){ NULL, NULL };
}

static void
dates_d_down(struct convert *c, struct map_object *o)
{
	struct map_value *asserted = convert_slot(o, NAME_assertedDate);
	struct tree_node *recorded = recorded_date(o);
	struct map_value day;

	if (!recorded || !asserted->value)
		return;
	day = (struct map_value){ day_of(c, recorded), NULL };
	convert_put(o, "dateRecorded", day);
	convert_sibling(c, asserted->under);
	convert_lost(c, "Condition.assertedDate", CONVERT_EXTENSION);
	convert_keep(c, convert_object(o), FHIR_STU3, "Condition.assertedDate",
	    MAP_dateTime, *asserted);
	*asserted = (struct map_value){ NULL, NULL };
}

static struct map_value
member_taken(struct map_object *o, enum name id, enum name under)
{
	struct map_value v = { tree_at(convert_object(o), id),
		tree_at(convert_object(o), under) };

	tree_remove(v.value);
	tree_remove(v.under);
	return v;
}

static void
dates_r_up(struct convert *c, struct map_object *o)
{
	struct map_value *recorded = convert_back(o, NAME_recordedDate);
	struct map_value asserted;

	if (!recorded->value)
		return;
	asserted = member_taken(o, NAME_recordedDate, NAME__recordedDate);
	convert_extend(c, convert_object(o), ASSERTED, MAP_dateTime, asserted);
	convert_put(o, "recordedDate", *recorded);
	*recorded = (struct map_value){ NULL, NULL };
}

static void
dates_r_down(struct convert *c, struct map_object *o)
{
	struct tree_node *n = convert_object(o);
	struct map_value asserted = convert_kept_at(c, n, ASSERTED);
	struct map_value recorded;

	if (!asserted.value)
		return;
	recorded = member_taken(o, NAME_assertedDate, NAME__assertedDate);
	if (recorded.value) {
		convert_lost(c, "Condition.recordedDate", CONVERT_EXTENSION);
		convert_keep_at(c, n, RECORDED, MAP_dateTime, recorded);
	}
	convert_put(o, "assertedDate", asserted);
}

/* ---- abated, but not when ---------------------------------------------------------
 * R4 says so with the status. The status that stands for it carries the
 * original too: it goes again on the way down. */

static bool
is_code(struct tree_node *concept, const char *code)
{
	struct tree_node *coding = tree_first(tree_at(concept, NAME_coding));

	return str_is(tree_str(coding, "code"), code);
}

static void
abated_up(struct convert *c, struct map_object *o)
{
	struct map_value *abated = convert_slot(o, NAME_abatementBoolean);
	struct map_value *status = convert_slot(o, NAME_clinicalStatus);
	struct map_value put = { NULL, NULL };

	if (!str_is(tree_text(abated->value), "true") || status->value ||
	    status->under)
		return;
	put.value = convert_concept(
	    c, convert_coding(c,
		   systems_url(convert_arena(c), "condition-clinical", FHIR_R4),
		   STR("resolved")));
	convert_keep(c, put.value, FHIR_STU3, "Condition.abatement",
	    MAP_boolean,
	    (struct map_value){ tree_bool(convert_arena(c), true), NULL });
	convert_put(o, "clinicalStatus", put);
}

static void
abated_down(struct convert *c, struct map_object *o)
{
	struct map_value *status = convert_slot(o, NAME_clinicalStatus);
	struct map_value *back = convert_back(o, NAME_abatementBoolean);

	if (!convert_kept(c, status->value, FHIR_STU3, "Condition.abatement")
		 .value)
		return;
	if (is_code(status->value, "resolved"))
		*status = (struct map_value){ NULL, NULL };
	else
		*back = (struct map_value){ NULL, NULL };
}

/* ---- hooks -------------------------------------------------------------------------- */

static void
condition_r_up(struct convert *c, struct map_object *o)
{
	dates_r_up(c, o);
	abated_up(c, o);
}

static void
condition_r_down(struct convert *c, struct map_object *o)
{
	dates_r_down(c, o);
	abated_down(c, o);
}

/* What DSTU2 demands, in the words that say least. */
static void
condition_demanded(struct convert *c, struct map_object *o)
{
	struct tree_node *n = convert_object(o);
	struct map_value code = { tree_object(convert_arena(c)), NULL };
	struct map_value unknown = { convert_text(c, "unknown"), NULL };

	tree_put(convert_arena(c), code.value, "text",
	    convert_text(c, "unspecified"));
	if (!tree_at(n, NAME_code))
		convert_put(o, "code", code);
	if (!tree_at(n, NAME_verificationStatus))
		convert_put(o, "verificationStatus", unknown);
}

const struct map map_condition = {
	.path = { "Condition", "Condition", "Condition" },
	MAP_ROWS(condition_rows),
	.resource = true,
	.domain = true,
	.d_up = { .first = dates_d_up },
	.d_down = { .first = dates_d_down, .last = condition_demanded },
	.r_up = { .first = condition_r_up },
	.r_down = { .first = condition_r_down },
};
