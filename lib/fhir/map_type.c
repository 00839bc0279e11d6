/* map_type.c - the datatypes of FHIR as conversion tables name them
 * SPDX-License-Identifier: Apache-2.0 */
#include "fhir/map_type.h"

_Static_assert(MAP_TYPE__MAX <= 64, "a set of types is one word");

/* clang-format off */
static const struct {
	const char *name;
	enum map_kind kind;
} types[MAP_TYPE__MAX] = {
	[MAP_NONE] = { "", MAP_TEXT },
	[MAP_BACKBONE] = { "{}", MAP_OBJECT },
#define MAP_TYPE_ROW(name, kind) [MAP_##name] = { #name, kind },
	MAP_TYPES(MAP_TYPE_ROW)
#undef MAP_TYPE_ROW
};

/* The letter behind "value" is a capital. */
#define UP(name) [MAP_##name] = "value" #name,
static const char *const values[MAP_TYPE__MAX] = {
	[MAP_boolean] = "valueBoolean", [MAP_integer] = "valueInteger",
	[MAP_unsignedInt] = "valueUnsignedInt",
	[MAP_positiveInt] = "valuePositiveInt", [MAP_decimal] = "valueDecimal",
	[MAP_string] = "valueString", [MAP_markdown] = "valueMarkdown",
	[MAP_code] = "valueCode", [MAP_id] = "valueId", [MAP_uri] = "valueUri",
	[MAP_url] = "valueUrl", [MAP_canonical] = "valueCanonical",
	[MAP_oid] = "valueOid", [MAP_uuid] = "valueUuid",
	[MAP_base64Binary] = "valueBase64Binary",
	[MAP_instant] = "valueInstant", [MAP_date] = "valueDate",
	[MAP_dateTime] = "valueDateTime", [MAP_time] = "valueTime",
	[MAP_xhtml] = "valueString",
	UP(Address) UP(Age) UP(Annotation) UP(Attachment) UP(CodeableConcept)
	UP(Coding) UP(ContactDetail) UP(ContactPoint) UP(Contributor) UP(Count)
	UP(DataRequirement) UP(Distance) UP(Dosage) UP(Duration) UP(Expression)
	UP(HumanName) UP(Identifier) UP(Meta) UP(Money) UP(ParameterDefinition)
	UP(Period) UP(Quantity) UP(Range) UP(Ratio) UP(Reference)
	UP(RelatedArtifact) UP(SampledData) UP(Signature) UP(Timing)
	UP(TriggerDefinition) UP(UsageContext)
};

/* Who may stand for whom, dearest first. */
static const struct {
	enum map_type type, kin;
} kins[] = {
	{ MAP_Age, MAP_Quantity }, { MAP_Duration, MAP_Quantity },
	{ MAP_Distance, MAP_Quantity }, { MAP_Count, MAP_Quantity },
	{ MAP_Money, MAP_Quantity },
	{ MAP_Quantity, MAP_Age }, { MAP_Quantity, MAP_Duration },
	{ MAP_url, MAP_uri }, { MAP_canonical, MAP_uri },
	{ MAP_uuid, MAP_uri }, { MAP_uri, MAP_url },
	{ MAP_uri, MAP_canonical },
	{ MAP_instant, MAP_dateTime }, { MAP_markdown, MAP_string },
	{ MAP_string, MAP_markdown },
	{ MAP_positiveInt, MAP_integer }, { MAP_unsignedInt, MAP_integer },
	{ MAP_positiveInt, MAP_unsignedInt },
	{ MAP_unsignedInt, MAP_positiveInt },
	{ MAP_integer, MAP_positiveInt }, { MAP_integer, MAP_unsignedInt },
	{ MAP_id, MAP_string }, { MAP_string, MAP_id },
	{ MAP_code, MAP_string }, { MAP_id, MAP_code }, { MAP_code, MAP_id },
};
/* clang-format on */

enum map_kind
map_type_kind(enum map_type t)
{
	return types[t].kind;
}

const char *
map_type_name(enum map_type t)
{
	return types[t].name;
}

const char *
map_type_value(enum map_type t)
{
	return values[t];
}

enum map_type
map_type_named(struct str name)
{
	for (int t = MAP_BACKBONE; t < MAP_TYPE__MAX; t++)
		if (str_is(name, types[t].name))
			return (enum map_type)t;
	return MAP_NONE;
}

enum map_type
map_type_kin(enum map_type t, uint64_t set)
{
	for (size_t i = 0; i < COUNT(kins); i++)
		if (kins[i].type == t && (set & MAP_SET(kins[i].kin)))
			return kins[i].kin;
	return MAP_NONE;
}
