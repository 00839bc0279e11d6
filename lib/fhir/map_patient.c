/* map_patient.c - Patient in DSTU2, STU3 and R4
 * SPDX-License-Identifier: Apache-2.0
 *
 * Source: the Patient pages of the three versions; the extension for animals
 * is http://hl7.org/fhir/StructureDefinition/patient-animal of R4. */
#include "fhir/map_tables.h"

/* DSTU2's replace says "this record is dead, use the other one": replaced-by.
 * That the other one is dead DSTU2 cannot say. */
static const struct map_code link_type[] = { { "replace", "replaced-by",
						 MAP_BOTH },
	{ "seealso", "replaces", MAP_DOWN }, MAP_END };

/* clang-format off */
static const struct map_row contact[] = {
	MAP_ROW("relationship * CodeableConcept", "=", "="),
	MAP_ROW("name HumanName", "=", "="),
	MAP_ROW("telecom * ContactPoint", "=", "="),
	MAP_ROW("address Address", "=", "="),
	MAP_ROW("gender code", "=", "="),
	MAP_ROW("organization Reference", "=", "="),
	MAP_ROW("period Period", "=", "="),
};
static const struct map patient_contact = {
	.path = { "Patient.contact", "Patient.contact", "Patient.contact" },
	MAP_ROWS(contact) };

static const struct map_row animal_rows[] = {
	MAP_ROW("species CodeableConcept", "=", NULL,
	    .why = "a part of the extension patient-animal"),
	MAP_ROW("breed CodeableConcept", "=", NULL,
	    .why = "a part of the extension patient-animal"),
	MAP_ROW("genderStatus CodeableConcept", "=", NULL,
	    .why = "a part of the extension patient-animal"),
};
static const struct map patient_animal = {
	.path = { "Patient.animal", "Patient.animal", NULL },
	MAP_ROWS(animal_rows) };

static const struct map_row communication[] = {
	MAP_ROW("language CodeableConcept", "=", "="),
	MAP_ROW("preferred boolean", "=", "="),
};
static const struct map patient_communication = {
	.path = { "Patient.communication", "Patient.communication",
	    "Patient.communication" },
	MAP_ROWS(communication) };

static const struct map_row links[] = {
	MAP_ROW("other Reference", "=", "="),
	MAP_ROW("type code", "=", "=", .d = { .codes = link_type },
	    .why = "replace means replaced-by; replaces has no word in DSTU2"),
};
static const struct map patient_link = {
	.path = { "Patient.link", "Patient.link", "Patient.link" },
	MAP_ROWS(links) };

static const struct map_row patient_rows[] = {
	MAP_ROW("identifier * Identifier", "=", "="),
	MAP_ROW("active boolean", "=", "="),
	MAP_ROW("name * HumanName", "=", "="),
	MAP_ROW("telecom * ContactPoint", "=", "="),
	MAP_ROW("gender code", "=", "="),
	MAP_ROW("birthDate date", "=", "="),
	MAP_ROW("deceased[x] boolean|dateTime", "=", "="),
	MAP_ROW("address * Address", "=", "="),
	MAP_ROW("maritalStatus CodeableConcept", "=", "="),
	MAP_ROW("multipleBirth[x] boolean|integer", "=", "="),
	MAP_ROW("photo * Attachment", "=", "="),
	MAP_ROW("contact * {}", "=", "=", .map = &patient_contact),
	MAP_ROW("animal {}", "=", NULL, .map = &patient_animal,
	    .r = { .hand = true },
	    .why = "R4 has the extension patient-animal for it"),
	MAP_ROW("communication * {}", "=", "=", .map = &patient_communication),
	MAP_ROW("careProvider * Reference", "generalPractitioner * Reference",
	    "=", .why = "renamed"),
	MAP_ROW("managingOrganization Reference", "=", "="),
	MAP_ROW("link * {}", "=", "=", .map = &patient_link),
};
/* clang-format on */

/* ---- animals ------------------------------------------------------------------ */

#define ANIMAL "http://hl7.org/fhir/StructureDefinition/patient-animal"

static const struct {
	enum name id;
	const char *name;
} parts[] = {
	{ NAME_species, "species" },
	{ NAME_breed, "breed" },
	{ NAME_genderStatus, "genderStatus" },
};

static void
animal_up(struct convert *c, struct map_object *o)
{
	struct arena *a = convert_arena(c);
	struct map_value *animal = convert_slot(o, NAME_animal);
	struct tree_node *patient = convert_object(o);
	struct tree_node *ext = tree_object(a), *list = tree_array(a);
	struct tree_node *all = tree_at(patient, NAME_extension);

	if (!tree_is(animal->value, TREE_OBJECT))
		return;
	for (size_t i = 0; i < COUNT(parts); i++) {
		struct tree_node *n = tree_at(animal->value, parts[i].id);
		struct tree_node *part = tree_object(a);

		if (!n)
			continue;
		convert_type(c, MAP_CodeableConcept, n);
		tree_put(a, part, "url", convert_text(c, parts[i].name));
		tree_put(a, part, "valueCodeableConcept", n);
		tree_append(list, part);
	}
	tree_put(a, ext, "url", convert_text(c, ANIMAL));
	tree_put(a, ext, "extension", list);
	if (!tree_is(all, TREE_ARRAY))
		all = tree_put(a, patient, "extension", tree_array(a));
	tree_append(all, ext);
	animal->value = NULL;
}

static struct tree_node *
animal_of(struct convert *c, struct tree_node *ext)
{
	struct tree_node *animal = tree_object(convert_arena(c)), *part;

	tree_each(part, tree_at(ext, NAME_extension))
	{
		struct tree_node *n = tree_at(part, NAME_valueCodeableConcept);

		for (size_t i = 0; n && i < COUNT(parts); i++)
			if (str_is(tree_str(part, "url"), parts[i].name))
				tree_put(convert_arena(c), animal,
				    parts[i].name, convert_copy(c, n));
	}
	return animal;
}

static void
animal_down(struct convert *c, struct map_object *o)
{
	struct tree_node *patient = convert_object(o), *ext;
	struct tree_node *all = tree_at(patient, NAME_extension);

	tree_each(ext, all)
	{
		if (!str_is(tree_str(ext, "url"), ANIMAL))
			continue;
		tree_remove(ext);
		if (!tree_first(all))
			tree_remove(all);
		convert_put(
		    o, "animal", (struct map_value){ animal_of(c, ext), NULL });
		return;
	}
}

const struct map map_patient = {
	.path = { "Patient", "Patient", "Patient" },
	MAP_ROWS(patient_rows),
	.resource = true,
	.domain = true,
	.r_up = { .first = animal_up },
	.r_down = { .first = animal_down },
};
