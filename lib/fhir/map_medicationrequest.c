/* map_medicationrequest.c - MedicationOrder and MedicationRequest
 * SPDX-License-Identifier: Apache-2.0
 *
 * DSTU2 calls it by the one name, STU3 and R4 by the other. Source: the pages
 * of the two types in the three versions. */
#include "fhir/map_medicationrequest.h"

/* ---- reasons: one in DSTU2, two lists from STU3 on -------------------------------- */

static const struct {
	enum name low, high;
	const char *low_name, *high_name;
	enum map_type type;
} reasons[] = {
	{ NAME_reasonCodeableConcept, NAME_reasonCode, "reasonCodeableConcept",
	    "reasonCode", MAP_CodeableConcept },
	{ NAME_reasonReference, NAME_reasonReference, "reasonReference",
	    "reasonReference", MAP_Reference },
};

static void
reasons_up(struct convert *c, struct map_object *o)
{
	for (size_t i = 0; i < COUNT(reasons); i++) {
		struct map_value *slot = convert_slot(o, reasons[i].low);
		struct map_value *back = convert_back(o, reasons[i].high);
		struct tree_node *list = tree_array(convert_arena(c)), *n;

		if (!slot->value)
			continue;
		convert_type(c, reasons[i].type, slot->value);
		tree_append(list, slot->value);
		while ((n = tree_first(back->value)))
			tree_append(list, n);
		slot->value = back->value = NULL;
		convert_put(
		    o, reasons[i].high_name, (struct map_value){ list, NULL });
	}
}

/* The first code, else the first reference; the others stay in their slots. */
static void
reasons_down(struct convert *c, struct map_object *o)
{
	for (size_t i = 0; i < COUNT(reasons); i++) {
		struct map_value *slot = convert_slot(o, reasons[i].high);
		struct map_value first = { tree_first(slot->value), NULL };

		if (!tree_is(first.value, TREE_OBJECT) ||
		    !tree_first(first.value))
			continue;
		tree_remove(first.value);
		convert_type(c, reasons[i].type, first.value);
		convert_put(o, reasons[i].low_name, first);
		if (!tree_first(slot->value))
			slot->value = NULL;
		return;
	}
}

/* ---- intent ------------------------------------------------------------------------ */

#define INTENT "MedicationRequest.intent"

/* R4 tells more kinds of orders apart. */
static const struct map_code intent[] = {
	{ "order", "original-order", MAP_DOWN },
	{ "order", "reflex-order", MAP_DOWN },
	{ "order", "filler-order", MAP_DOWN },
	{ "plan", "option", MAP_DOWN },
	MAP_END,
};

/* What DSTU2 has are orders. What is none stays in its slot: the row is one
 * that modifies. */
static void
intent_down(struct convert *c, struct map_object *o)
{
	struct map_value *slot = convert_slot(o, NAME_intent), now = *slot;
	struct str code = tree_text(now.value);

	if (!str_is(code, "order") && !str_is(code, "instance-order"))
		return;
	*slot = (struct map_value){ NULL, NULL };
	if (str_is(code, "order") && !now.under)
		return;
	convert_sibling(c, now.under);
	convert_lost(c, INTENT, CONVERT_EXTENSION);
	convert_keep(c, convert_object(o), FHIR_STU3, INTENT, MAP_code, now);
}

/* STU3 demands an intent, and a subject. */
static void
stu3_demands(struct convert *c, struct map_object *o)
{
	struct map_value order = { convert_text(c, "order"), NULL };

	if (!tree_at(convert_object(o), NAME_intent))
		convert_put(o, "intent", order);
	if (!tree_at(convert_object(o), NAME_subject))
		convert_put(o, "subject", convert_absent(c, "unknown"));
}

static void
dstu2_does_not(struct convert *c, struct map_object *o)
{
	struct tree_node *patient = tree_at(convert_object(o), NAME_patient);

	(void)c;
	if (convert_is_absent(patient, "unknown"))
		tree_remove(patient);
}

