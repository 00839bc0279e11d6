/* test_rehearsal_ward.c - made-up wards are whole, repeatable and all different
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rehearsal/rehearsal_type.h"
#include "rehearsal/ward_shape.h"
#include "fhir/tree.h"

#define NAMES (WARD_WORLDS * WARD_PATIENTS)

static int
by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void
no_two_people_of_any_worlds_share_a_full_name(void **state)
{
	static char names[NAMES][128];
	unsigned world, i;

	(void)state;
	for (world = 0; world < WARD_WORLDS; world++)
		for (i = 0; i < WARD_PATIENTS; i++) {
			struct ward_person p = ward_person(world, i);

			snprintf(names[world * WARD_PATIENTS + i], 128,
			    "%s, %s", p.family, p.given);
		}
	qsort(names, NAMES, sizeof names[0], by_text);
	for (i = 1; i < NAMES; i++)
		if (!strcmp(names[i - 1], names[i]))
			fail_msg("%s twice", names[i]);
}

static void
seeds_make_worlds_of_their_own(void **state)
{
	bool seen[WARD_WORLDS] = { false };
	unsigned seed, v;

	(void)state;
	for (seed = 1; seed <= 21; seed++)
		for (v = 0; v < FHIR__MAX; v++) {
			unsigned w = ward_world((enum fhir_version)v, seed);

			assert_true(w < WARD_WORLDS);
			assert_false(seen[w]);
			seen[w] = true;
		}
}

static struct tree_node *
resource(struct arena *a, const struct ward *w, const char *type, unsigned n)
{
	const struct tree_limits lim = { .object = true };
	struct err e = { .kind = ERR_NONE };
	struct buf b = buf_new(a, 100000);
	struct tree_node *node;

	ward_put(&b, w, type, n, NULL);
	assert_non_null(buf_text(&b));
	node = tree_read(a, (struct str){ b.at, b.len }, &lim, &e);
	if (!node)
		fail_msg("%s %u: %s in %s", type, n, e.said, b.at);
	assert_null(memchr(b.at, '\n', b.len));
	return node;
}

/* Every reference is relative and leads to a resource of the same ward. */
static void
check_references(
    struct arena *a, const struct ward *w, const struct tree_node *root)
{
	struct tree_node *n;

	for (n = tree_walk(root, root); n; n = tree_walk(n, root)) {
		struct str id, type;
		unsigned i;

		if (!str_is(tree_name(n), "reference"))
			continue;
		type = str_cut(tree_text(n), '/', &id);
		for (i = 0; i < ward_count(w, str_text(a, type)); i++)
			if (str_eq(id,
				tree_str(resource(a, w, str_text(a, type), i),
				    "id")))
				break;
		if (i == ward_count(w, str_text(a, type)))
			fail_msg("%.*s leads nowhere", STR_FMT(tree_text(n)));
	}
}

static void
every_resource_is_json_of_its_type_with_an_id_of_its_own(void **state)
{
	unsigned v;

	(void)state;
	for (v = 0; v < FHIR__MAX; v++) {
		const struct ward w = { (enum fhir_version)v,
			ward_world((enum fhir_version)v, 1) };
		const char *const *type;

		for (type = rehearsal_types(w.v); *type; type++) {
			static char ids[1000][64];
			unsigned n, count = ward_count(&w, *type);

			assert_true(count > 0 && count < 1000);
			for (n = 0; n < count; n++) {
				struct arena *a = arena_new();
				struct tree_node *r = resource(a, &w, *type, n);

				assert_true(
				    str_is(tree_str(r, "resourceType"), *type));
				snprintf(ids[n], 64, "%.*s",
				    STR_FMT(tree_str(r, "id")));
				if (n % 17 == 0)
					check_references(a, &w, r);
				arena_free(a);
			}
			qsort(ids, count, sizeof ids[0], by_text);
			for (n = 1; n < count; n++)
				assert_string_not_equal(ids[n - 1], ids[n]);
		}
		assert_int_equal(ward_count(&w, "Bundle"), 0);
	}
}

static void
the_same_world_is_made_twice_alike_and_another_differs(void **state)
{
	struct arena *a = arena_new();
	const struct ward one = { FHIR_R4, 2 }, other = { FHIR_R4, 5 };
	struct buf b[3];
	unsigned i;

	(void)state;
	for (i = 0; i < 3; i++) {
		b[i] = buf_new(a, 10000);
		ward_put(&b[i], i < 2 ? &one : &other, "Patient", 7, NULL);
	}
	assert_string_equal(buf_text(&b[0]), buf_text(&b[1]));
	assert_string_not_equal(buf_text(&b[0]), buf_text(&b[2]));
	assert_non_null(strstr(b[2].at, "\"id\":\"p-108\""));
	assert_non_null(strstr(b[0].at, "\"id\":\"p-108\""));
	assert_non_null(strstr(b[0].at, "MRN100108"));
	assert_non_null(strstr(b[2].at, "MRN100108"));
	arena_free(a);
}

static void
an_asked_id_stands_in_the_resource(void **state)
{
	struct arena *a = arena_new();
	const struct ward w = { FHIR_DSTU2, 0 };
	struct buf b = buf_new(a, 10000);

	(void)state;
	ward_put(&b, &w, "MedicationOrder", 0, "rehearse-cut");
	assert_non_null(strstr(buf_text(&b), "\"id\":\"rehearse-cut\""));
	assert_int_equal(ward_count(&w, "MedicationRequest"), 0);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_two_people_of_any_worlds_share_a_full_name),
		cmocka_unit_test(seeds_make_worlds_of_their_own),
		cmocka_unit_test(
		    every_resource_is_json_of_its_type_with_an_id_of_its_own),
		cmocka_unit_test(
		    the_same_world_is_made_twice_alike_and_another_differs),
		cmocka_unit_test(an_asked_id_stands_in_the_resource),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
