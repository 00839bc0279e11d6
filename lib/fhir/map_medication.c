/* map_medication.c - Medication in DSTU2, STU3 and R4
 * SPDX-License-Identifier: Apache-2.0
 *
 * DSTU2 has form, ingredients and batches in an object, product; STU3 has the
 * batches in its package; R4 has one batch and no package. Source: the pages
 * of the three versions. */
#include "fhir/map_tables.h"

/* The object in a slot, taken out of it; else one that came back, or NULL. */
static struct tree_node *
object_of(struct map_value *slot)
{
	struct tree_node *n = slot->value;

	if (!tree_is(n, TREE_OBJECT))
		return NULL;
	slot->value = NULL;
	return n;
}

static struct map_value
value(struct tree_node *n)
{
	return (struct map_value){ n, NULL };
}

/* A list at that name of an object, which then holds these too. */
static void
add_all(struct convert *c, struct tree_node *to, const char *name,
    struct tree_node *list, bool before)
{
	struct tree_node *there = tree_get(to, name), *n;

	if (!tree_is(list, TREE_ARRAY) || !tree_first(list))
		return;
	if (before && tree_is(there, TREE_ARRAY))
		while ((n = convert_first(there)))
			tree_append(list, n);
	if (before || !tree_is(there, TREE_ARRAY))
		tree_put(convert_arena(c), to, name, list);
	else
		while ((n = tree_first(list)))
			tree_append(there, n);
}

/* ---- items: a reference in DSTU2, which can show the text of a concept -------------- */

static struct tree_node *
text_of(struct tree_node *concept)
{
	struct tree_node *text = tree_at(concept, NAME_text);

	return text ? text
	            : tree_at(tree_first(tree_at(concept, NAME_coding)),
			  NAME_display);
}

static void
item_up(struct convert *c, struct map_object *o, const char *path)
{
	struct map_value *slot = convert_slot(o, NAME_item);
	struct tree_node *ref = slot->value, *was;

	if (!tree_is(ref, TREE_OBJECT))
		return;
	convert_type(c, MAP_Reference, ref);
	was = convert_kept(c, ref, FHIR_STU3, path).value;
	slot->value = NULL;
	if (was && !tree_at(ref, NAME_reference) &&
	    convert_equal(tree_at(ref, NAME_display), text_of(was)))
		convert_put(o, "itemCodeableConcept", value(was));
	else
		convert_put(o, "itemReference", value(ref));
}

static void
item_down(struct convert *c, struct map_object *o, const char *path)
{
	struct map_value *ref = convert_slot(o, NAME_itemReference);
	struct map_value *concept = convert_slot(o, NAME_itemCodeableConcept);
	struct tree_node *n = ref->value, *text;

	convert_type(c, MAP_Reference, n);
	if (!n && tree_is(concept->value, TREE_OBJECT)) {
		n = tree_object(convert_arena(c));
		text = convert_copy(c, text_of(concept->value));
		if (text)
			tree_put(convert_arena(c), n, "display", text);
		convert_type(c, MAP_CodeableConcept, concept->value);
		convert_lost(c, path, CONVERT_CODE);
		convert_keep(
		    c, n, FHIR_STU3, path, MAP_CodeableConcept, *concept);
		concept->value = NULL;
	}
	ref->value = NULL;
	convert_put(o, "item", value(n));
}

#define INGREDIENT "Medication.ingredient.item"
#define CONTENT    "Medication.package.content.item"

static void
ingredient_up(struct convert *c, struct map_object *o)
{
	item_up(c, o, INGREDIENT);
}

static void
ingredient_down(struct convert *c, struct map_object *o)
{
	item_down(c, o, INGREDIENT);
}

static void
content_up(struct convert *c, struct map_object *o)
{
	item_up(c, o, CONTENT);
}

static void
content_down(struct convert *c, struct map_object *o)
{
	item_down(c, o, CONTENT);
}

/* ---- the tables of its parts ---------------------------------------------------------- */

/* Of what is moved from one object to another the columns tell what becomes of
 * it before it is moved: its name stays. */

