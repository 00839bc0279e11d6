/* map_encounter.c - Encounter in DSTU2, STU3 and R4
 * SPDX-License-Identifier: Apache-2.0
 *
 * Source: the Encounter pages of the three versions; the words of DSTU2's
 * class and those of v3 ActCode as HL7's concept maps join them. */
#include "fhir/map_encounter.h"

#include "fhir/systems.h"

/* ---- status -------------------------------------------------------------------- */

/* unknown is in-progress only while no end is known: finished. */
static const struct map_code status[] = {
	{ "arrived", "triaged", MAP_DOWN },
	{ "in-progress", "unknown", MAP_DOWN },
	{ "cancelled", "entered-in-error", MAP_DOWN },
	MAP_END,
};

/* The word of DSTU2 for a word of STU3; absent: it has that word itself. */
static struct str
status_word(struct map_object *o, struct str code)
{
	struct tree_node *period = tree_at(convert_object(o), NAME_period);

	if (str_is(code, "unknown") && tree_text(tree_at(period, NAME_end)).len)
		return str_of("finished");
	for (const struct map_code *s = status; s->low; s++)
		if (str_is(code, s->high))
			return str_of(s->low);
	return STR_NONE;
}

/* A record that is void is cancelled, and more than that: the row is one that
 * modifies, and what is left in the slot goes to modifierExtension. */
static void
status_down(struct convert *c, struct map_object *o, const char *path)
{
	struct map_value *slot = convert_slot(o, NAME_status), now = *slot;
	struct str code = tree_text(slot->value);
	struct str word = status_word(o, code);
	struct map_value was = { slot->value, NULL };

	convert_sibling(c, now.under);
	*slot = (struct map_value){ NULL, NULL };
	if (word.at)
		now.value = tree_string(convert_arena(c), word);
	if (str_is(code, "entered-in-error")) {
		*slot = was;
	} else if (word.at) {
		if (!tree_is(now.under, TREE_OBJECT))
			now.under = tree_object(convert_arena(c));
		convert_lost(c, path, CONVERT_CODE);
		convert_keep(c, now.under, FHIR_STU3, path, MAP_code, was);
	}
	convert_put(o, "status", now);
}

/* An original that came along is back, if its word is what stands here. */
static void
status_up(struct convert *c, struct map_object *o, const char *path)
{
	struct map_value *slot = convert_slot(o, NAME_status), now = *slot;
	struct map_value *back = convert_back(o, NAME_status);
	struct tree_node *was;

	convert_sibling(c, now.under);
	was = convert_kept(c, now.under, FHIR_STU3, path).value;
	if (!was)
		was = back->value;
	if (was && now.value &&
	    str_eq(status_word(o, tree_text(was)), tree_text(now.value)))
		now.value = was;
	*slot = *back = (struct map_value){ NULL, NULL };
	convert_put(o, "status", now);
}

static void
history_down(struct convert *c, struct map_object *o)
{
	status_down(c, o, "Encounter.statusHistory.status");
}

static void
history_up(struct convert *c, struct map_object *o)
{
	status_up(c, o, "Encounter.statusHistory.status");
}

/* ---- class ----------------------------------------------------------------------- */

#define DSTU2_CLASS "http://hl7.org/fhir/encounter-class"

/* The first of two with one word is the one that it comes back as. */
static const struct {
	const char *word, *act;
} classes[] = {
	{ "inpatient", "IMP" },
	{ "inpatient", "ACUTE" },
	{ "inpatient", "NONAC" },
	{ "inpatient", "OBSENC" },
	{ "ambulatory", "AMB" },
	{ "outpatient", "AMB" },
	{ "emergency", "EMER" },
	{ "home", "HH" },
	{ "field", "FLD" },
	{ "daytime", "SS" },
	{ "virtual", "VR" },
};

static struct tree_node *
extensions_of(struct convert *c, struct tree_node *holder)
{
	return convert_copy(c, tree_at(holder, NAME_extension));
}

