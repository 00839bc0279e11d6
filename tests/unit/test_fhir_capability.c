/* test_fhir_capability.c - each face states what its tables serve
 * SPDX-License-Identifier: Apache-2.0
 *
 * Compared with tests/golden/capability/, which tests/fhir holds against the
 * definitions of FHIR. With WG_GOLDEN=write the files are written anew. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fhir/capability.h"
#include "fhir/tree.h"

static const char *const files[] = {
	[FHIR_DSTU2] = "tests/golden/capability/dstu2.json",
	[FHIR_STU3] = "tests/golden/capability/stu3.json",
	[FHIR_R4] = "tests/golden/capability/r4.json",
};

static const struct capability facts = {
	.face_url = "https://gw.example/fhir",
	.token_url = "https://gw.example/oauth2/token",
	.authorize_url = "https://gw.example/oauth2/authorize",
	.publisher = "Operator \"Nord\"",
	.contact = "help@gw.example",
	.software = "0.0.0",
};

static char *
written(struct arena *a, enum fhir_version v, const struct capability *c)
{
	struct buf b = buf_new(a, 1u << 20);

	capability_write(&b, v, c);
	buf_char(&b, '\n');
	assert_non_null(buf_text(&b));
	return b.at;
}

static char *
golden(struct arena *a, const char *path)
{
	char *text = arena_get(a, 1u << 20);
	FILE *f = fopen(path, "rb");

	if (!f)
		fail_msg("%s is missing", path);
	if (!fread(text, 1, (1u << 20) - 1, f))
		fail_msg("%s is empty", path);
	fclose(f);
	return text;
}

static void
write_golden(const char *path, const char *text)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
	fclose(f);
}

static void
each_statement_is_as_agreed(void **state)
{
	const char *mode = getenv("WG_GOLDEN");

	(void)state;
	for (int v = 0; v < FHIR__MAX; v++) {
		struct arena *a = arena_new();
		char *text = written(a, (enum fhir_version)v, &facts);

		if (mode && !strcmp(mode, "write"))
			write_golden(files[v], text);
		assert_string_equal(text, golden(a, files[v]));
		arena_free(a);
	}
}

static struct tree_node *
statement(struct arena *a, enum fhir_version v)
{
	struct err e = { 0 };
	struct tree_node *n = tree_read(a, str_of(written(a, v, &facts)),
	    &(struct tree_limits){ .object = true }, &e);

	assert_non_null(n);
	return n;
}

/* The statement and the tables, the other way round: whatever it lists is
 * found in them, and there is nothing in them that it does not list. */
static void
it_lists_exactly_what_is_served(void **state)
{
	(void)state;
	for (int v = 0; v < FHIR__MAX; v++) {
		struct arena *a = arena_new();
		const struct tree_node *rest, *r, *p;
		size_t listed = 0, served = 0, types = 0;

		rest = tree_first(tree_get(statement(a, v), "rest"));
		tree_each(r, tree_get(rest, "resource"))
		{
			enum iface_type t;

			types++;
			assert_true(iface_named(&t, v, tree_str(r, "type")));
			assert_int_equal(
			    tree_count(tree_get(r, "interaction")), 2);
			tree_each(p, tree_get(r, "searchParam"))
			{
				listed++;
				assert_non_null(iface_canonical(
				    t, v, str_text(a, tree_str(p, "name"))));
			}
		}
		for (int t = 0; t < IFACE__MAX; t++)
			for (size_t i = 0; i < iface_resource(t)->n; i++)
				served +=
				    !!(iface_resource(t)->params[i].versions &
					FHIR_BIT(v));
		assert_int_equal(types, IFACE__MAX);
		assert_int_equal(listed, served);
		arena_free(a);
	}
}

static const struct {
	const char *contact;
	enum fhir_version v;
	const char *json; /* NULL: no contact at all */
} contacts[] = {
	{ "", FHIR_R4, NULL },
	{ "a@b.example", FHIR_R4, "\"system\":\"email\"" },
	{ "https://b.example/help", FHIR_R4, "\"system\":\"url\"" },
	{ "https://b.example/help", FHIR_DSTU2, "\"system\":\"other\"" },
	{ "+39 040 1234", FHIR_STU3, "\"system\":\"phone\"" },
	{ "the front desk", FHIR_STU3, "\"system\":\"other\"" },
};

static void
the_contact_is_told_by_its_kind(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(contacts); i++) {
		struct capability c = facts;
		const char *text;

		c.contact = contacts[i].contact;
		text = written(a, contacts[i].v, &c);
		if (contacts[i].json)
			assert_non_null(strstr(text, contacts[i].json));
		else
			assert_null(strstr(text, "\"contact\""));
	}
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_statement_is_as_agreed),
		cmocka_unit_test(it_lists_exactly_what_is_served),
		cmocka_unit_test(the_contact_is_told_by_its_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