/* clang-format off */
static const struct map_row ingredient[] = {
	MAP_ROW("item Reference", "item[x] CodeableConcept|Reference", "=",
	    .d = { .hand = true }, .why = "a reference only in DSTU2"),
	MAP_ROW(NULL, "isActive boolean", "=", .why = "came with STU3"),
	MAP_ROW("amount Ratio", "=", "strength Ratio", .why = "renamed"),
};
static const struct map medication_ingredient = {
	.path = { "Medication.product.ingredient", "Medication.ingredient",
	    "Medication.ingredient" },
	MAP_ROWS(ingredient),
	.d_up = { .first = ingredient_up },
	.d_down = { .first = ingredient_down } };

static const struct map_row batch[] = {
	MAP_ROW("lotNumber string", "=", "="),
	MAP_ROW("expirationDate dateTime", "=", "="),
};
static const struct map medication_batch = {
	.path = { "Medication.product.batch", "Medication.package.batch",
	    "Medication.batch" },
	MAP_ROWS(batch) };

static const struct map_row content[] = {
	MAP_ROW("item Reference", "item[x] CodeableConcept|Reference", "=",
	    .d = { .hand = true }, .why = "a reference only in DSTU2"),
	MAP_ROW("amount Quantity", "=", "="),
};
static const struct map package_content = {
	.path = { "Medication.package.content", "Medication.package.content",
	    NULL },
	MAP_ROWS(content),
	.d_up = { .first = content_up },
	.d_down = { .first = content_down } };

static const struct map_row package[] = {
	MAP_ROW("container CodeableConcept", "=", "="),
	MAP_ROW("content * {}", "=", "=", .map = &package_content),
	MAP_ROW(NULL, "batch * {}", "=", .map = &medication_batch,
	    .d = { .hand = true }, .why = "in the product in DSTU2"),
};

/* Not lost: it is moved on. */
static void
batch_stays(struct convert *c, struct map_object *o)
{
	struct map_value *slot = convert_slot(o, NAME_batch);

	(void)c;
	convert_child(o, NAME_batch, slot->value);
	convert_put(o, "batch", *slot);
	slot->value = NULL;
}

static const struct map medication_package = {
	.path = { "Medication.package", "Medication.package", NULL },
	MAP_ROWS(package), .d_down = { .first = batch_stays } };

static const struct map_row product_rows[] = {
	MAP_ROW("form CodeableConcept", "=", "="),
	MAP_ROW("ingredient * {}", "=", "=", .map = &medication_ingredient),
	MAP_ROW("batch * {}", "=", "=", .map = &medication_batch),
};
static const struct map medication_product = {
	.path = { "Medication.product", NULL, NULL }, MAP_ROWS(product_rows) };
/* clang-format on */

/* ---- DSTU2 and STU3 -------------------------------------------------------------------- */

/* What else hangs on the product stays in its slot. */
static void
d_up(struct convert *c, struct map_object *o)
{
	struct map_value *slot = convert_slot(o, NAME_product);
	struct map_value *back = convert_back(o, NAME_ingredient);
	struct tree_node *product = slot->value, *all, *n;
	struct tree_node *house = object_of(convert_slot(o, NAME_package));

	convert_child(o, NAME_package, house);
	if (!house)
		house = tree_object(convert_arena(c));
	if (tree_is(product, TREE_OBJECT) &&
	    !tree_at(product, NAME_modifierExtension)) {
		convert_child(o, NAME_product, product);
		add_all(c, house, "batch", convert_take(product, NAME_batch),
		    false);
		convert_put(o, "form", value(convert_take(product, NAME_form)));
		all = convert_take(product, NAME_ingredient);
		while (
		    tree_is(all, TREE_ARRAY) && (n = tree_first(back->value)))
			tree_append(all, n);
		convert_put(o, "ingredient", value(all));
		if (!tree_first(product))
			slot->value = NULL;
	}
	convert_put(o, "package", value(house));
}

#define STATUS "Medication.status"

/* One that is void must not be missed: it stays in its slot, and the row is
 * one that modifies. */
static void
status_down(struct convert *c, struct map_object *o)
{
	struct map_value *slot = convert_slot(o, NAME_status);

	if (str_is(tree_text(slot->value), "entered-in-error") ||
	    (!slot->value && !slot->under))
		return;
	convert_sibling(c, slot->under);
	convert_lost(c, STATUS, CONVERT_EXTENSION);
	convert_keep(c, convert_object(o), FHIR_STU3, STATUS, MAP_code, *slot);
	*slot = (struct map_value){ NULL, NULL };
}

