/* map_encounter_why.c - why somebody is there: indications, diagnoses, reasons
 * SPDX-License-Identifier: Apache-2.0
 *
 * STU3 has one list, diagnosis, with a role for each. DSTU2 has three, one of
 * them for each of two roles. R4 has STU3's, and reasonReference besides. What
 * a place cannot say of a diagnosis stands in extensions of its reference. */
#include "fhir/map_encounter.h"

#include "fhir/systems.h"

/* Where DSTU2 has the diagnoses of a role. */
enum list { INDICATION, ADMITTING, DISCHARGE, LIST__MAX };
static const struct {
	enum name id;
	const char *name, *role;
} lists[LIST__MAX] = {
	[INDICATION] = { NAME_indication, "indication", NULL },
	[ADMITTING] = { NAME_admittingDiagnosis, "admittingDiagnosis", "AD" },
	[DISCHARGE] = { NAME_dischargeDiagnosis, "dischargeDiagnosis", "DD" },
};

#define ROLES "http://hl7.org/fhir/diagnosis-role"

/* The list in a slot, taken out of it; one value in place of a list counts. */
static struct tree_node *
list_of(struct convert *c, struct map_value *slot)
{
	struct tree_node *list = slot->value;

	if (!tree_is(list, TREE_ARRAY))
		list = tree_array(convert_arena(c));
	if (slot->value && slot->value != list)
		tree_append(list, slot->value);
	slot->value = NULL;
	return list;
}

static void
append_all(struct tree_node *to, struct tree_node *list)
{
	struct tree_node *n;

	while ((n = convert_first(list)))
		tree_append(to, n);
}

static void
put_list(struct map_object *o, const char *name, struct tree_node *list)
{
	if (tree_first(list))
		convert_put(o, name, (struct map_value){ list, NULL });
}

/* ---- DSTU2 to STU3 -------------------------------------------------------------- */

static enum list
list_of_role(struct tree_node *role)
{
	struct tree_node *n;

	tree_each(n, tree_at(role, NAME_coding))
	{
		struct str system = tree_str(n, "system");

		for (int i = ADMITTING; i < LIST__MAX; i++)
			if (systems_same(system, str_of(ROLES)) &&
			    str_is(tree_str(n, "code"), lists[i].role))
				return (enum list)i;
	}
	return INDICATION;
}

static struct tree_node *
role_of_list(struct convert *c, enum list list)
{
	if (!lists[list].role)
		return NULL;
	return convert_concept(
	    c, convert_coding(c, ROLES, str_of(lists[list].role)));
}

/* The diagnosis that a reference of DSTU2 is. */
static struct tree_node *
diagnosis_of(struct convert *c, struct tree_node *ref, enum list list)
{
	struct arena *a = convert_arena(c);
	struct tree_node *n = tree_object(a), *role, *rank;

	convert_type(c, MAP_Reference, ref);
	role =
	    convert_kept(c, ref, FHIR_STU3, "Encounter.diagnosis.role").value;
	rank =
	    convert_kept(c, ref, FHIR_STU3, "Encounter.diagnosis.rank").value;
	if (!role || list_of_role(role) != list)
		role = role_of_list(c, list);
	tree_put(a, n, "condition", ref);
	if (role)
		tree_put(a, n, "role", role);
	if (rank)
		tree_put(a, n, "rank", rank);
	return n;
}

/* The references of a list become diagnoses; what is none is left there. */
static void
diagnoses_up(struct convert *c, struct tree_node *to, struct map_value *slot,
    enum list list)
{
	struct tree_node *refs = list_of(c, slot), *n;
	struct tree_node *left = tree_array(convert_arena(c));

	while ((n = convert_first(refs)))
		if (n->kind == TREE_OBJECT && tree_first(n))
			tree_append(to, diagnosis_of(c, n, list));
		else
			tree_append(left, n);
	slot->value = tree_first(left) ? left : NULL;
}

/* The hospitalization; what is none stays in its slot. */
static struct tree_node *
house_of(struct map_object *o)
{
	struct map_value *slot = convert_slot(o, NAME_hospitalization);
	struct tree_node *n = slot->value;

	if (!tree_is(n, TREE_OBJECT))
		return NULL;
	slot->value = NULL;
	return n;
}

