/* ward_field.c - what a person fills in of a record, in any FHIR version
 * SPDX-License-Identifier: Apache-2.0 */
#include "rehearsal/ward_field.h"

#include <string.h>

#include "rehearsal/ward_facts.h"
#include "rehearsal/ward_json.h"
#include "rehearsal/ward_path.h"

#define TEXT_BYTES    ((size_t)4000)
#define CONCEPT_BYTES ((size_t)16000)

/* ---- known texts ---- */

/* The text of a drug is not what its code is called. */
static const struct ward_code *
known(enum ward_list list, size_t i, const char **text)
{
	const struct ward_code *c = NULL;

	if (list == WARD_LIST_SUBSTANCES && i < WARD_ALLERGENS)
		c = &ward_allergens[i].substance;
	else if (list == WARD_LIST_REACTIONS && i < WARD_ALLERGENS)
		c = &ward_allergens[i].manifestation;
	else if (list == WARD_LIST_PROBLEMS && i < WARD_CONDITIONS)
		c = &ward_conditions[i];
	else if (list == WARD_LIST_SEVERITIES && i < COUNT(ward_severities))
		c = &ward_severities[i];
	else if (list == WARD_LIST_DRUGS && i < WARD_DRUGS)
		c = &ward_drugs[i].atc;
	else if (list == WARD_LIST_VISITS && i < COUNT(ward_visits))
		c = &ward_visits[i];
	if (c)
		*text =
		    list == WARD_LIST_DRUGS ? ward_drugs[i].text : c->display;
	return c;
}

const char *
ward_known(enum ward_list list, size_t i)
{
	const char *text;

	return known(list, i, &text) ? text : NULL;
}

static const char *
code_of(enum ward_list list, struct str value)
{
	const struct ward_code *c;
	const char *text;
	size_t i;

	for (i = 0; (c = known(list, i, &text)); i++)
		if (str_is(value, text))
			return c->code;
	return NULL;
}

/* ---- reading ---- */

static struct str
joined(struct arena *a, struct tree_node *list)
{
	struct buf b = buf_new(a, TEXT_BYTES);
	struct tree_node *c;

	if (!tree_is(list, TREE_ARRAY))
		return tree_text(list);
	tree_each(c, list)
	{
		struct str s = tree_text(c);

		if (s.len && b.len)
			buf_char(&b, ' ');
		buf_put(&b, s.at, s.len);
	}
	return (struct str){ b.at, b.failed ? 0 : b.len };
}

/* Its text, else what a coding is called, else its code. */
static struct str
concept_text(const struct tree_node *n)
{
	const struct tree_node *coding = tree_first(tree_get(n, "coding"));
	struct str s = tree_str(n, "text");

	if (!s.len)
		s = tree_str(coding, "display");
	return s.len ? s : tree_str(coding, "code");
}

static struct str
text_of(struct arena *a, enum ward_how how, struct tree_node *n)
{
	if (!tree_is(n, TREE_OBJECT))
		return joined(a, n);
	if (how == WARD_REFER)
		return tree_str(n, "display");
	if (how == WARD_STATE)
		return tree_str(tree_first(tree_get(n, "coding")), "code");
	return how == WARD_CONCEPT ? concept_text(n) : STR_NONE;
}

struct str
ward_field_get(struct arena *a, const struct ward_field *f, enum fhir_version v,
    struct tree_node *record)
{
	struct str s = text_of(a, f->how, ward_path_find(record, f->path[v]));

	if (!s.len && f->instead)
		s = text_of(a, WARD_TEXT, ward_path_find(record, f->instead));
	return s.len ? s : STR("");
}

/* ---- writing ---- */

static struct tree_node *
concept_new(struct arena *a, const struct ward_field *f, enum fhir_version v,
    struct str value)
{
	const struct tree_limits lim = { .object = true };
	struct buf b = buf_new(a, CONCEPT_BYTES);
	struct ward_json j = { &b, v };
	struct err no = { .kind = ERR_NONE };
	const char *text = str_text(a, value);

	if (f->how == WARD_STATE) {
		ward_concept(&j, NULL, f->system, text, NULL);
	} else {
		const char *code = code_of(f->list, value);

		ward_concept(&j, NULL,
		    !code                        ? NULL
		    : f->list == WARD_LIST_DRUGS ? ATC
						 : SNOMED,
		    code, text);
	}
	return tree_read(a, (struct str){ b.at, b.len }, &lim, &no);
}

static struct tree_node *
refer_new(struct arena *a, struct str value)
{
	struct tree_node *n = tree_object(a);

	tree_put(a, n, "display", tree_string(a, value));
	return n;
}

static struct tree_node *
value_new(struct arena *a, const struct ward_field *f, enum fhir_version v,
    struct str value)
{
	struct tree_node *n = NULL;

	if (f->how == WARD_CONCEPT || (f->how == WARD_STATE && v == FHIR_R4))
		n = concept_new(a, f, v, value);
	else if (f->how == WARD_REFER)
		n = refer_new(a, value);
	else if (f->how == WARD_NUMBER)
		n = tree_number(a, value);
	return n ? n : tree_string(a, value);
}

/* What an extension said of the old value it does not say of the new one. */
static void
forget_extension(struct arena *a, struct tree_node *n)
{
	struct tree_node *at = n;
	struct str name;

	while (at && !(name = tree_name(at)).len)
		at = at->parent;
	if (at && at->parent)
		tree_remove(tree_member(at->parent,
		    str_of(arena_printf(a, "_%.*s", STR_FMT(name)))));
}

static void
set_at(struct arena *a, const struct ward_field *f, enum fhir_version v,
    struct tree_node *record, const char *path, struct str value)
{
	struct tree_node *n = ward_path_make(a, v, record, path);
	struct tree_node *to = value_new(a, f, v, value);

	forget_extension(a, n);
	if (tree_is(n, TREE_ARRAY) && strstr(path, "[*]")) {
		/* of texts: one in their place */
		struct tree_node *list = tree_array(a);

		tree_append(list, to);
		to = list;
	}
	tree_set(n, to);
}

static void
set_also(struct arena *a, const struct ward_field *f, enum fhir_version v,
    struct tree_node *record, struct str value)
{
	const char *path = f->also[v];

	if (!path || (*path == '?' && !ward_path_find(record, path + 1)))
		return;
	path += *path == '?';
	if (value.len)
		set_at(a, f, v, record, path, value);
	else
		ward_path_remove(record, path);
}

void
ward_field_set(struct arena *a, const struct ward_field *f, enum fhir_version v,
    struct tree_node *record, struct str value)
{
	if (f->instead)
		ward_path_remove(record, f->instead);
	if (f->spoils)
		ward_path_remove(record, f->spoils);
	set_also(a, f, v, record, value);
	if (value.len)
		set_at(a, f, v, record, f->path[v], value);
	else
		ward_path_remove(record, f->path[v]);
}
