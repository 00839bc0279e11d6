/* map_types.c - the datatypes, and how three FHIR versions have them
 * SPDX-License-Identifier: Apache-2.0
 *
 * Source: the datatypes pages of DSTU2 1.0.2, STU3 3.0.2 and R4 4.0.1. Those
 * with more to say have files of their own: map_name.c, map_timing.c. */
#include "fhir/map_tables.h"
#include "fhir/systems.h"

/* clang-format off */

/* ---- Quantity and what specialises it: the same JSON everywhere ------------- */

static const struct map_row quantity[] = {
	MAP_ROW("value decimal", "=", "="),
	MAP_ROW("comparator code", "=", "="),
	MAP_ROW("unit string", "=", "="),
	MAP_ROW("system uri", "=", "="),
	MAP_ROW("code code", "=", "="),
};
const struct map map_Quantity = {
	.path = { "Quantity", "Quantity", "Quantity" }, MAP_ROWS(quantity) };
const struct map map_Age = {
	.path = { "Age", "Age", "Age" }, MAP_ROWS(quantity) };
const struct map map_Count = {
	.path = { "Count", "Count", "Count" }, MAP_ROWS(quantity) };
const struct map map_Distance = {
	.path = { "Distance", "Distance", "Distance" }, MAP_ROWS(quantity) };
const struct map map_Duration = {
	.path = { "Duration", "Duration", "Duration" }, MAP_ROWS(quantity) };

static const struct map_row money[] = {
	MAP_ROW("value decimal", "=", "="),
	MAP_ROW("comparator code", "=", NULL, .r = { .hand = true },
	    .modifier = true,
	    .why = "an amount of R4 is exact: with one it is a Quantity"),
	MAP_ROW("unit string", "=", NULL, .r = { .hand = true },
	    .why = "the currency says it"),
	MAP_ROW("system uri", "=", NULL, .r = { .hand = true },
	    .why = "ISO 4217 goes without saying in R4"),
	MAP_ROW("code code", "=", NULL, .r = { .hand = true },
	    .why = "is the currency"),
	MAP_ROW(NULL, NULL, "currency code", .r = { .hand = true },
	    .why = "was the code of a quantity of money"),
};

#define CURRENCIES "urn:iso:std:iso:4217"

static void
put_again(struct map_object *o, const char *name, enum name id)
{
	struct map_value *v = convert_slot(o, id);

	convert_put(o, name, *v);
	*v = (struct map_value){ NULL, NULL };
}

/* {"system": ISO 4217, "code": "EUR"} and {"currency": "EUR"}; but less than
 * so much is not so much, and no Money of R4 could say it, not even by a
 * modifier extension: it stays what it was, and is a Quantity then. */
static void
money_up(struct convert *c, struct map_object *o)
{
	struct map_value *comparator = convert_slot(o, NAME_comparator);
	struct map_value *system = convert_slot(o, NAME_system);
	struct map_value *code = convert_slot(o, NAME_code);

	(void)c;
	if (comparator->value || comparator->under) {
		put_again(o, "comparator", NAME_comparator);
		put_again(o, "unit", NAME_unit);
		put_again(o, "system", NAME_system);
		put_again(o, "code", NAME_code);
		return;
	}
	if (!str_is(tree_text(system->value), CURRENCIES) || !code->value)
		return;
	convert_put(o, "currency", *code);
	*code = *system = (struct map_value){ NULL, NULL };
}

static void
money_down(struct convert *c, struct map_object *o)
{
	struct map_value *currency = convert_slot(o, NAME_currency);
	struct map_value system = { convert_text(c, CURRENCIES), NULL };

	if (!currency->value)
		return;
	convert_put(o, "system", system);
	convert_put(o, "code", *currency);
	*currency = (struct map_value){ NULL, NULL };
}

const struct map map_Money = {
	.path = { "Money", "Money", "Money" }, MAP_ROWS(money),
	.r_up = { .first = money_up }, .r_down = { .first = money_down } };