void
encounter_why_d_up(struct convert *c, struct map_object *o)
{
	struct tree_node *all = tree_array(convert_arena(c));
	struct map_value house = { house_of(o), NULL }, inner;

	diagnoses_up(c, all, convert_slot(o, NAME_indication), INDICATION);
	for (int i = ADMITTING; i < LIST__MAX; i++) {
		inner =
		    (struct map_value){ convert_take(house.value, lists[i].id),
			    NULL };
		diagnoses_up(c, all, &inner, (enum list)i);
	}
	convert_child(o, NAME_hospitalization, house.value);
	convert_put(o, "hospitalization", house);
	append_all(all, list_of(c, convert_back(o, NAME_diagnosis)));
	put_list(o, "diagnosis", all);
}

/* ---- STU3 to DSTU2 --------------------------------------------------------------- */

/* A reference cannot hold what modifies the diagnosis. */
static bool
fits_reference(struct tree_node *n)
{
	return tree_is(tree_at(n, NAME_condition), TREE_OBJECT) &&
	       tree_first(tree_at(n, NAME_condition)) &&
	       !tree_at(n, NAME_modifierExtension);
}

/* What DSTU2 cannot say of a diagnosis goes with its reference. */
static void
keep_part(struct convert *c, struct tree_node *ref, const char *path,
    enum map_type t, struct map_value v)
{
	if (!v.value && !v.under)
		return;
	convert_type(c, t, v.value);
	convert_sibling(c, v.under);
	convert_lost(c, path, CONVERT_EXTENSION);
	convert_keep(c, ref, FHIR_STU3, path, t, v);
}

/* The rest of a diagnosis. What nobody knows has no place in a reference. */
static void
move_rest(struct convert *c, struct tree_node *to, struct tree_node *from)
{
	struct tree_node *id = convert_take(from, NAME_id);

	if (id && !tree_at(to, NAME_id))
		tree_append(to, id);
	convert_hand_on(to, from);
	if (tree_first(from))
		convert_lost(c, "Encounter.diagnosis", CONVERT_DROPPED);
}

static enum list
diagnosis_down(struct convert *c, struct tree_node *ref, struct tree_node *n)
{
	struct map_value role = { convert_take(n, NAME_role), NULL };
	struct map_value rank = { convert_take(n, NAME_rank),
		convert_take(n, NAME__rank) };
	enum list list = list_of_role(role.value);
	struct tree_node *plain = role_of_list(c, list);

	move_rest(c, ref, n);
	convert_type(c, MAP_Reference, ref);
	if (!plain || !convert_equal(role.value, plain))
		keep_part(c, ref, "Encounter.diagnosis.role",
		    MAP_CodeableConcept, role);
	keep_part(c, ref, "Encounter.diagnosis.rank", MAP_positiveInt, rank);
	return list;
}

/* Each diagnosis to its list; what has none is left. */
static struct tree_node *
diagnoses_down(
    struct convert *c, struct tree_node *all, struct tree_node *const *to)
{
	struct tree_node *left = tree_array(convert_arena(c)), *n;

	while ((n = convert_first(all))) {
		struct tree_node *ref = NULL;

		if (fits_reference(n))
			ref = convert_take(n, NAME_condition);
		tree_append(
		    ref ? to[diagnosis_down(c, ref, n)] : left, ref ? ref : n);
	}
	return tree_first(left) ? left : NULL;
}

/* Diagnoses that were made when the stay began and when it ended. */
static struct tree_node *
house_with(
    struct convert *c, struct tree_node *house, struct tree_node *const *to)
{
	struct arena *a = convert_arena(c);

	if (!house)
		house = tree_object(a);
	for (int i = ADMITTING; i < LIST__MAX; i++)
		if (tree_first(to[i]))
			tree_put(a, house, lists[i].name, to[i]);
	return house;
}

void
encounter_why_d_down(struct convert *c, struct map_object *o)
{
	struct map_value *slot = convert_slot(o, NAME_diagnosis);
	struct map_value house = { house_of(o), NULL };
	struct tree_node *to[LIST__MAX];

	for (int i = 0; i < LIST__MAX; i++)
		to[i] = tree_array(convert_arena(c));
	slot->value = diagnoses_down(c, list_of(c, slot), to);
	put_list(o, "indication", to[INDICATION]);
	convert_child(o, NAME_hospitalization, house.value);
	house.value = house_with(c, house.value, to);
	convert_put(o, "hospitalization", house);
}

/* ---- STU3 and R4 ----------------------------------------------------------------- */

#define REASON "Encounter.reasonReference"