static void
d_down(struct convert *c, struct map_object *o)
{
	struct map_value *form = convert_slot(o, NAME_form);
	struct map_value *parts = convert_slot(o, NAME_ingredient);
	struct tree_node *house = object_of(convert_slot(o, NAME_package));
	struct tree_node *product = object_of(convert_back(o, NAME_product));

	status_down(c, o);
	if (!product)
		product = tree_object(convert_arena(c));
	convert_child(o, NAME_package, house);
	convert_child(o, NAME_form, form->value);
	convert_child(o, NAME_ingredient, parts->value);
	if (form->value)
		tree_put(convert_arena(c), product, "form", form->value);
	add_all(c, product, "ingredient", parts->value, true);
	add_all(c, product, "batch", convert_take(house, NAME_batch), true);
	form->value = parts->value = NULL;
	convert_put(o, "product", value(product));
	convert_put(o, "package", value(house));
}

/* ---- STU3 and R4 ------------------------------------------------------------------------ */

/* The first batch; the package, which R4 has not, stays with the others. */
static void
r_up(struct convert *c, struct map_object *o)
{
	struct map_value *slot = convert_slot(o, NAME_package);
	struct tree_node *list, *first;

	(void)c;
	convert_child(o, NAME_package, slot->value);
	list = tree_at(slot->value, NAME_batch);
	first = tree_is(list, TREE_ARRAY) ? tree_first(list) : NULL;
	if (!tree_is(first, TREE_OBJECT))
		return;
	tree_remove(first);
	convert_put(o, "batch", value(first));
	if (!tree_first(list))
		tree_remove(list);
	if (!tree_first(slot->value))
		slot->value = NULL;
}

static void
r_down(struct convert *c, struct map_object *o)
{
	struct tree_node *one = object_of(convert_slot(o, NAME_batch));
	struct tree_node *house = object_of(convert_back(o, NAME_package));
	struct tree_node *list = tree_array(convert_arena(c));

	convert_child(o, NAME_batch, one);
	if (!house)
		house = tree_object(convert_arena(c));
	if (one && tree_first(one))
		tree_append(list, one);
	add_all(c, house, "batch", list, true);
	convert_put(o, "package", value(house));
}

/* clang-format off */
static const struct map_row rows[] = {
	MAP_ROW(NULL, NULL, "identifier * Identifier", .why = "came with R4"),
	MAP_ROW("code CodeableConcept", "=", "="),
	MAP_ROW(NULL, "status code", "=", .modifier = true,
	    .d = { .hand = true },
	    .why = "came with STU3; only one that voids the record modifies"),
	MAP_ROW("isBrand boolean", "=", NULL, .why = "gone with R4"),
	MAP_ROW(NULL, "isOverTheCounter boolean", NULL,
	    .why = "STU3 alone has it"),
	MAP_ROW("manufacturer Reference", "=", "="),
	MAP_ROW("product {}", NULL, NULL, .map = &medication_product,
	    .d = { .hand = true },
	    .why = "what it holds stands in the medication from STU3 on"),
	MAP_ROW(NULL, "form CodeableConcept", "=", .d = { .hand = true },
	    .why = "in the product in DSTU2"),
	MAP_ROW(NULL, NULL, "amount Ratio", .why = "came with R4"),
	MAP_ROW(NULL, "ingredient * {}", "=", .map = &medication_ingredient,
	    .d = { .hand = true }, .why = "in the product in DSTU2"),
	MAP_ROW("package {}", "=", NULL, .map = &medication_package,
	    .d = { .hand = true }, .r = { .hand = true },
	    .why = "has the batches in STU3; gone with R4"),
	MAP_ROW(NULL, NULL, "batch {}", .map = &medication_batch,
	    .r = { .hand = true }, .why = "the first in the package in STU3"),
	MAP_ROW(NULL, "image * Attachment", NULL, .why = "STU3 alone has it"),
};
/* clang-format on */

const struct map map_medication = {
	.path = { "Medication", "Medication", "Medication" },
	MAP_ROWS(rows),
	.resource = true,
	.domain = true,
	.d_up = { .first = d_up },
	.d_down = { .first = d_down },
	.r_up = { .first = r_up },
	.r_down = { .first = r_down },
};
