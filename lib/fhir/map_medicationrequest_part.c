/* map_medicationrequest_part.c - who prescribes; supply; substitution
 * SPDX-License-Identifier: Apache-2.0 */
#include "fhir/map_medicationrequest.h"

#include "fhir/systems.h"

/* ---- who prescribes ------------------------------------------------------------ */

#define BEHALF "MedicationRequest.requester.onBehalfOf"

/* What hangs on the requester hangs on the reference that stands for it. What
 * modifies it no reference can hold: it is kept whole then. */
void
requester_from_agent(struct convert *c, struct map_object *o, const char *name)
{
	struct map_value *slot = convert_slot(o, NAME_requester);
	struct map_value ref = { tree_at(slot->value, NAME_agent), NULL };
	struct map_value behalf = { tree_at(slot->value, NAME_onBehalfOf),
		NULL };

	if (!tree_is(ref.value, TREE_OBJECT) || !tree_first(ref.value) ||
	    tree_at(slot->value, NAME_modifierExtension))
		return;
	tree_remove(ref.value);
	tree_remove(behalf.value);
	convert_hand_on(ref.value, slot->value);
	convert_type(c, MAP_Reference, ref.value);
	convert_type(c, MAP_Reference, behalf.value);
	if (behalf.value) {
		convert_lost(c, BEHALF, CONVERT_EXTENSION);
		convert_keep(c, convert_object(o), FHIR_STU3, BEHALF,
		    MAP_Reference, behalf);
	}
	convert_put(o, name, ref);
	slot->value = NULL;
}

/* Some converters put the extension on the reference. */
void
requester_to_agent(struct convert *c, struct map_object *o, enum name name)
{
	struct map_value *slot = convert_slot(o, name);
	struct tree_node *ref = slot->value, *behalf;
	struct map_value both = { tree_object(convert_arena(c)), NULL };

	if (ref && ref->kind != TREE_OBJECT)
		return;
	convert_type(c, MAP_Reference, ref);
	behalf = convert_kept(c, convert_object(o), FHIR_STU3, BEHALF).value;
	if (!behalf)
		behalf = convert_kept(c, ref, FHIR_STU3, BEHALF).value;
	if (ref && tree_first(ref))
		tree_put(convert_arena(c), both.value, "agent", ref);
	if (behalf)
		tree_put(convert_arena(c), both.value, "onBehalfOf", behalf);
	slot->value = NULL;
	convert_put(o, "requester", both);
}

/* clang-format off */
static const struct map_row requester[] = {
	MAP_ROW("agent Reference", "=", "=",
	    .why = "the reference itself in DSTU2 and R4"),
	MAP_ROW("onBehalfOf Reference", "=", "=",
	    .why = "an extension in DSTU2 and R4"),
};
const struct map map_medicationrequest_requester = {
	.path = { NULL, "MedicationRequest.requester", NULL },
	MAP_ROWS(requester) };

/* clang-format on */

/* ---- supply -------------------------------------------------------------------- */

static void
repeats_up(struct convert *c, struct map_object *o)
{
	struct map_value *slot = convert_slot(o, NAME_numberOfRepeatsAllowed);

	convert_type(c, MAP_positiveInt, slot->value);
	convert_sibling(c, slot->under);
	convert_put(o, "numberOfRepeatsAllowed", *slot);
	*slot = (struct map_value){ NULL, NULL };
}

/* None stays in its slot. */
static void
repeats_down(struct convert *c, struct map_object *o)
{
	if (!str_is(
		tree_text(convert_slot(o, NAME_numberOfRepeatsAllowed)->value),
		"0"))
		repeats_up(c, o);
}

/* clang-format off */

static const struct map_row initial_fill[] = {
	MAP_ROW(NULL, NULL, "quantity Quantity", .why = "came with R4"),
	MAP_ROW(NULL, NULL, "duration Duration", .why = "came with R4"),
};
static const struct map dispense_initial_fill = {
	.path = { NULL, NULL, "MedicationRequest.dispenseRequest.initialFill" },
	MAP_ROWS(initial_fill) };

static const struct map_row dispense[] = {
	MAP_ROW("medication[x] CodeableConcept|Reference", NULL, NULL,
	    .why = "gone with STU3"),
	MAP_ROW(NULL, NULL, "initialFill {}", .map = &dispense_initial_fill,
	    .why = "came with R4"),
	MAP_ROW(NULL, NULL, "dispenseInterval Duration",
	    .why = "came with R4"),
	MAP_ROW("validityPeriod Period", "=", "="),
	MAP_ROW("numberOfRepeatsAllowed positiveInt", "=",
	    "numberOfRepeatsAllowed unsignedInt", .r = { .hand = true },
	    .why = "none is a number in R4 only"),
	MAP_ROW("quantity Quantity", "=", "="),
	MAP_ROW("expectedSupplyDuration Quantity",
	    "expectedSupplyDuration Duration", "=",
	    .why = "a Quantity is called Duration from STU3 on"),
	MAP_ROW(NULL, "performer Reference", "=", .why = "came with STU3"),
};
const struct map map_medicationrequest_dispense = {
	.path = { "MedicationOrder.dispenseRequest",
	    "MedicationRequest.dispenseRequest",
	    "MedicationRequest.dispenseRequest" },
	MAP_ROWS(dispense),
	.r_up = { .first = repeats_up }, .r_down = { .first = repeats_down } };
/* clang-format on */

/* ---- substitution --------------------------------------------------------------- */

