/* tree_oracle.h - does Jansson take a text as fhir/tree does, and see the same?
 * SPDX-License-Identifier: Apache-2.0
 *
 * With duplicates refused and any top level allowed, both must agree on every
 * text, but for four things:
 *   - Jansson refuses a number whose value it cannot hold (an integer beyond
 *     64 bits, a real beyond a double); we keep its text;
 *   - it stops at 2048 levels, we at the limit we are given, and we count
 *     values;
 *   - it does not know the byte order mark, which is cut off here first;
 *   - it loses a raw NUL that follows a number or a word (seen in 2.14), so it
 *     is not asked about a text that holds one: no JSON does. */
#ifndef TREE_ORACLE_H
#define TREE_ORACLE_H

#include <errno.h>
#include <jansson.h>

#include "tree_help.h"

enum oracle { ORACLE_SAME, ORACLE_APART, ORACLE_OTHER };

static inline bool
oracle_number(struct arena *a, struct tree_node *n, const json_t *j)
{
	struct str s = tree_text(n);
	const char *text = arena_dup(a, s.at, s.len);
	bool real = strpbrk(text, ".eE");

	if (n->kind != TREE_NUMBER)
		return false;
	if (json_is_integer(j))
		return !real &&
		       json_integer_value(j) == strtoll(text, NULL, 10);
	return real && json_real_value(j) == strtod(text, NULL);
}

static inline bool
oracle_string(struct str s, const json_t *j)
{
	return str_eq(
	    s, (struct str){ json_string_value(j), json_string_length(j) });
}

static inline bool oracle_value(
    struct arena *a, struct tree_node *n, const json_t *j);

static inline bool
oracle_array(struct arena *a, struct tree_node *n, const json_t *j)
{
	struct tree_node *c;
	size_t i = 0;

	tree_each(
	    c, n) if (!oracle_value(a, c, json_array_get(j, i++))) return false;
	return n->kind == TREE_ARRAY && i == json_array_size(j);
}

/* Jansson keeps the order of the members, so both lists go side by side. */
static inline bool
oracle_object(struct arena *a, struct tree_node *n, json_t *j)
{
	struct tree_node *c = tree_first(n);
	void *it = json_object_iter(j);

	for (; c && it; c = tree_next(c), it = json_object_iter_next(j, it)) {
		struct str key = { json_object_iter_key(it),
			json_object_iter_key_len(it) };

		if (!str_eq(tree_name(c), key) ||
		    !oracle_value(a, c, json_object_iter_value(it)))
			return false;
	}
	return n->kind == TREE_OBJECT && !c && !it;
}

static inline bool
oracle_value(struct arena *a, struct tree_node *n, const json_t *j)
{
	switch (json_typeof(j)) {
	case JSON_OBJECT:
		return oracle_object(a, n, (json_t *)(uintptr_t)j);
	case JSON_ARRAY:
		return oracle_array(a, n, j);
	case JSON_STRING:
		return n->kind == TREE_STRING && oracle_string(tree_text(n), j);
	case JSON_TRUE:
		return n->kind == TREE_TRUE;
	case JSON_FALSE:
		return n->kind == TREE_FALSE;
	case JSON_NULL:
		return n->kind == TREE_NULL;
	default:
		return oracle_number(a, n, j);
	}
}

/* n and e: what tree_read made of the text. ORACLE_OTHER: it differs
 * as it may. */
static inline enum oracle
oracle_judge(
    struct arena *a, struct str text, struct tree_node *n, const struct err *e)
{
	json_error_t je;
	json_t *j;
	bool same;

	if (e->kind == ERR_TOO_MANY)
		return ORACLE_OTHER;
	if (text.len && memchr(text.at, '\0', text.len))
		return n ? ORACLE_APART : ORACLE_SAME;
	if (str_starts(text, "\xef\xbb\xbf"))
		text = (struct str){ text.at + 3, text.len - 3 };
	j = json_loadb(
	    text.at, text.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &je);
	if (!j && json_error_code(&je) == json_error_numeric_overflow)
		return ORACLE_OTHER;
	same = n && j ? oracle_value(a, n, j) : !n && !j;
	json_decref(j);
	return same ? ORACLE_SAME : ORACLE_APART;
}

#endif