/* A diagnosis that was a reasonReference, if that is still all it says. */
static struct tree_node *
reason_of(struct convert *c, struct tree_node *diagnosis)
{
	struct tree_node *ref = tree_at(diagnosis, NAME_condition);
	struct tree_node *was = convert_kept(c, ref, FHIR_R4, REASON).value;

	return was && tree_count(diagnosis) == 1 && convert_equal(ref, was)
	           ? was
	           : NULL;
}

void
encounter_why_r_up(struct convert *c, struct map_object *o)
{
	struct tree_node *all = list_of(c, convert_slot(o, NAME_diagnosis));
	struct tree_node *diagnoses = tree_array(convert_arena(c)), *n;
	struct tree_node *reasons = tree_array(convert_arena(c));

	convert_child(o, NAME_diagnosis, all);
	while ((n = convert_first(all))) {
		struct tree_node *reason = reason_of(c, n);

		tree_append(reason ? reasons : diagnoses, reason ? reason : n);
	}
	append_all(reasons, list_of(c, convert_back(o, NAME_reasonReference)));
	put_list(o, "diagnosis", diagnoses);
	put_list(o, "reasonReference", reasons);
}

static struct tree_node *
diagnosis_for(struct convert *c, struct tree_node *ref)
{
	struct tree_node *n = tree_object(convert_arena(c));
	struct map_value was;

	convert_type(c, MAP_Reference, ref);
	was = (struct map_value){ convert_copy(c, ref), NULL };
	convert_lost(c, REASON, CONVERT_CODE);
	convert_keep(c, ref, FHIR_R4, REASON, MAP_Reference, was);
	tree_put(convert_arena(c), n, "condition", ref);
	return n;
}

/* What a reason may refer to in R4 and a diagnosis may not stays behind. */
void
encounter_why_r_down(struct convert *c, struct map_object *o)
{
	struct tree_node *all = list_of(c, convert_slot(o, NAME_diagnosis));
	struct map_value *slot = convert_slot(o, NAME_reasonReference);
	struct tree_node *reasons = list_of(c, slot), *n;
	struct tree_node *left = tree_array(convert_arena(c));

	convert_child(o, NAME_diagnosis, all);
	while ((n = convert_first(reasons)))
		if (map_refers(n, "Condition") || map_refers(n, "Procedure"))
			tree_append(all, diagnosis_for(c, n));
		else
			tree_append(left, n);
	append_all(all, list_of(c, convert_back(o, NAME_diagnosis)));
	slot->value = tree_first(left) ? left : NULL;
	put_list(o, "diagnosis", all);
}

/* ---- the tables ------------------------------------------------------------------- */

/* clang-format off */
static const struct map_row diagnosis[] = {
	MAP_ROW(NULL, "condition Reference", "=", .why = "came with STU3"),
	MAP_ROW(NULL, "role CodeableConcept", "use CodeableConcept",
	    .why = "came with STU3; renamed"),
	MAP_ROW(NULL, "rank positiveInt", "=", .why = "came with STU3"),
};
const struct map map_encounter_diagnosis = {
	.path = { NULL, "Encounter.diagnosis", "Encounter.diagnosis" },
	MAP_ROWS(diagnosis) };

static const struct map_row hospitalization[] = {
	MAP_ROW("preAdmissionIdentifier Identifier", "=", "="),
	MAP_ROW("origin Reference", "=", "="),
	MAP_ROW("admitSource CodeableConcept", "=", "="),
	MAP_ROW("admittingDiagnosis * Reference", NULL, NULL,
	    .d = { .hand = true },
	    .why = "a diagnosis of the role AD from STU3 on"),
	MAP_ROW("reAdmission CodeableConcept", "=", "="),
	MAP_ROW("dietPreference * CodeableConcept", "=", "="),
	MAP_ROW("specialCourtesy * CodeableConcept", "=", "="),
	MAP_ROW("specialArrangement * CodeableConcept", "=", "="),
	MAP_ROW("destination Reference", "=", "="),
	MAP_ROW("dischargeDisposition CodeableConcept", "=", "="),
	MAP_ROW("dischargeDiagnosis * Reference", NULL, NULL,
	    .d = { .hand = true },
	    .why = "a diagnosis of the role DD from STU3 on"),
};
const struct map map_encounter_hospitalization = {
	.path = { "Encounter.hospitalization", "Encounter.hospitalization",
	    "Encounter.hospitalization" },
	MAP_ROWS(hospitalization) };
/* clang-format on */