#define TYPE    "MedicationOrder.substitution.type"
#define ALLOWED "MedicationRequest.substitution.allowed"
#define CODES   "http://hl7.org/fhir/v3/substanceAdminSubstitution"

/* May the drug be another? N says no, other codes say in which way it may;
 * what has no code says nothing. */
static struct tree_node *
allowed_by(struct convert *c, struct tree_node *type)
{
	struct tree_node *n;
	bool said = false;

	tree_each(n, tree_at(type, NAME_coding))
	{
		struct str system = tree_str(n, "system");
		struct str code = tree_str(n, "code");

		if (!code.len ||
		    (system.at && !systems_same(system, str_of(CODES))))
			continue;
		if (str_is(code, "N"))
			return tree_bool(convert_arena(c), false);
		said = true;
	}
	return said ? tree_bool(convert_arena(c), true) : NULL;
}

/* A boolean and what it was made from. */
static struct map_value
allowed_with(struct convert *c, struct tree_node *type, enum fhir_version v)
{
	struct map_value now = { allowed_by(c, type),
		tree_object(convert_arena(c)) };

	convert_lost(c, v == FHIR_DSTU2 ? TYPE : ALLOWED, CONVERT_CODE);
	convert_keep(c, now.under, v, v == FHIR_DSTU2 ? TYPE : ALLOWED,
	    MAP_CodeableConcept, (struct map_value){ type, NULL });
	return now;
}

/* The type of DSTU2 for a boolean. */
static struct tree_node *
type_for(struct convert *c, struct tree_node *allowed)
{
	return convert_concept(
	    c, convert_coding(
		   c, CODES, str_of(allowed->kind == TREE_TRUE ? "G" : "N")));
}

/* The concept that a boolean was made from, if it still says the same. */
static struct tree_node *
type_kept(struct convert *c, struct map_value v)
{
	struct tree_node *type =
	    convert_kept(c, v.under, FHIR_DSTU2, TYPE).value;

	if (!type)
		type = convert_kept(c, v.under, FHIR_R4, ALLOWED).value;
	return type && convert_equal(allowed_by(c, type), v.value) ? type
	                                                           : NULL;
}

static bool
is_bool(struct tree_node *n)
{
	return n && (n->kind == TREE_TRUE || n->kind == TREE_FALSE);
}

static void
substitution_d_up(struct convert *c, struct map_object *o)
{
	struct map_value *slot = convert_slot(o, NAME_type), now;
	struct tree_node *type = slot->value, *was;

	if (!tree_is(type, TREE_OBJECT))
		return;
	convert_type(c, MAP_CodeableConcept, type);
	was = convert_kept(c, type, FHIR_STU3, ALLOWED).value;
	if (is_bool(was) && convert_equal(type, type_for(c, was)))
		now = (struct map_value){ was, NULL };
	else
		now = allowed_with(c, type, FHIR_DSTU2);
	slot->value = NULL;
	convert_put(o, "allowed", now);
}

static void
substitution_d_down(struct convert *c, struct map_object *o)
{
	struct map_value *slot = convert_slot(o, NAME_allowed), now = *slot;
	struct tree_node *type;

	convert_type(c, MAP_boolean, now.value);
	convert_sibling(c, now.under);
	type = type_kept(c, now);
	if (!type && !is_bool(now.value))
		return;
	if (!type) {
		type = type_for(c, now.value);
		convert_keep(c, type, FHIR_STU3, ALLOWED, MAP_boolean, now);
	}
	*slot = (struct map_value){ NULL, NULL };
	convert_put(o, "type", (struct map_value){ type, NULL });
}

static void
substitution_r_up(struct convert *c, struct map_object *o)
{
	struct map_value *slot = convert_slot(o, NAME_allowed), now = *slot;
	struct tree_node *type;

	convert_type(c, MAP_boolean, now.value);
	convert_sibling(c, now.under);
	*slot = (struct map_value){ NULL, NULL };
	if ((type = type_kept(c, now)))
		convert_put(o, "allowedCodeableConcept",
		    (struct map_value){ type, NULL });
	else
		convert_put(o, "allowedBoolean", now);
}

static void
substitution_r_down(struct convert *c, struct map_object *o)
{
	struct map_value *said = convert_slot(o, NAME_allowedBoolean);
	struct map_value *type = convert_slot(o, NAME_allowedCodeableConcept);
	struct map_value now = *said;

	if (tree_is(type->value, TREE_OBJECT)) {
		convert_type(c, MAP_CodeableConcept, type->value);
		now = allowed_with(c, type->value, FHIR_R4);
		type->value = NULL;
	}
	convert_type(c, MAP_boolean, now.value);
	convert_sibling(c, said->under);
	*said = (struct map_value){ NULL, NULL };
	convert_put(o, "allowed", now);
}

/* clang-format off */
static const struct map_row substitution[] = {
	MAP_ROW("type CodeableConcept", "allowed boolean",
	    "allowed[x] boolean|CodeableConcept",
	    .d = { .hand = true }, .r = { .hand = true },
	    .why = "a code in DSTU2, yes or no in STU3, either in R4"),
	MAP_ROW("reason CodeableConcept", "=", "="),
};
const struct map map_medicationrequest_substitution = {
	.path = { "MedicationOrder.substitution",
	    "MedicationRequest.substitution",
	    "MedicationRequest.substitution" },
	MAP_ROWS(substitution),
	.d_up = { .first = substitution_d_up },
	.d_down = { .first = substitution_d_down },
	.r_up = { .first = substitution_r_up },
	.r_down = { .first = substitution_r_down } };
/* clang-format on */