/* A class that ActCode does not know is none. */
static struct map_value
class_up(struct convert *c, const struct map_row *row, struct map_value from)
{
	struct arena *a = convert_arena(c);
	struct tree_node *n = NULL, *ext = extensions_of(c, from.under);
	struct str word = tree_text(from.value);

	(void)row;
	for (size_t i = 0; i < COUNT(classes) && !n; i++)
		if (str_is(word, classes[i].word))
			n = convert_coding(c,
			    systems_url(a, "v3-ActCode", FHIR_STU3),
			    str_of(classes[i].act));
	if (!n && ext && !word.at)
		n = tree_object(a);
	if (n && ext)
		tree_put(a, n, "extension", ext);
	return (struct map_value){ n, NULL };
}

/* DSTU2's word for a Coding. Data of STU3 has DSTU2's words without a system
 * too. */
static struct str
class_word(struct tree_node *coding)
{
	struct str system = tree_str(coding, "system");
	struct str code = tree_str(coding, "code");
	bool act = !system.at || systems_same(system,
				     str_of("http://hl7.org/fhir/v3/ActCode"));
	bool word = !system.at || str_is(system, DSTU2_CLASS);

	for (size_t i = 0; i < COUNT(classes); i++)
		if ((act && str_is(code, classes[i].act)) ||
		    (word && str_is(code, classes[i].word)))
			return str_of(classes[i].word);
	return str_of(code.len ? "other" : NULL);
}

static struct map_value
class_down(struct convert *c, const struct map_row *row, struct map_value from)
{
	struct str word = class_word(from.value);
	struct tree_node *ext = extensions_of(c, from.value), *under = NULL;

	(void)row;
	if (ext) {
		under = tree_object(convert_arena(c));
		tree_put(convert_arena(c), under, "extension", ext);
	}
	return (struct map_value){
		word.at ? tree_string(convert_arena(c), word) : NULL, under
	};
}

static const struct map_turning class_turn = { class_up, class_down };

/* R4 demands a class. */
#define CLASS_10                                                               \
	"http://hl7.org/fhir/1.0/StructureDefinition/"                         \
	"extension-Encounter.class"

/* Did DSTU2 say a class that ActCode does not know? */
static bool
class_unsaid(struct map_object *o)
{
	struct tree_node *ext;

	tree_each(ext, tree_at(convert_object(o), NAME_extension))
	{
		if (str_is(tree_str(ext, "url"), CLASS_10))
			return true;
	}
	return false;
}

static const char *
class_absent(struct map_object *o)
{
	return class_unsaid(o) ? "unsupported" : "unknown";
}

static void
class_demanded(struct convert *c, struct map_object *o)
{
	if (!tree_at(convert_object(o), NAME_class))
		convert_put(o, "class", convert_absent(c, class_absent(o)));
}

/* What was only put there because R4 demands it goes again. */
static void
class_not_demanded(struct convert *c, struct map_object *o)
{
	struct tree_node *n = tree_at(convert_object(o), NAME_class);

	(void)c;
	if (convert_is_absent(n, class_absent(o)))
		tree_remove(n);
}

/* ---- the tables ----------------------------------------------------------------- */

/* clang-format off */
static const struct map_row status_history[] = {
	MAP_ROW("status code", "=", "=", .modifier = true,
	    .d = { .hand = true, .codes = status },
	    .why = "triaged, entered-in-error and unknown came with STU3"),
	MAP_ROW("period Period", "=", "="),
};
static const struct map encounter_status_history = {
	.path = { "Encounter.statusHistory", "Encounter.statusHistory",
	    "Encounter.statusHistory" },
	MAP_ROWS(status_history),
	.d_up = { .first = history_up }, .d_down = { .first = history_down } };

static const struct map_row class_history[] = {
	MAP_ROW(NULL, "class Coding", "=", .why = "came with STU3"),
	MAP_ROW(NULL, "period Period", "=", .why = "came with STU3"),
};
static const struct map encounter_class_history = {
	.path = { NULL, "Encounter.classHistory", "Encounter.classHistory" },
	MAP_ROWS(class_history) };

static const struct map_row participant[] = {
	MAP_ROW("type * CodeableConcept", "=", "="),
	MAP_ROW("period Period", "=", "="),
	MAP_ROW("individual Reference", "=", "="),
};
static const struct map encounter_participant = {
	.path = { "Encounter.participant", "Encounter.participant",
	    "Encounter.participant" },
	MAP_ROWS(participant) };

