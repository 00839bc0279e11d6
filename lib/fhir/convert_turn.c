/* convert_turn.c - values that change their form between versions
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each makes a new value and leaves the old one alone: the engine compares
 * what would come back with what was there, and keeps the original if it
 * differs. */
#include "fhir/convert_inner.h"
#include "fhir/systems.h"

#define JOINED_BYTES_MAX ((size_t)16 * 1024 * 1024)

static const struct map_value none;

static const struct map_step *
step_of(const struct convert *c, const struct map_row *row)
{
	return map_way_from(c->way) == FHIR_DSTU2 ||
	               map_way_to(c->way) == FHIR_DSTU2
	           ? &row->d
	           : &row->r;
}

/* ---- string and Annotation list ------------------------------------------------ */

static struct map_value
note_up(struct convert *c, const struct map_row *row, struct map_value from)
{
	struct tree_node *note = tree_object(c->a);

	(void)row;
	if (from.value)
		tree_put(c->a, note, "text", convert_copy(c, from.value));
	if (from.under)
		tree_put(c->a, note, "_text", convert_copy(c, from.under));
	return (struct map_value){ convert_list(c, note), NULL };
}

/* The texts of all notes, one a line. */
static struct map_value
note_down(struct convert *c, const struct map_row *row, struct map_value from)
{
	struct buf b = buf_new(c->a, JOINED_BYTES_MAX);
	struct tree_node *n;

	(void)row;
	tree_each(n, from.value)
	{
		struct str text = tree_text(tree_at(n, NAME_text));

		if (text.len && b.len)
			buf_char(&b, '\n');
		buf_put(&b, text.at, text.len);
	}
	if (b.failed || !b.len)
		return none;
	return (struct map_value){
		tree_string(c->a, (struct str){ b.at, b.len }), NULL
	};
}

const struct map_turning turn_note = { note_up, note_down };

/* ---- one Annotation and many ---------------------------------------------------- */

static struct map_value
notes_up(struct convert *c, const struct map_row *row, struct map_value from)
{
	(void)row;
	return (struct map_value){ convert_list(c, convert_copy(c, from.value)),
		NULL };
}

static struct map_value
notes_down(struct convert *c, const struct map_row *row, struct map_value from)
{
	struct tree_node *first = convert_copy(c, tree_first(from.value));
	struct map_value text = note_down(c, row, from);

	if (!text.value)
		return (struct map_value){ first, NULL };
	if (!tree_is(first, TREE_OBJECT))
		first = tree_object(c->a);
	tree_put(c->a, first, "text", text.value);
	return (struct map_value){ first, NULL };
}

const struct map_turning turn_notes = { notes_up, notes_down };

/* ---- code and CodeableConcept ---------------------------------------------------- */

/* What a value has beside itself, on the form that stands for it. */
static void
beside(struct convert *c, struct tree_node *to, struct tree_node *from)
{
	static const struct {
		enum name id;
		const char *name;
	} both[] = { { NAME_id, "id" }, { NAME_extension, "extension" } };

	for (size_t i = 0; i < COUNT(both); i++) {
		struct tree_node *n = tree_at(from, both[i].id);

		if (n)
			tree_put(c->a, to, both[i].name, convert_copy(c, n));
	}
}

static struct map_value
concept_up(struct convert *c, const struct map_row *row, struct map_value from)
{
	const struct map_step *s = c->way < MAP_STU3_R4 ? &row->d : &row->r;
	struct str code = tree_text(from.value);
	struct tree_node *n = tree_object(c->a);

	if (s->codes && code.at)
		code = convert_code(s->codes, true, code);
	if (!code.at && from.value)
		return none;
	if (code.at)
		n = convert_concept(
		    c, convert_coding(
			   c, systems_url(c->a, s->system, FHIR_R4), code));
	beside(c, n, from.under);
	return (struct map_value){ n, NULL };
}

/* The coding of the right system, in any spelling; else one with none whose
 * code is a word of it. */
static struct tree_node *
coding_of(struct tree_node *concept, const struct map_step *s, struct arena *a)
{
	struct tree_node *list = tree_at(concept, NAME_coding), *n;
	struct str want = str_of(systems_url(a, s->system, FHIR_R4)), code;

	tree_each(n, list)
	{
		if (systems_same(tree_str(n, "system"), want) &&
		    tree_str(n, "code").len)
			return n;
	}
	tree_each(n, list)
	{
		code = tree_str(n, "code");
		if (!tree_at(n, NAME_system) && code.len &&
		    (!s->codes || convert_code(s->codes, false, code).at))
			return n;
	}
	return NULL;
}

