/* map_allergy.c - AllergyIntolerance in DSTU2, STU3 and R4
 * SPDX-License-Identifier: Apache-2.0
 *
 * Source: the AllergyIntolerance pages of the three versions; HL7's maps
 * between them for the other URL of a reaction's certainty. */
#include "fhir/map_tables.h"

static const struct map_code criticality[] = {
	{ "CRITL", "low", MAP_BOTH },
	{ "CRITH", "high", MAP_BOTH },
	{ "CRITU", "unable-to-assess", MAP_BOTH },
	MAP_END,
};
static const struct map_code category[] = {
	{ "other", NULL, MAP_UP },
	{ "other", "biologic", MAP_DOWN },
	MAP_END,
};
static const struct map_code clinical_words[] = {
	{ "active", "active", MAP_BOTH },
	{ "inactive", "inactive", MAP_BOTH },
	{ "resolved", "resolved", MAP_BOTH },
	MAP_END_BOTH,
};
static const struct map_code verification_words[] = {
	{ "unconfirmed", "unconfirmed", MAP_BOTH },
	{ "confirmed", "confirmed", MAP_BOTH },
	{ "refuted", "refuted", MAP_BOTH },
	{ "entered-in-error", "entered-in-error", MAP_BOTH },
	MAP_END_BOTH,
};

/* ---- one status and two -------------------------------------------------------
 * DSTU2 says with one word what STU3 says with two. STU3 demands the second:
 * where nobody said how sure it is, the weakest word stands there, and beside
 * it that it was not said. R4 leaves it out again. */

static const struct status {
	const char *word, *clinical, *verification;
} statuses[] = {
	/* in this order the first that fits is DSTU2's word */
	{ "entered-in-error", NULL, "entered-in-error" },
	{ "refuted", "inactive", "refuted" },
	{ "resolved", "resolved", NULL },
	{ "inactive", "inactive", NULL },
	{ "confirmed", "active", "confirmed" },
	{ "unconfirmed", "active", "unconfirmed" },
	{ "active", "active", NULL },
};

#define ABSENT  "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
#define WEAKEST "unconfirmed"

/* Both, and what stands beside them. */
struct pair {
	struct map_value clinical, verification;
};

static bool
says(const struct map_value *v, const char *word)
{
	return word ? str_is(tree_text(v->value), word) : !v->value;
}

/* The word of DSTU2 for both; NULL: neither says anything it has a word for. */
static const struct status *
status_of(const struct pair *p)
{
	for (size_t i = 0; i < COUNT(statuses); i++) {
		const struct status *s = &statuses[i];
		bool second = s->verification != NULL;

		if (second ? says(&p->verification, s->verification)
			   : says(&p->clinical, s->clinical))
			return s;
	}
	return NULL;
}

static const struct status *
status_named(struct str word)
{
	for (size_t i = 0; i < COUNT(statuses); i++)
		if (str_is(word, statuses[i].word))
			return &statuses[i];
	return NULL;
}

/* The weakest word that stands there because one has to, goes. */
static void
unsaid(struct convert *c, struct map_value *verification)
{
	struct tree_node *reason;

	if (!says(verification, WEAKEST))
		return;
	reason = convert_kept_at(c, verification->under, ABSENT).value;
	if (!reason)
		return;
	verification->value = NULL;
	if (!tree_first(verification->under))
		verification->under = NULL;
}

/* Last hook of the ways to STU3. */
static void
demanded(struct convert *c, struct map_object *o)
{
	struct tree_node *n = convert_object(o);
	struct map_value v = { convert_text(c, WEAKEST),
		tree_at(n, NAME__verificationStatus) };

	if (tree_at(n, NAME_verificationStatus))
		return;
	if (!tree_is(v.under, TREE_OBJECT))
		v.under = tree_object(convert_arena(c));
	convert_extend(c, v.under, ABSENT, MAP_code,
	    (struct map_value){ convert_text(c, "unknown"), NULL });
	convert_put(o, "verificationStatus", v);
}