static const struct map_row period[] = {
	MAP_ROW("start dateTime", "=", "="),
	MAP_ROW("end dateTime", "=", "="),
};
const struct map map_Period = {
	.path = { "Period", "Period", "Period" }, MAP_ROWS(period) };

static const struct map_row range[] = {
	MAP_ROW("low Quantity", "=", "="),
	MAP_ROW("high Quantity", "=", "="),
};
const struct map map_Range = {
	.path = { "Range", "Range", "Range" }, MAP_ROWS(range) };

static const struct map_row ratio[] = {
	MAP_ROW("numerator Quantity", "=", "="),
	MAP_ROW("denominator Quantity", "=", "="),
};
const struct map map_Ratio = {
	.path = { "Ratio", "Ratio", "Ratio" }, MAP_ROWS(ratio) };

static const struct map_row sampled[] = {
	MAP_ROW("origin Quantity", "=", "="),
	MAP_ROW("period decimal", "=", "="),
	MAP_ROW("factor decimal", "=", "="),
	MAP_ROW("lowerLimit decimal", "=", "="),
	MAP_ROW("upperLimit decimal", "=", "="),
	MAP_ROW("dimensions positiveInt", "=", "="),
	MAP_ROW("data string", "=", "="),
};
const struct map map_SampledData = {
	.path = { "SampledData", "SampledData", "SampledData" },
	MAP_ROWS(sampled) };

/* ---- codes -------------------------------------------------------------------- */

static const struct map_row coding[] = {
	MAP_ROW("system uri", "=", "=",
	    .why = "spelled as the target spells it: fhir/systems"),
	MAP_ROW("version string", "=", "="),
	MAP_ROW("code code", "=", "="),
	MAP_ROW("display string", "=", "="),
	MAP_ROW("userSelected boolean", "=", "="),
};

/* The system as the target writes it. */
static void
coding_last(struct convert *c, struct map_object *o)
{
	struct tree_node *n = convert_object(o);
	struct tree_node *url = tree_at(n, NAME_system);
	struct tree_node *version = tree_at(n, NAME_version);
	struct arena *a = convert_arena(c);
	struct system s = { tree_text(url), tree_text(version) };

	if (!tree_is(url, TREE_STRING) || !systems_for(a, &s, convert_to(c)))
		return;
	tree_set_text(url, s.url);
	if (s.version.at && !version)
		tree_put(a, n, "version", tree_string(a, s.version));
	else if (version && !s.version.at)
		tree_remove(version);
	else if (version)
		tree_set_text(version, s.version);
}

const struct map map_Coding = {
	.path = { "Coding", "Coding", "Coding" }, MAP_ROWS(coding),
	.r_up = { .last = coding_last }, .r_down = { .last = coding_last } };

static const struct map_row concept[] = {
	MAP_ROW("coding * Coding", "=", "="),
	MAP_ROW("text string", "=", "="),
};
const struct map map_CodeableConcept = {
	.path = { "CodeableConcept", "CodeableConcept", "CodeableConcept" },
	MAP_ROWS(concept) };

/* ---- identity and contact ------------------------------------------------------- */

static const struct map_code identifier_use[] = {
	{ NULL, "old", MAP_DOWN },
	MAP_END
};
static const struct map_row identifier[] = {
	MAP_ROW("use code", "=", "=", .r = { .codes = identifier_use },
	    .why = "old is a word of R4 only"),
	MAP_ROW("type CodeableConcept", "=", "="),
	MAP_ROW("system uri", "=", "="),
	MAP_ROW("value string", "=", "="),
	MAP_ROW("period Period", "=", "="),
	MAP_ROW("assigner Reference", "=", "="),
};
const struct map map_Identifier = {
	.path = { "Identifier", "Identifier", "Identifier" },
	MAP_ROWS(identifier) };