static struct map_value
concept_down(
    struct convert *c, const struct map_row *row, struct map_value from)
{
	const struct map_step *s = step_of(c, row);
	struct tree_node *n = coding_of(from.value, s, c->a);
	struct tree_node *under = tree_object(c->a);
	struct str code = tree_str(n, "code");

	if (s->codes && code.at)
		code = convert_code(s->codes, false, code);
	beside(c, under, from.value);
	return (struct map_value){ code.at ? tree_string(c->a, code) : NULL,
		tree_first(under) ? under : NULL };
}

const struct map_turning turn_concept = { concept_up, concept_down };

/* ---- Coding and CodeableConcept --------------------------------------------------- */

static struct map_value
coding_up(struct convert *c, const struct map_row *row, struct map_value from)
{
	(void)row;
	return (struct map_value){
		convert_concept(c, convert_copy(c, from.value)), NULL
	};
}

static struct map_value
coding_down(struct convert *c, const struct map_row *row, struct map_value from)
{
	(void)row;
	return (struct map_value){
		convert_copy(c, tree_first(tree_at(from.value, NAME_coding))),
		NULL
	};
}

const struct map_turning turn_coding = { coding_up, coding_down };

/* ---- Identifier and its value ------------------------------------------------------ */

static struct map_value
value_up(struct convert *c, const struct map_row *row, struct map_value from)
{
	(void)row;
	return (
	    struct map_value){ convert_copy(c, tree_at(from.value, NAME_value)),
		convert_copy(c, tree_at(from.value, NAME__value)) };
}

static struct map_value
value_down(struct convert *c, const struct map_row *row, struct map_value from)
{
	struct tree_node *n = tree_object(c->a);

	(void)row;
	if (from.value)
		tree_put(c->a, n, "value", convert_copy(c, from.value));
	if (from.under)
		tree_put(c->a, n, "_value", convert_copy(c, from.under));
	return (struct map_value){ n, NULL };
}

const struct map_turning turn_value = { value_up, value_down };

/* ---- positiveInt and string --------------------------------------------------------- */

static struct map_value
digits_up(struct convert *c, const struct map_row *row, struct map_value from)
{
	(void)row;
	return (struct map_value){
		from.value ? tree_string(c->a, tree_text(from.value)) : NULL,
		convert_copy(c, from.under)
	};
}

/* Only what is a positive number as FHIR writes it. */
static struct map_value
digits_down(struct convert *c, const struct map_row *row, struct map_value from)
{
	struct str text = tree_text(from.value);
	uint64_t n;
	bool fits = str_number(text, 9, &n) && n > 0 && text.at[0] != '0';

	(void)row;
	return (struct map_value){ fits ? tree_number(c->a, text) : NULL,
		convert_copy(c, from.under) };
}

const struct map_turning turn_digits = { digits_up, digits_down };

/* ---- date and dateTime ---------------------------------------------------------------- */

static struct map_value
day_up(struct convert *c, const struct map_row *row, struct map_value from)
{
	(void)row;
	return (struct map_value){ convert_copy(c, from.value),
		convert_copy(c, from.under) };
}

/* The first ten characters as written: a zone is never shifted. */
static struct map_value
day_down(struct convert *c, const struct map_row *row, struct map_value from)
{
	struct str text = tree_text(from.value);

	(void)row;
	if (text.len > 10 && text.at[10] == 'T')
		text.len = 10;
	return (struct map_value){ from.value ? tree_string(c->a, text) : NULL,
		convert_copy(c, from.under) };
}

const struct map_turning turn_day = { day_up, day_down };

/* ---- Encounter and Encounter or EpisodeOfCare ------------------------------------------ */

static bool
is_episode(struct tree_node *reference)
{
	struct str url = tree_str(reference, "reference");

	for (; url.len; url.at++, url.len--)
		if (str_starts(url, "EpisodeOfCare/"))
			return true;
	return false;
}

static struct map_value
encounter(struct convert *c, const struct map_row *row, struct map_value from)
{
	(void)row;
	if (map_way_from(c->way) == FHIR_STU3 && is_episode(from.value))
		return none;
	return (struct map_value){ convert_copy(c, from.value), NULL };
}

const struct map_turning turn_encounter = { encounter, encounter };