static const struct map_row location[] = {
	MAP_ROW("location Reference", "=", "="),
	MAP_ROW("status code", "=", "="),
	MAP_ROW(NULL, NULL, "physicalType CodeableConcept",
	    .why = "came with R4"),
	MAP_ROW("period Period", "=", "="),
};
static const struct map encounter_location = {
	.path = { "Encounter.location", "Encounter.location",
	    "Encounter.location" },
	MAP_ROWS(location) };

static const struct map_row encounter_rows[] = {
	MAP_ROW("identifier * Identifier", "=", "="),
	MAP_ROW("status code", "=", "=", .modifier = true,
	    .d = { .hand = true, .codes = status },
	    .why = "triaged, entered-in-error and unknown came with STU3"),
	MAP_ROW("statusHistory * {}", "=", "=",
	    .map = &encounter_status_history),
	MAP_ROW("class code", "class Coding", "=", .d = { .turn = &class_turn },
	    .why = "words of its own in DSTU2, v3 ActCode from STU3 on"),
	MAP_ROW(NULL, "classHistory * {}", "=",
	    .map = &encounter_class_history, .why = "came with STU3"),
	MAP_ROW("type * CodeableConcept", "=", "="),
	MAP_ROW(NULL, NULL, "serviceType CodeableConcept",
	    .why = "came with R4"),
	MAP_ROW("priority CodeableConcept", "=", "="),
	MAP_ROW("patient Reference", "subject Reference", "=",
	    .why = "renamed"),
	MAP_ROW("episodeOfCare * Reference", "=", "="),
	MAP_ROW("incomingReferral * Reference", "=", "basedOn * Reference",
	    .why = "renamed"),
	MAP_ROW("participant * {}", "=", "=", .map = &encounter_participant),
	MAP_ROW("appointment Reference", "=", "appointment * Reference",
	    .why = "several in R4"),
	MAP_ROW("period Period", "=", "="),
	MAP_ROW("length Quantity", "length Duration", "=",
	    .why = "a Quantity is called Duration from STU3 on"),
	MAP_ROW("reason * CodeableConcept", "=", "reasonCode * CodeableConcept",
	    .why = "renamed"),
	MAP_ROW("indication * Reference", NULL, NULL, .d = { .hand = true },
	    .why = "a diagnosis without a role"),
	MAP_ROW(NULL, NULL, "reasonReference * Reference",
	    .r = { .hand = true },
	    .why = "a Condition or Procedure is a diagnosis before R4"),
	MAP_ROW(NULL, "diagnosis * {}", "=", .map = &map_encounter_diagnosis,
	    .d = { .hand = true }, .r = { .hand = true },
	    .why = "indication and two lists of hospitalization in DSTU2; "
		   "reasonReference too in R4"),
	MAP_ROW(NULL, "account * Reference", "=", .why = "came with STU3"),
	MAP_ROW("hospitalization {}", "=", "=",
	    .map = &map_encounter_hospitalization, .d = { .hand = true },
	    .why = "DSTU2 has diagnoses in it"),
	MAP_ROW("location * {}", "=", "=", .map = &encounter_location),
	MAP_ROW("serviceProvider Reference", "=", "="),
	MAP_ROW("partOf Reference", "=", "="),
};
/* clang-format on */

static void
d_up(struct convert *c, struct map_object *o)
{
	status_up(c, o, "Encounter.status");
	encounter_why_d_up(c, o);
}

static void
d_down(struct convert *c, struct map_object *o)
{
	status_down(c, o, "Encounter.status");
	encounter_why_d_down(c, o);
}

const struct map map_encounter = {
	.path = { "Encounter", "Encounter", "Encounter" },
	MAP_ROWS(encounter_rows),
	.resource = true,
	.domain = true,
	.d_up = { .first = d_up },
	.d_down = { .first = d_down },
	.r_up = { .first = encounter_why_r_up, .last = class_demanded },
	.r_down = { .first = encounter_why_r_down, .last = class_not_demanded },
};