static const struct map_code address_use[] = {
	{ NULL, "billing", MAP_DOWN },
	MAP_END
};
static const struct map_row address[] = {
	MAP_ROW("use code", "=", "=", .r = { .codes = address_use },
	    .why = "billing is a word of R4 only"),
	MAP_ROW("type code", "=", "="),
	MAP_ROW("text string", "=", "="),
	MAP_ROW("line * string", "=", "="),
	MAP_ROW("city string", "=", "="),
	MAP_ROW("district string", "=", "="),
	MAP_ROW("state string", "=", "="),
	MAP_ROW("postalCode string", "=", "="),
	MAP_ROW("country string", "=", "="),
	MAP_ROW("period Period", "=", "="),
};
const struct map map_Address = {
	.path = { "Address", "Address", "Address" }, MAP_ROWS(address) };

static const struct map_code contact_system[] = {
	{ "phone", "sms", MAP_DOWN },
	{ "other", "url", MAP_DOWN },
	MAP_END
};
static const struct map_row contact_point[] = {
	MAP_ROW("system code", "=", "=", .d = { .codes = contact_system },
	    .why = "url and sms came with STU3"),
	MAP_ROW("value string", "=", "="),
	MAP_ROW("use code", "=", "="),
	MAP_ROW("rank positiveInt", "=", "="),
	MAP_ROW("period Period", "=", "="),
};
const struct map map_ContactPoint = {
	.path = { "ContactPoint", "ContactPoint", "ContactPoint" },
	MAP_ROWS(contact_point) };

static const struct map_row contact_detail[] = {
	MAP_ROW("name string", "=", "="),
	MAP_ROW("telecom * ContactPoint", "=", "="),
};
/* DSTU2 has the same as children of Conformance.contact. */
const struct map map_ContactDetail = {
	.path = { "Conformance.contact", "ContactDetail", "ContactDetail" },
	MAP_ROWS(contact_detail) };

static const struct map_row usage_context[] = {
	MAP_ROW(NULL, "code Coding", "=", .why = "came with STU3"),
	MAP_ROW(NULL, "value[x] CodeableConcept|Quantity|Range",
	    "value[x] CodeableConcept|Quantity|Range|Reference",
	    .why = "came with STU3; a reference with R4"),
};
const struct map map_UsageContext = {
	.path = { NULL, "UsageContext", "UsageContext" },
	MAP_ROWS(usage_context) };

/* ---- the rest ---------------------------------------------------------------------- */

static const struct map_row annotation[] = {
	MAP_ROW("author[x] Reference|string", "=", "="),
	MAP_ROW("time dateTime", "=", "="),
	MAP_ROW("text string", "=", "text markdown"),
};
const struct map map_Annotation = {
	.path = { "Annotation", "Annotation", "Annotation" },
	MAP_ROWS(annotation) };

static const struct map_row attachment[] = {
	MAP_ROW("contentType code", "=", "="),
	MAP_ROW("language code", "=", "="),
	MAP_ROW("data base64Binary", "=", "="),
	MAP_ROW("url uri", "=", "url url"),
	MAP_ROW("size unsignedInt", "=", "="),
	MAP_ROW("hash base64Binary", "=", "="),
	MAP_ROW("title string", "=", "="),
	MAP_ROW("creation dateTime", "=", "="),
};
const struct map map_Attachment = {
	.path = { "Attachment", "Attachment", "Attachment" },
	MAP_ROWS(attachment) };

static const struct map_row signature[] = {
	MAP_ROW("type * Coding", "=", "="),
	MAP_ROW("when instant", "=", "="),
	MAP_ROW("who[x] uri|Reference", "=", "who Reference",
	    .why = "R4 wants a reference"),
	MAP_ROW(NULL, "onBehalfOf[x] uri|Reference", "onBehalfOf Reference",
	    .why = "came with STU3; R4 wants a reference"),
	MAP_ROW(NULL, NULL, "targetFormat code", .why = "came with R4"),
	MAP_ROW("contentType code", "=", "sigFormat code", .why = "renamed"),
	MAP_ROW("blob base64Binary", "=", "data base64Binary",
	    .why = "renamed"),
};
const struct map map_Signature = {
	.path = { "Signature", "Signature", "Signature" },
	MAP_ROWS(signature) };

