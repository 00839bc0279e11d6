/* ward_path.c - one element of a record, found or made by its path
 * SPDX-License-Identifier: Apache-2.0 */
#include "rehearsal/ward_path.h"

#include <string.h>

#include "rehearsal/ward_facts.h"
#include "rehearsal/ward_json.h"

#define ELEMENT_BYTES 1000

/* What an element of a list says of itself: a code of that concept, or with no
 * system that very word. */
static const struct mark {
	const char *word, *member, *system;
} marks[] = {
	{ "MR", "type", "hl7:v2/0203" },
	{ "AN", "type", "hl7:v2/0203" },
	{ "plan", "type", "hl7:coverage-class" },
	{ "group", "type", "hl7:coverage-class" },
	{ "8480-6", "code", LOINC },
	{ "8462-4", "code", LOINC },
	{ "official", "use", NULL },
	{ "active", "status", NULL },
};

/* One step of a path. */
struct step {
	struct str name;
	const struct mark *mark;
	bool list, all, or_first, goes;
};

static const struct mark *
mark_of(struct str word)
{
	size_t i;

	for (i = 0; i < COUNT(marks); i++)
		if (str_is(word, marks[i].word))
			return &marks[i];
	return NULL;
}

static struct step
next_step(struct str *path)
{
	struct str text = str_cut(*path, '.', path), word;
	struct step s = { .goes = text.at[text.len - 1] == '!' };

	text.len -= s.goes;
	s.name = str_cut(text, '[', &word);
	if (!word.at)
		return s;
	s.list = true;
	word.len--; /* its ] */
	s.all = str_is(word, "*");
	if (word.len && word.at[word.len - 1] == '?') {
		s.or_first = true;
		word.len--;
	}
	s.mark = mark_of(word);
	return s;
}

static bool
marked(const struct tree_node *element, const struct mark *m)
{
	struct tree_node *at = tree_get(element, m->member), *coding;

	if (!m->system)
		return str_is(tree_text(at), m->word);
	tree_each(
	    coding, tree_get(at, "coding")) if (str_is(tree_str(coding, "code"),
						    m->word)) return true;
	return false;
}

static struct tree_node *
element_of(struct tree_node *n, const struct step *s)
{
	struct tree_node *c;

	if (!s->list || s->all || !tree_is(n, TREE_ARRAY))
		return !s->list && tree_is(n, TREE_ARRAY) ? tree_first(n) : n;
	if (!s->mark)
		return tree_first(n);
	tree_each(c, n) if (marked(c, s->mark)) return c;
	return s->or_first ? tree_first(n) : NULL;
}

struct tree_node *
ward_path_find(struct tree_node *record, const char *path)
{
	struct str rest = str_of(path);

	while (record && rest.at) {
		struct step s = next_step(&rest);

		record = element_of(tree_member(record, s.name), &s);
	}
	return record;
}

/* ---- making ---- */

static struct tree_node *
marked_new(struct arena *a, enum fhir_version v, const struct mark *m)
{
	const struct tree_limits lim = { .object = true };
	struct buf b = buf_new(a, ELEMENT_BYTES);
	struct ward_json j = { &b, v };
	struct err no = { .kind = ERR_NONE };

	ward_open(&j, NULL, '{');
	if (m->system)
		ward_concept(&j, m->member, m->system, m->word, NULL);
	else
		ward_text(&j, m->member, m->word);
	ward_close(&j, '}');
	return tree_read(a, (struct str){ b.at, b.len }, &lim, &no);
}

static struct tree_node *
element_new(struct arena *a, enum fhir_version v, const struct step *s,
    struct tree_node *list, bool last)
{
	struct tree_node *n = s->mark ? marked_new(a, v, s->mark)
	                      : last  ? tree_null(a)
	                              : tree_object(a);

	tree_append(list, n);
	return n;
}

/* The member of a step; a value of another kind than it needs gives way. */
static struct tree_node *
member_for(
    struct arena *a, struct tree_node *n, const struct step *s, bool last)
{
	struct tree_node *m = tree_member(n, s->name);

	if (m && (last || m->kind >= TREE_ARRAY))
		return m;
	return tree_put(a, n, str_text(a, s->name),
	    s->list ? tree_array(a)
	    : last  ? tree_null(a)
		    : tree_object(a));
}

struct tree_node *
ward_path_make(struct arena *a, enum fhir_version v, struct tree_node *record,
    const char *path)
{
	struct str rest = str_of(path);

	while (rest.at) {
		struct step s = next_step(&rest);
		struct tree_node *m = member_for(a, record, &s, !rest.at);
		struct tree_node *n = element_of(m, &s);

		if (!n)
			n = element_new(a, v, &s, m, !rest.at);
		if (rest.at && !tree_is(n, TREE_OBJECT))
			tree_set(n, tree_object(a));
		record = n;
	}
	return record;
}

/* ---- removing ---- */

void
ward_path_remove(struct tree_node *record, const char *path)
{
	struct tree_node *n = record, *above;
	struct str rest = str_of(path);
	bool here = false;

	while (n && rest.at && !here) {
		struct step s = next_step(&rest);

		n = element_of(tree_member(n, s.name), &s);
		here = s.goes;
	}
	while (n && n != record) {
		above = n->parent;
		tree_remove(n);
		n = tree_first(above) ? NULL : above;
	}
}