#define CLINICAL     "AllergyIntolerance.clinicalStatus"
#define VERIFICATION "AllergyIntolerance.verificationStatus"

static void
status_up(struct convert *c, struct map_object *o)
{
	struct map_value *word = convert_slot(o, NAME_status);
	const struct status *s = status_named(tree_text(word->value));
	struct tree_node *under = word->under;
	struct pair p;

	if (!s)
		return;
	convert_sibling(c, under);
	p.clinical = convert_kept(c, under, FHIR_STU3, CLINICAL);
	p.verification = convert_kept(c, under, FHIR_STU3, VERIFICATION);
	if (status_of(&p) != s) {
		p.clinical = (struct map_value){ NULL, NULL };
		p.verification = (struct map_value){ NULL, under };
		if (s->clinical)
			p.clinical.value = convert_text(c, s->clinical);
		if (s->verification)
			p.verification.value = convert_text(c, s->verification);
	}
	convert_put(o, "clinicalStatus", p.clinical);
	convert_put(o, "verificationStatus", p.verification);
	*word = (struct map_value){ NULL, NULL };
}

/* Would the word give both back as they are? */
static bool
is_whole(const struct pair *p, const struct status *s)
{
	return says(&p->clinical, s->clinical) &&
	       says(&p->verification, s->verification) && !p->clinical.under;
}

static void
status_down(struct convert *c, struct map_object *o)
{
	struct map_value *first = convert_slot(o, NAME_clinicalStatus);
	struct map_value *second = convert_slot(o, NAME_verificationStatus);
	struct map_value *back = convert_back(o, NAME_status);
	struct pair p;
	const struct status *s;
	struct map_value word = { NULL, NULL };

	convert_sibling(c, first->under);
	convert_sibling(c, second->under);
	unsaid(c, second);
	p = (struct pair){ *first, *second };
	if (!(s = status_of(&p)))
		return;
	*first = *second = *back = word;
	word.value = convert_text(c, s->word);
	if (is_whole(&p, s)) {
		word.under = p.verification.under;
	} else {
		word.under = tree_object(convert_arena(c));
		convert_lost(c, CLINICAL, CONVERT_CODE);
		convert_keep(
		    c, word.under, FHIR_STU3, CLINICAL, MAP_code, p.clinical);
		convert_keep(c, word.under, FHIR_STU3, VERIFICATION, MAP_code,
		    p.verification);
	}
	convert_put(o, "status", word);
}

/* R4 need not say how sure it is. */
static void
unsaid_up(struct convert *c, struct map_object *o)
{
	unsaid(c, convert_slot(o, NAME_verificationStatus));
}

/* What DSTU2 demands, in the words that say least. */
static void
substance_demanded(struct convert *c, struct map_object *o)
{
	struct map_value code = { tree_object(convert_arena(c)), NULL };

	if (tree_at(convert_object(o), NAME_substance))
		return;
	tree_put(convert_arena(c), code.value, "text",
	    convert_text(c, "unspecified"));
	convert_put(o, "substance", code);
}

/* ---- how sure a reaction was the substance's ------------------------------------- */

#define CERTAINTY "http://hl7.org/fhir/AllergyIntolerance-r2-certainty"

/* HL7's maps write it under this URL. */
static void
certainty_down(struct convert *c, struct map_object *o)
{
	static const char *const words[] = { "unlikely", "likely", "confirmed",
		"unknown" };
	struct map_value *back = convert_back(o, NAME_certainty);
	struct tree_node *n = convert_object(o), *ext;
	struct str code = STR_NONE;

	tree_each(ext, tree_at(n, NAME_extension))
	{
		if (str_is(tree_str(ext, "url"), CERTAINTY))
			code = tree_str(ext, "valueCode");
	}
	for (size_t i = 0; !back->value && i < COUNT(words); i++)
		if (str_is(code, words[i]))
			convert_put(
			    o, "certainty", convert_kept_at(c, n, CERTAINTY));
}

