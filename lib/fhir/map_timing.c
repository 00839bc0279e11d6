/* map_timing.c - Timing and Dosage: when, how much, for how long
 * SPDX-License-Identifier: Apache-2.0 */
#include "fhir/map_tables.h"

/* The times of day that R4 tells apart. */
static const struct map_code when[] = { { "MORN", "MORN.early", MAP_DOWN },
	{ "MORN", "MORN.late", MAP_DOWN }, { NULL, "NOON", MAP_DOWN },
	{ "AFT", "AFT.early", MAP_DOWN }, { "AFT", "AFT.late", MAP_DOWN },
	{ "EVE", "EVE.early", MAP_DOWN }, { "EVE", "EVE.late", MAP_DOWN },
	MAP_END };

/* clang-format off */
static const struct map_row repeat[] = {
	MAP_ROW("bounds[x] Quantity|Range|Period",
	    "bounds[x] Duration|Range|Period", "=",
	    .why = "a Quantity is called Duration from STU3 on"),
	MAP_ROW("count integer", "=", "count positiveInt"),
	MAP_ROW(NULL, "countMax integer", "countMax positiveInt",
	    .why = "came with STU3"),
	MAP_ROW("duration decimal", "=", "="),
	MAP_ROW("durationMax decimal", "=", "="),
	MAP_ROW("durationUnits code", "durationUnit code", "=",
	    .why = "renamed"),
	MAP_ROW("frequency integer", "=", "frequency positiveInt"),
	MAP_ROW("frequencyMax integer", "=", "frequencyMax positiveInt"),
	MAP_ROW("period decimal", "=", "="),
	MAP_ROW("periodMax decimal", "=", "="),
	MAP_ROW("periodUnits code", "periodUnit code", "=", .why = "renamed"),
	MAP_ROW(NULL, "dayOfWeek * code", "=", .why = "came with STU3"),
	MAP_ROW(NULL, "timeOfDay * time", "=", .why = "came with STU3"),
	MAP_ROW("when code", "when * code", "=", .r = { .codes = when },
	    .why = "several from STU3 on; finer words in R4"),
	MAP_ROW(NULL, "offset unsignedInt", "=", .why = "came with STU3"),
};
static const struct map timing_repeat = {
	.path = { "Timing.repeat", "Timing.repeat", "Timing.repeat" },
	MAP_ROWS(repeat) };

static const struct map_row timing[] = {
	MAP_ROW("event * dateTime", "=", "="),
	MAP_ROW("repeat {}", "=", "=", .map = &timing_repeat),
	MAP_ROW("code CodeableConcept", "=", "="),
};
const struct map map_Timing = {
	.path = { "Timing", "Timing", "Timing" }, MAP_ROWS(timing) };

/* ---- Dosage ------------------------------------------------------------------ */

static const struct map_row dose_and_rate[] = {
	MAP_ROW(NULL, NULL, "type CodeableConcept", .why = "came with R4"),
	MAP_ROW(NULL, NULL, "dose[x] Range|Quantity",
	    .why = "stands in the dosage itself before R4"),
	MAP_ROW(NULL, NULL, "rate[x] Ratio|Range|Quantity",
	    .why = "stands in the dosage itself before R4"),
};
static const struct map dosage_dose_and_rate = {
	.path = { NULL, NULL, "Dosage.doseAndRate" },
	MAP_ROWS(dose_and_rate) };