/* ---- what defines it: references, canonical URLs in R4 -------------------------------- */

#define DEFINITION "MedicationRequest.definition"

/* A URL, and the whole reference beside it where that says more. */
static struct map_value
canonical(struct convert *c, struct tree_node *ref)
{
	struct map_value now = { convert_copy(c, tree_at(ref, NAME_reference)),
		NULL };

	convert_type(c, MAP_Reference, ref);
	if (tree_count(ref) == 1)
		return now;
	now.under = tree_object(convert_arena(c));
	convert_lost(c, DEFINITION, CONVERT_CODE);
	convert_keep(c, now.under, FHIR_STU3, DEFINITION, MAP_Reference,
	    (struct map_value){ ref, NULL });
	return now;
}

/* The reference that a URL is, or was made from. */
static struct tree_node *
reference(struct convert *c, struct map_value v)
{
	struct tree_node *was, *ref = tree_object(convert_arena(c)), *more;

	convert_sibling(c, v.under);
	was = convert_kept(c, v.under, FHIR_STU3, DEFINITION).value;
	if (was && convert_equal(tree_at(was, NAME_reference), v.value))
		return was;
	if (v.value)
		tree_put(convert_arena(c), ref, "reference", v.value);
	if ((more = tree_at(v.under, NAME_extension)))
		tree_put(convert_arena(c), ref, "extension", more);
	return ref;
}

static void
definition_up(struct convert *c, struct map_object *o)
{
	struct map_value *slot = convert_slot(o, NAME_definition);
	struct map_value *back = convert_back(o, NAME_instantiatesCanonical);
	struct map_value all = { tree_array(convert_arena(c)), NULL };
	struct tree_node *left = tree_array(convert_arena(c)), *n;
	struct convert_items more = convert_items(c, *back);

	while ((n = tree_first(slot->value))) {
		tree_remove(n);
		if (tree_str(n, "reference").len)
			convert_append(c, &all, canonical(c, n));
		else
			tree_append(left, n);
	}
	slot->value = tree_first(left) ? left : NULL;
	for (size_t i = 0; i < more.n; i++)
		if (more.v[i].value || more.v[i].under)
			convert_append(c, &all, more.v[i]);
	*back = (struct map_value){ NULL, NULL };
	if (tree_first(all.value))
		convert_put(o, "instantiatesCanonical", all);
}

static void
definition_down(struct convert *c, struct map_object *o)
{
	struct map_value *slot = convert_slot(o, NAME_instantiatesCanonical);
	struct map_value *back = convert_back(o, NAME_definition);
	struct convert_items all = convert_items(c, *slot);
	struct tree_node *list = tree_array(convert_arena(c)), *n;

	for (size_t i = 0; i < all.n; i++)
		if (all.v[i].value || all.v[i].under)
			tree_append(list, reference(c, all.v[i]));
	while ((n = tree_first(back->value)))
		tree_append(list, n);
	*slot = *back = (struct map_value){ NULL, NULL };
	if (tree_first(list))
		convert_put(o, "definition", (struct map_value){ list, NULL });
}

/* ---- why it ended: an extension of DSTU2 in STU3 -------------------------------------- */

#define ENDED "MedicationOrder.reasonEnded"

static void
ended_up(struct convert *c, struct map_object *o)
{
	struct map_value why =
	    convert_kept(c, convert_object(o), FHIR_DSTU2, ENDED);

	convert_put(o, "statusReason", why);
}

static void
ended_down(struct convert *c, struct map_object *o)
{
	struct map_value *slot = convert_slot(o, NAME_statusReason);

	if (!tree_is(slot->value, TREE_OBJECT))
		return;
	convert_type(c, MAP_CodeableConcept, slot->value);
	convert_lost(c, "MedicationRequest.statusReason", CONVERT_EXTENSION);
	convert_keep(c, convert_object(o), FHIR_DSTU2, ENDED,
	    MAP_CodeableConcept, *slot);
	slot->value = NULL;
}

