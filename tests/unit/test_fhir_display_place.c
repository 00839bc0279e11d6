/* test_fhir_display_place.c - the present place of a patient comes first
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fhir/display_place.h"
#include "tree_help.h"

static struct arena *a;

static int
set_up(void **state)
{
	(void)state;
	a = arena_new();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

/* One place per word: id, status and start of its period, of which the last
 * two may be left out ("a:active", "b::2026", "c"). */
static struct tree_node *
places(const char *words)
{
	struct tree_node *list = tree_array(a);
	struct str rest = str_of(words), one;

	while (rest.at) {
		struct tree_node *place = tree_object(a), *period;
		struct str status, start = STR_NONE;

		one = str_cut(rest, ' ', &rest);
		one = str_cut(one, ':', &status);
		if (status.at)
			status = str_cut(status, ':', &start);
		tree_put(a, place, "id", tree_string(a, one));
		if (status.len)
			tree_put(a, place, "status", tree_string(a, status));
		if (start.len) {
			period = tree_put(a, place, "period", tree_object(a));
			tree_put(a, period, "start", tree_string(a, start));
		}
		tree_append(list, place);
	}
	return list;
}

static const char *
ids(const struct tree_node *list)
{
	struct buf b = buf_new(a, 64);
	struct tree_node *place;

	tree_each(place, list)
	{
		struct str id = tree_str(place, "id");

		buf_put(&b, id.at, id.len);
	}
	return buf_text(&b);
}

static void
the_active_place_else_the_latest_comes_first(void **state)
{
	static const struct {
		const char *places, *order;
	} rows[] = {
		{ "a", "a" },
		{ "a b", "ab" },
		{ "a:active b", "ab" },
		{ "a:completed b:active", "ba" },
		{ "a:completed b:reserved c:active d:planned", "cabd" },
		{ "a b:active c:active", "bac" },
		{ "a::2026-11-20 b:active:2020", "ba" },
		/* nobody says where the patient is now */
		{ "a::2026-11-19 b::2026-11-20 c::2026-11-18", "bac" },
		{ "a b::2026", "ba" },
		{ "a:completed:2026-11-20 b:completed:2026-11-20", "ab" },
		{ "a:completed b:completed", "ab" },
		/* where the patient is expected, the patient is not */
		{ "a:completed:2026-11-19 b:planned:2026-11-21", "ab" },
		{ "a b:completed:2026-11-19 c:reserved:2026-11-21", "bac" },
		{ "a:planned:2026 b:planned:2027", "ab" },
		/* what is no date */
		{ "a b::soon", "ab" },
		{ "a b::20-11-2026", "ab" },
		{ "a b::2026-00-10 c::2026-13", "abc" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		struct tree_node *list = places(rows[i].places);

		display_place_first(list);
		assert_string_equal(ids(list), rows[i].order);
	}
}

static void
starts_compare_as_moments(void **state)
{
	static const struct {
		const char *early, *late;
	} rows[] = {
		{ "2025", "2026" },
		{ "2026", "2026-02" },
		{ "2026-01-31", "2026-02" },
		{ "2024-02-29", "2024-03-01" },
		{ "2023-12-31T23:59:59Z", "2024" },
		{ "2026-11-20", "2026-11-20T00:01Z" },
		{ "2026-11-20T13:00:00+01:00", "2026-11-20T12:30:00Z" },
		{ "2026-11-20T09:00:00+05:45", "2026-11-20T00:00:00-03:30" },
		{ "2026-11-20T23:00:00Z", "2026-11-20T23:00:00-01:00" },
		{ "2026-11-20T12:00:00", "2026-11-20T12:00:01Z" },
		{ "2026-11-20T12:00:00.5Z", "2026-11-20T12:00:00.51Z" },
		{ "2026-11-20T12:00:00Z", "2026-11-20T12:00:00.000001Z" },
		{ "2026-11-20T12:00+01:00", "2026-11-20T12:00Z" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		struct tree_node *list = places(arena_printf(
		    a, "a::%s b::%s", rows[i].early, rows[i].late));

		display_place_first(list);
		assert_string_equal(ids(list), "ba");
		display_place_first(list);
		assert_string_equal(ids(list), "ba");
	}
}

static void
what_is_no_list_of_places_stays(void **state)
{
	static const char *const rows[] = { "{\"status\":\"active\"}", "[]",
		"[7, {\"status\": \"completed\"}]", "\"Ward 4\"",
		"[ {\"status\": \"active\"}, null ]",
		"[{\"period\":{\"start\":7}},{\"period\":\"2026\"},{}]" };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		struct tree_node *n = help_read(a, rows[i]);

		display_place_first(n);
		assert_string_equal(help_write(a, n), rows[i]);
	}
	display_place_first(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    the_active_place_else_the_latest_comes_first, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    starts_compare_as_moments, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    what_is_no_list_of_places_stays, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