/* Before STU3 it is an element of the order. */
static const struct map_row dosage[] = {
	MAP_ROW(NULL, "sequence integer", "=", .why = "came with STU3"),
	MAP_ROW("text string", "=", "="),
	MAP_ROW("additionalInstructions CodeableConcept",
	    "additionalInstruction * CodeableConcept", "=",
	    .why = "renamed; several from STU3 on"),
	MAP_ROW(NULL, "patientInstruction string", "=",
	    .why = "came with STU3"),
	MAP_ROW("timing Timing", "=", "="),
	MAP_ROW("asNeeded[x] boolean|CodeableConcept", "=", "="),
	MAP_ROW("site[x] CodeableConcept|Reference", "site CodeableConcept",
	    "=", .why = "a reference to a body site has no home after DSTU2"),
	MAP_ROW("route CodeableConcept", "=", "="),
	MAP_ROW("method CodeableConcept", "=", "="),
	MAP_ROW("dose[x] Range|Quantity", "=", NULL, .r = { .hand = true },
	    .why = "stands in doseAndRate in R4"),
	MAP_ROW("rate[x] Ratio|Range", "rate[x] Ratio|Range|Quantity", NULL,
	    .r = { .hand = true }, .why = "stands in doseAndRate in R4"),
	MAP_ROW(NULL, NULL, "doseAndRate * {}", .map = &dosage_dose_and_rate,
	    .r = { .hand = true },
	    .why = "dose and rate of R4; the first goes over"),
	MAP_ROW("maxDosePerPeriod Ratio", "=", "="),
	MAP_ROW(NULL, "maxDosePerAdministration Quantity", "=",
	    .why = "came with STU3"),
	MAP_ROW(NULL, "maxDosePerLifetime Quantity", "=",
	    .why = "came with STU3"),
};
/* clang-format on */

/* The choices of dose and rate, and the name each has. */
static const struct {
	enum name id;
	const char *name;
	enum map_type type;
} doses[] = {
	{ NAME_doseQuantity, "doseQuantity", MAP_Quantity },
	{ NAME_doseRange, "doseRange", MAP_Range },
	{ NAME_rateQuantity, "rateQuantity", MAP_Quantity },
	{ NAME_rateRange, "rateRange", MAP_Range },
	{ NAME_rateRatio, "rateRatio", MAP_Ratio },
};

/* One doseAndRate holds both; what came back from R4 follows. */
static void
dosage_up(struct convert *c, struct map_object *o)
{
	struct arena *a = convert_arena(c);
	struct tree_node *both = tree_object(a), *list = tree_array(a), *n;
	struct map_value *back = convert_back(o, NAME_doseAndRate);

	for (size_t i = 0; i < COUNT(doses); i++) {
		struct map_value *v = convert_slot(o, doses[i].id);

		if (!v->value)
			continue;
		convert_type(c, doses[i].type, v->value);
		tree_put(a, both, doses[i].name, v->value);
		v->value = NULL;
	}
	n = convert_kept(
	    c, convert_object(o), FHIR_R4, "Dosage.doseAndRate.type")
	        .value;
	if (n)
		tree_put(a, both, "type", n);
	if (tree_first(both))
		tree_append(list, both);
	while ((n = tree_first(back->value)))
		tree_append(list, n);
	back->value = NULL;
	if (tree_first(list))
		convert_put(o, "doseAndRate", (struct map_value){ list, NULL });
}

/* The first goes over; its type, and the others, have no home. */
static void
dosage_down(struct convert *c, struct map_object *o)
{
	struct map_value *all = convert_slot(o, NAME_doseAndRate);
	struct tree_node *first = tree_first(all->value), *n;

	if (!tree_is(first, TREE_OBJECT))
		return;
	tree_remove(first);
	for (size_t i = 0; i < COUNT(doses); i++) {
		struct map_value v = { tree_at(first, doses[i].id), NULL };

		convert_type(c, doses[i].type, v.value);
		convert_put(o, doses[i].name, v);
	}
	if ((n = tree_at(first, NAME_type))) {
		convert_type(c, MAP_CodeableConcept, n);
		convert_lost(c, "Dosage.doseAndRate.type", CONVERT_EXTENSION);
		convert_keep(c, convert_object(o), FHIR_R4,
		    "Dosage.doseAndRate.type", MAP_CodeableConcept,
		    (struct map_value){ n, NULL });
	}
	if (!tree_first(all->value))
		all->value = NULL;
}

const struct map map_Dosage = {
	.path = { "MedicationOrder.dosageInstruction", "Dosage", "Dosage" },
	MAP_ROWS(dosage),
	.r_up = { .first = dosage_up },
	.r_down = { .first = dosage_down },
};