/* ---- tables ------------------------------------------------------------------------ */

/* clang-format off */
static const struct map_row reaction_rows[] = {
	MAP_ROW("substance CodeableConcept", "=", "="),
	MAP_ROW("certainty code", NULL, NULL, .why = "left with STU3"),
	MAP_ROW("manifestation * CodeableConcept", "=", "="),
	MAP_ROW("description string", "=", "="),
	MAP_ROW("onset dateTime", "=", "="),
	MAP_ROW("severity code", "=", "="),
	MAP_ROW("exposureRoute CodeableConcept", "=", "="),
	MAP_ROW("note Annotation", "note * Annotation", "=",
	    .d = { .turn = &turn_notes },
	    .why = "several from STU3 on, whose texts are joined down"),
};
static const struct map reaction = {
	.path = { "AllergyIntolerance.reaction", "AllergyIntolerance.reaction",
	    "AllergyIntolerance.reaction" },
	MAP_ROWS(reaction_rows),
	.d_down = { .first = certainty_down } };

static const struct map_row allergy_rows[] = {
	MAP_ROW("identifier * Identifier", "=", "="),
	MAP_ROW("onset dateTime", "onset[x] dateTime|Age|Period|Range|string",
	    "=", .why = "DSTU2 has a dateTime only"),
	MAP_ROW("recordedDate dateTime", "assertedDate dateTime",
	    "recordedDate dateTime", .why = "renamed"),
	MAP_ROW("recorder Reference", "=", "="),
	MAP_ROW("patient Reference", "=", "="),
	MAP_ROW(NULL, NULL, "encounter Reference", .why = "came with R4"),
	MAP_ROW("reporter Reference", "asserter Reference", "=",
	    .why = "renamed"),
	MAP_ROW("substance CodeableConcept", "code CodeableConcept", "=",
	    .why = "renamed; DSTU2 demands one: unspecified"),
	MAP_ROW("status code", NULL, NULL, .d = { .hand = true },
	    .modifier = true,
	    .why = "two from STU3 on: is it there, and how sure is that; a "
		   "word that means neither may void the record"),
	MAP_ROW(NULL, "clinicalStatus code", "clinicalStatus CodeableConcept",
	    .d = { .hand = true },
	    .r = { .turn = &turn_concept, .codes = clinical_words,
		.system = "allergyintolerance-clinical" },
	    .why = "one of the two that DSTU2's status says; a code in STU3"),
	MAP_ROW(NULL, "verificationStatus code",
	    "verificationStatus CodeableConcept", .d = { .hand = true },
	    .r = { .turn = &turn_concept, .codes = verification_words,
		.system = "allergyintolerance-verification" },
	    .why = "one of the two that DSTU2's status says; a code in STU3, "
		   "which demands it"),
	MAP_ROW("criticality code", "=", "=", .d = { .codes = criticality },
	    .why = "other words in DSTU2"),
	MAP_ROW("type code", "=", "="),
	MAP_ROW("category code", "category * code", "=",
	    .d = { .codes = category },
	    .why = "several from STU3 on; DSTU2's other is no word there, and "
		   "the nearest to biologic"),
	MAP_ROW("lastOccurence dateTime", "lastOccurrence dateTime", "=",
	    .why = "renamed"),
	MAP_ROW("note Annotation", "note * Annotation", "=",
	    .d = { .turn = &turn_notes },
	    .why = "several from STU3 on, whose texts are joined down"),
	MAP_ROW("reaction * {}", "=", "=", .map = &reaction),
};
/* clang-format on */

const struct map map_allergy = {
	.path = { "AllergyIntolerance", "AllergyIntolerance",
	    "AllergyIntolerance" },
	MAP_ROWS(allergy_rows),
	.resource = true,
	.domain = true,
	.d_up = { .first = status_up, .last = demanded },
	.d_down = { .first = status_down, .last = substance_demanded },
	.r_up = { .first = unsaid_up },
	.r_down = { .last = demanded },
};