static const struct map_row meta[] = {
	MAP_ROW("versionId id", "=", "="),
	MAP_ROW("lastUpdated instant", "=", "="),
	MAP_ROW(NULL, NULL, "source uri", .why = "came with R4"),
	MAP_ROW("profile * uri", "=", "profile * canonical"),
	MAP_ROW("security * Coding", "=", "="),
	MAP_ROW("tag * Coding", "=", "="),
};
const struct map map_Meta = {
	.path = { "Meta", "Meta", "Meta" }, MAP_ROWS(meta) };

#define XHTML "http://www.w3.org/1999/xhtml"

/* DSTU2 data mostly lacks the namespace that XHTML has to have. */
static void
narrative_div(struct convert *c, struct tree_node *div)
{
	struct str text = tree_text(div);

	if (convert_to(c) != FHIR_STU3 || !str_starts(text, "<div") ||
	    (text.len > 4 && text.at[4] != '>' && text.at[4] != ' ' &&
		text.at[4] != '\t' && text.at[4] != '\n'))
		return;
	for (size_t i = 4; i < text.len && text.at[i] != '>'; i++)
		if (str_starts((struct str){ text.at + i, text.len - i },
			"xmlns="))
			return;
	tree_set_text(div, str_of(arena_printf(convert_arena(c),
			       "<div xmlns=\"" XHTML "\"%.*s",
			       (int)text.len - 4, text.at + 4)));
}

static const struct map_row narrative[] = {
	MAP_ROW("status code", "=", "="),
	MAP_ROW("div xhtml", "=", "=", .d = { .rewrite = narrative_div },
	    .why = "the namespace, which data of DSTU2 leaves out, is added"),
};
const struct map map_Narrative = {
	.path = { "Narrative", "Narrative", "Narrative" },
	MAP_ROWS(narrative) };

static const struct map_row extension[] = {
	MAP_ROW("url uri", "=", "="),
	MAP_ROW("value[x] boolean|integer|decimal|base64Binary|instant|string|"
	    "uri|date|dateTime|time|code|oid|id|unsignedInt|positiveInt|"
	    "markdown|Annotation|Attachment|Identifier|CodeableConcept|Coding|"
	    "Quantity|Range|Period|Ratio|SampledData|Signature|HumanName|"
	    "Address|ContactPoint|Timing|Reference|Meta",
	    "value[x] base64Binary|boolean|code|date|dateTime|decimal|id|"
	    "instant|integer|markdown|oid|positiveInt|string|time|unsignedInt|"
	    "uri|Address|Age|Annotation|Attachment|CodeableConcept|Coding|"
	    "ContactPoint|Count|Distance|Duration|HumanName|Identifier|Money|"
	    "Period|Quantity|Range|Ratio|Reference|SampledData|Signature|"
	    "Timing|Meta",
	    "value[x] base64Binary|boolean|canonical|code|date|dateTime|"
	    "decimal|id|instant|integer|markdown|oid|positiveInt|string|time|"
	    "unsignedInt|uri|url|uuid|Address|Age|Annotation|Attachment|"
	    "CodeableConcept|Coding|ContactPoint|Count|Distance|Duration|"
	    "HumanName|Identifier|Money|Period|Quantity|Range|Ratio|Reference|"
	    "SampledData|Signature|Timing|ContactDetail|Contributor|"
	    "DataRequirement|Expression|ParameterDefinition|RelatedArtifact|"
	    "TriggerDefinition|UsageContext|Dosage|Meta",
	    .why = "a type that the target's extensions do not have: its kin "
		   "(uri for url, Quantity for Age); without kin dropped"),
};

/* See money_up. */
static void
extension_up(struct convert *c, struct map_object *o)
{
	struct tree_node *sum = tree_at(convert_object(o), NAME_valueMoney);

	if (tree_at(sum, NAME_comparator) || tree_at(sum, NAME__comparator))
		tree_rename(convert_arena(c), sum, "valueQuantity");
}

const struct map map_Extension = {
	.path = { "Extension", "Extension", "Extension" },
	MAP_ROWS(extension), .leaf = true,
	.r_up = { .last = extension_up } };
/* clang-format on */