/* ---- each way ------------------------------------------------------------------------- */

#define DO_NOT "MedicationRequest.doNotPerform"

/* That it may be done goes without saying: nobody need be warned. */
static void
do_not_down(struct convert *c, struct map_object *o)
{
	struct map_value *slot = convert_slot(o, NAME_doNotPerform);

	convert_type(c, MAP_boolean, slot->value);
	if (!tree_is(slot->value, TREE_FALSE))
		return;
	convert_sibling(c, slot->under);
	convert_lost(c, DO_NOT, CONVERT_EXTENSION);
	convert_keep(c, convert_object(o), FHIR_R4, DO_NOT, MAP_boolean, *slot);
	*slot = (struct map_value){ NULL, NULL };
}

static void
d_up(struct convert *c, struct map_object *o)
{
	requester_to_agent(c, o, NAME_prescriber);
	reasons_up(c, o);
}

static void
d_down(struct convert *c, struct map_object *o)
{
	requester_from_agent(c, o, "prescriber");
	reasons_down(c, o);
	intent_down(c, o);
}

static void
r_up(struct convert *c, struct map_object *o)
{
	requester_from_agent(c, o, "requester");
	definition_up(c, o);
	ended_up(c, o);
}

static void
r_down(struct convert *c, struct map_object *o)
{
	requester_to_agent(c, o, NAME_requester);
	definition_down(c, o);
	ended_down(c, o);
	do_not_down(c, o);
}

/* R4 demands a status. That STU3 had none is told beside it. */
#define STATUS "MedicationRequest.status"

static void
r4_demands(struct convert *c, struct map_object *o)
{
	struct map_value unknown = { convert_text(c, "unknown"),
		tree_object(convert_arena(c)) };
	struct map_value none = { NULL, convert_absent(c, "unknown").value };
	struct tree_node *under = tree_at(convert_object(o), NAME__status);

	if (tree_at(convert_object(o), NAME_status))
		return;
	if (tree_is(under, TREE_OBJECT))
		unknown.under = under;
	convert_keep(c, unknown.under, FHIR_STU3, STATUS, MAP_code, none);
	convert_put(o, "status", unknown);
}

static void
stu3_does_not(struct convert *c, struct map_object *o)
{
	struct tree_node *status = tree_at(convert_object(o), NAME_status);
	struct tree_node *under = tree_at(convert_object(o), NAME__status);
	struct map_value was = convert_kept(c, under, FHIR_STU3, STATUS);

	if (was.under && !was.value && str_is(tree_text(status), "unknown"))
		tree_remove(status);
	if (under && !tree_first(under))
		tree_remove(under);
}

static const struct map_code status[] = {
	{ "stopped", "cancelled", MAP_DOWN },
	{ NULL, "unknown", MAP_DOWN },
	MAP_END,
};

