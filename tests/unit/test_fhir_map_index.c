/* test_fhir_map_index.c - the conversion tables, made ready to be looked up
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fhir/map_index.h"

static void
cells_are_read(void **state)
{
	static const struct {
		const char *cell, *name;
		bool good, many, choice;
		uint64_t types;
	} rows[] = {
		{ "active boolean", "active", true, false, false,
		    MAP_SET(MAP_boolean) },
		{ "name * HumanName", "name", true, true, false,
		    MAP_SET(MAP_HumanName) },
		{ "contact * {}", "contact", true, true, false,
		    MAP_SET(MAP_BACKBONE) },
		{ "onset[x] dateTime|Age", "onset", true, false, true,
		    MAP_SET(MAP_dateTime) | MAP_SET(MAP_Age) },
		{ "active", NULL, false, false, false, 0 },
		{ "active truth", NULL, false, false, false, 0 },
		{ "active boolean|code", NULL, false, false, false, 0 },
		{ "", NULL, false, false, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct map_side s;

		assert_int_equal(map_side_read(&s, rows[i].cell), rows[i].good);
		if (!rows[i].good)
			continue;
		assert_true(str_is(s.name, rows[i].name));
		assert_int_equal(s.many, rows[i].many);
		assert_int_equal(s.choice, rows[i].choice);
		assert_true(s.types == rows[i].types);
	}
}

static void
check_side(const struct map_index *x, const struct map_side *s, bool sub)
{
	if (!s->name.at)
		return;
	if (!s->types)
		fail_msg("%s.%.*s: types", x->map->path[map_way_from(x->way)],
		    STR_FMT(s->name));
	if ((s->types & MAP_SET(MAP_BACKBONE)) && !sub)
		fail_msg("%.*s has no table of its own", STR_FMT(s->name));
}

/* Names that fhir/name does not know would never be found. */
static void
check_names(const struct map_side *s)
{
	for (int t = MAP_BACKBONE; s->name.at && t < MAP_TYPE__MAX; t++) {
		char text[128];
		int n;

		if (!(s->types & MAP_SET(t)))
			continue;
		n = snprintf(text, sizeof text, "%.*s%s", STR_FMT(s->name),
		    s->choice ? map_type_value((enum map_type)t) + 5 : "");
		if (name_find((struct str){ text, (size_t)n }) == NAME_NONE)
			fail_msg("%s is not in fhir/name_list.h", text);
	}
}

/* A row whose value cannot stay as it is says how it changes. */
static void
check_change(const struct map_index *x, const struct map_path *p)
{
	const struct map_step *s = p->step;

	if (map_way_from(x->way) == map_way_to(x->way) || !p->from.name.at ||
	    !p->to.name.at || s->hand || s->turn || s->codes)
		return;
	for (int t = MAP_BACKBONE; t < MAP_TYPE__MAX; t++)
		if (!p->from.choice && (p->from.types & MAP_SET(t)) &&
		    map_path_there(p, (enum map_type)t, x->way) == MAP_NONE)
			fail_msg("%s: %s has no form over there", p->path,
			    map_type_name((enum map_type)t));
}

/* What is not simply kept has a reason. */
static void
check_reason(const struct map_row *row)
{
	bool kept = row->stu3 && row->r4 && row->dstu2 &&
	            !strcmp(row->stu3, "=") && !strcmp(row->r4, "=") &&
	            !row->d.codes && !row->d.turn && !row->d.hand &&
	            !row->r.codes && !row->r.turn && !row->r.hand;

	if (!kept && !row->why && strcmp(row->stu3 ? row->stu3 : "", "=") != 0)
		fail_msg("%s %s: why?", row->dstu2 ? row->dstu2 : "-",
		    row->stu3 ? row->stu3 : "-");
}

static void
every_row_of_every_table_is_sound(void **state)
{
	const struct map_index *x;
	size_t rows = 0;

	(void)state;
	for (size_t i = 0; (x = map_index_all(i)); i++)
		for (size_t r = 0; r < x->n; r++, rows++) {
			const struct map_path *p = &x->paths[r];

			check_side(x, &p->from, p->sub != NULL);
			check_side(x, &p->to, p->sub != NULL);
			check_names(&p->from);
			check_change(x, p);
			check_reason(p->row);
		}
	assert_true(rows > 500);
}

static void
ways_lead_over_neighbours(void **state)
{
	(void)state;
	assert_int_equal(map_way_next(FHIR_DSTU2, FHIR_R4), MAP_DSTU2_STU3);
	assert_int_equal(map_way_next(FHIR_R4, FHIR_DSTU2), MAP_R4_STU3);
	assert_int_equal(map_way_next(FHIR_R4, FHIR_R4), MAP_R4_R4);
	assert_true(map_way_up(MAP_STU3_R4));
	assert_false(map_way_up(MAP_R4_STU3));
}

static void
types_are_known_by_name(void **state)
{
	(void)state;
	for (int t = MAP_BACKBONE; t < MAP_TYPE__MAX; t++)
		assert_int_equal(
		    map_type_named(str_of(map_type_name((enum map_type)t))), t);
	assert_int_equal(map_type_named(STR("Mood")), MAP_NONE);
	assert_int_equal(map_type_kin(MAP_url, MAP_SET(MAP_uri)), MAP_uri);
	assert_int_equal(map_type_kin(MAP_Coding, MAP_SET(MAP_uri)), MAP_NONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cells_are_read),
		cmocka_unit_test(every_row_of_every_table_is_sound),
		cmocka_unit_test(ways_lead_over_neighbours),
		cmocka_unit_test(types_are_known_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
