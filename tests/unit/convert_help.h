/* convert_help.h - cases of conversions as rows
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CONVERT_HELP_H
#define CONVERT_HELP_H

#include "fhir/convert_inner.h"

/* One resource in one version, and what it must be in another. */
struct convert_case {
	const char *what;
	enum fhir_version from, to;
	const char *json, *expect;
};

/* JSON that begins with {' has its quotes written so, to be read with ease. */
static inline struct str
convert_quoted(struct arena *a, const char *json)
{
	char *text = str_text(a, str_of(json));

	for (char *c = json[0] == '{' && json[1] == '\'' ? text : ""; *c; c++)
		if (*c == '\'')
			*c = '"';
	return str_of(text);
}

static inline struct tree_node *
convert_read(struct arena *a, const char *json)
{
	const struct tree_limits lim = { .object = true };
	struct err e = { .kind = ERR_NONE };
	struct tree_node *n = tree_read(a, convert_quoted(a, json), &lim, &e);

	if (!n)
		fail_msg("%s in %s", e.said, json);
	return n;
}

/* The text of a resource after its conversion. */
static inline const char *
convert_json(struct arena *a, enum fhir_version from, enum fhir_version to,
    const char *json, bool bare, struct convert_losses *losses)
{
	const struct convert_how how = {
		.from = from, .to = to, .bare = bare, .losses = losses
	};
	struct tree_node *n = convert_read(a, json);
	struct buf b = buf_new(a, (size_t)64 * 1024 * 1024);
	struct err e = { .kind = ERR_NONE };

	assert_true(convert_resource(a, n, &how, &e));
	tree_write(&b, n);
	return buf_text(&b);
}

/* Member order is free, all else must be the same. */
static inline void
convert_check(const struct convert_case *cases, size_t n, bool bare)
{
	for (size_t i = 0; i < n; i++) {
		struct arena *a = arena_new();
		const char *got = convert_json(
		    a, cases[i].from, cases[i].to, cases[i].json, bare, NULL);

		if (!convert_equal(
			convert_read(a, got), convert_read(a, cases[i].expect)))
			fail_msg("%s: %s\n  became   %s\n  expected %s",
			    cases[i].what, cases[i].json, got, cases[i].expect);
		arena_free(a);
	}
}

static inline void
convert_cases(const struct convert_case *cases, size_t n)
{
	convert_check(cases, n, false);
}

/* Without inter-version extensions. */
static inline void
convert_bare(const struct convert_case *cases, size_t n)
{
	convert_check(cases, n, true);
}

/* There and back again, over how many versions lie between. */
static inline void
convert_returns(const struct convert_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct arena *a = arena_new();
		const char *there = convert_json(
		    a, cases[i].from, cases[i].to, cases[i].json, false, NULL);
		const char *back = convert_json(
		    a, cases[i].to, cases[i].from, there, false, NULL);

		if (!convert_equal(
			convert_read(a, back), convert_read(a, cases[i].json)))
			fail_msg("%s: %s\n  became   %s\n  and then %s",
			    cases[i].what, cases[i].json, there, back);
		arena_free(a);
	}
}

/* Whatever they are, from every version to every other: what comes out can be
 * read, and converted further. */
static inline void
convert_strange(const char *const *bodies, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (int w = 0; w < FHIR__MAX * FHIR__MAX; w++) {
			enum fhir_version from = w / FHIR__MAX;
			enum fhir_version to = w % FHIR__MAX;
			struct arena *a = arena_new();
			const char *got =
			    convert_json(a, from, to, bodies[i], w % 2, NULL);

			convert_read(a, got);
			convert_json(a, to, from, got, false, NULL);
			arena_free(a);
		}
}

#endif