/* clang-format off */
static const struct map_row rows[] = {
	MAP_ROW("identifier * Identifier", "=", "="),
	MAP_ROW(NULL, "definition * Reference", NULL, .r = { .hand = true },
	    .why = "came with STU3; instantiatesCanonical in R4"),
	MAP_ROW(NULL, NULL, "instantiatesCanonical * canonical",
	    .r = { .hand = true }, .why = "definition in STU3"),
	MAP_ROW(NULL, NULL, "instantiatesUri * uri", .why = "came with R4"),
	MAP_ROW(NULL, "basedOn * Reference", "=", .why = "came with STU3"),
	MAP_ROW(NULL, "groupIdentifier Identifier", "=",
	    .why = "came with STU3"),
	MAP_ROW("status code", "=", "=", .d = { .codes = status },
	    .why = "cancelled and unknown came with STU3"),
	MAP_ROW("dateEnded dateTime", NULL, NULL, .why = "gone with STU3"),
	MAP_ROW("reasonEnded CodeableConcept", NULL, NULL,
	    .why = "gone with STU3; R4's statusReason"),
	MAP_ROW(NULL, NULL, "statusReason CodeableConcept",
	    .r = { .hand = true },
	    .why = "DSTU2's reasonEnded, in STU3 by its extension"),
	MAP_ROW(NULL, "intent code", "=", .d = { .hand = true },
	    .r = { .codes = intent }, .modifier = true,
	    .why = "what DSTU2 has are orders; more kinds of them in R4"),
	MAP_ROW(NULL, "category CodeableConcept", "category * CodeableConcept",
	    .why = "came with STU3; several in R4"),
	MAP_ROW(NULL, "priority code", "=", .why = "came with STU3"),
	MAP_ROW(NULL, NULL, "doNotPerform boolean", .modifier = true,
	    .r = { .hand = true }, .why = "came with R4"),
	MAP_ROW(NULL, NULL, "reported[x] boolean|Reference",
	    .why = "came with R4"),
	MAP_ROW("medication[x] CodeableConcept|Reference", "=", "="),
	MAP_ROW("patient Reference", "subject Reference", "=",
	    .why = "renamed"),
	MAP_ROW("encounter Reference", "context Reference",
	    "encounter Reference", .d = { .turn = &turn_encounter },
	    .r = { .turn = &turn_encounter },
	    .why = "renamed; an episode of care is no encounter"),
	MAP_ROW(NULL, "supportingInformation * Reference", "=",
	    .why = "came with STU3"),
	MAP_ROW("dateWritten dateTime", "authoredOn dateTime", "=",
	    .why = "renamed"),
	MAP_ROW("prescriber Reference", "requester {}", "requester Reference",
	    .map = &map_medicationrequest_requester, .d = { .hand = true },
	    .r = { .hand = true },
	    .why = "an object with an agent in STU3"),
	MAP_ROW(NULL, NULL, "performer Reference", .why = "came with R4"),
	MAP_ROW(NULL, NULL, "performerType CodeableConcept",
	    .why = "came with R4"),
	MAP_ROW(NULL, "recorder Reference", "=", .why = "came with STU3"),
	MAP_ROW("reason[x] CodeableConcept|Reference", NULL, NULL,
	    .d = { .hand = true }, .why = "two lists from STU3 on"),
	MAP_ROW(NULL, "reasonCode * CodeableConcept", "=",
	    .d = { .hand = true }, .why = "DSTU2 has room for one reason"),
	MAP_ROW(NULL, "reasonReference * Reference", "=",
	    .d = { .hand = true }, .why = "DSTU2 has room for one reason"),
	MAP_ROW(NULL, NULL, "courseOfTherapyType CodeableConcept",
	    .why = "came with R4"),
	MAP_ROW(NULL, NULL, "insurance * Reference", .why = "came with R4"),
	MAP_ROW("note string", "note * Annotation", "=",
	    .d = { .turn = &turn_note }, .why = "one text in DSTU2"),
	MAP_ROW("dosageInstruction * {}", "dosageInstruction * Dosage", "=",
	    .map = &map_Dosage, .why = "became a datatype"),
	MAP_ROW("dispenseRequest {}", "=", "=",
	    .map = &map_medicationrequest_dispense),
	MAP_ROW("substitution {}", "=", "=",
	    .map = &map_medicationrequest_substitution),
	MAP_ROW("priorPrescription Reference", "=", "="),
	MAP_ROW(NULL, "detectedIssue * Reference", "=",
	    .why = "came with STU3"),
	MAP_ROW(NULL, "eventHistory * Reference", "=",
	    .why = "came with STU3"),
};
/* clang-format on */

const struct map map_medicationrequest = {
	.path = { "MedicationOrder", "MedicationRequest", "MedicationRequest" },
	MAP_ROWS(rows),
	.resource = true,
	.domain = true,
	.d_up = { .first = d_up, .last = stu3_demands },
	.d_down = { .first = d_down, .last = dstu2_does_not },
	.r_up = { .first = r_up, .last = r4_demands },
	.r_down = { .first = r_down, .last = stu3_does_not },
};
