/* test_fhir_tree.c - looking into a tree, and making one
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tree_help.h"

static struct arena *a;

static int
arena_up(void **state)
{
	(void)state;
	a = arena_new();
	return 0;
}

static int
arena_down(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

static const char patient[] =
    "{\"resourceType\":\"Patient\",\"id\":\"p1\",\"active\":true,"
    "\"name\":[{\"family\":\"M\\u00fcller\",\"given\":[\"Eva\",\"M.\"]},{}],"
    "\"multipleBirthInteger\":2,\"deceasedBoolean\":null,"
    "\"x-\\\"own\\\"\":[]}";

static void
members_are_found_by_text_and_by_number(void **state)
{
	struct tree_node *p = help_read(a, patient), *name;

	(void)state;
	assert_true(str_is(tree_str(p, "id"), "p1"));
	assert_ptr_equal(tree_at(p, NAME_id), tree_get(p, "id"));
	assert_int_equal(tree_get(p, "id")->id, NAME_id);
	name = tree_first(tree_at(p, NAME_name));
	assert_true(str_is(tree_str(name, "family"), "M\xc3\xbcller"));
	assert_true(str_is(tree_str(name, "family"), "M\xc3\xbcller"));
	assert_int_equal(tree_get(p, "x-\"own\"")->kind, TREE_ARRAY);
	assert_int_equal(tree_get(p, "x-\"own\"")->id, NAME_NONE);
	assert_true(str_is(tree_name(tree_get(p, "x-\"own\"")), "x-\"own\""));
	assert_ptr_equal(
	    tree_member(p, (struct str){ "ident", 2 }), tree_get(p, "id"));
	assert_null(tree_get(p, "i"));
	assert_null(tree_get(p, "idx"));
	assert_null(tree_get(p, "ID"));
	assert_null(tree_at(p, NAME_gender));
	assert_null(tree_at(p, NAME_NONE)); /* though one has no number */
	assert_null(tree_get(tree_get(p, "name"), "family"));
}

static void
text_is_shown_of_scalars_and_of_nothing_else(void **state)
{
	struct tree_node *p = help_read(a, patient);

	(void)state;
	assert_true(str_is(tree_text(tree_get(p, "active")), "true"));
	assert_true(
	    str_is(tree_text(tree_get(p, "multipleBirthInteger")), "2"));
	assert_null(tree_text(tree_get(p, "deceasedBoolean")).at);
	assert_null(tree_text(tree_get(p, "name")).at);
	assert_null(tree_text(p).at);
	assert_null(tree_str(p, "active").at);
	assert_null(tree_str(p, "multipleBirthInteger").at);
	assert_null(tree_str(p, "name").at);
}

static void
what_is_absent_stays_absent(void **state)
{
	(void)state;
	assert_null(tree_first(NULL));
	assert_null(tree_get(NULL, "a"));
	assert_null(tree_at(NULL, NAME_id));
	assert_null(tree_text(NULL).at);
	assert_null(tree_str(NULL, "id").at);
	assert_null(tree_name(NULL).at);
	assert_int_equal(tree_count(NULL), 0);
	assert_false(tree_is(NULL, TREE_NULL));
	assert_null(tree_first(help_read(a, "[]")));
	assert_null(tree_first(help_read(a, "\"text\"")));
	assert_null(tree_name(help_read(a, "{}")).at);
}

static void
children_come_in_their_order(void **state)
{
	struct tree_node *n = help_read(a, "[10,11,12,13]"), *c;
	char digit = '0';

	(void)state;
	tree_each(c, n)
	{
		assert_int_equal(tree_text(c).at[1], digit++);
		assert_ptr_equal(c->parent, n);
	}
	assert_int_equal(digit, '4');
	assert_int_equal(tree_count(n), 4);
}

static void
a_walk_meets_everything_once_in_the_order_of_the_text(void **state)
{
	struct tree_node *root = help_read(
	    a, "[[1,[2],{\"a\":3,\"b\":[4,{\"c\":5}]}],6,[],{\"d\":7}]");
	struct tree_node *n, *within = tree_first(root);
	size_t met = 0;
	char digit = '1';

	(void)state;
	for (n = root; n; n = tree_walk(n, root), met++)
		if (n->kind == TREE_NUMBER)
			assert_int_equal(*tree_text(n).at, digit++);
	assert_int_equal(digit, '8');
	assert_int_equal(met, 15);
	for (n = within, met = 0; n; n = tree_walk(n, within))
		met++;
	assert_int_equal(met, 10);
}

static void
made_values_are_written_as_json(void **state)
{
	struct tree_node *o = tree_object(a), *list;

	(void)state;
	tree_put(a, o, "resourceType", tree_string(a, STR("Bundle")));
	tree_put(a, o, "total", tree_integer(a, INT64_MIN));
	tree_put(a, o, "score", tree_number(a, STR("72.0")));
	list = tree_put(a, o, "list", tree_array(a));
	tree_append(list, tree_bool(a, true));
	tree_append(list, tree_bool(a, false));
	tree_append(list, tree_null(a));
	tree_append(list, tree_string(a, STR("\"\\/\n\x01\x7f\xc3\xa9")));
	tree_append(list, tree_string(a, STR("")));
	tree_append(list, tree_object(a));
	tree_append(list, tree_array(a));
	tree_put(a, o, "a \"b\"", tree_null(a));
	assert_string_equal(help_write(a, o),
	    "{\"resourceType\":\"Bundle\",\"total\":-9223372036854775808,"
	    "\"score\":72.0,\"list\":[true,false,null,"
	    "\"\\\"\\\\/\\n\\u0001\\u007f\xc3\xa9\",\"\",{},[]],"
	    "\"a \\\"b\\\"\":null}");
	assert_true(str_is(tree_str(o, "resourceType"), "Bundle"));
	assert_int_equal(tree_get(o, "total")->id, NAME_total);
	assert_true(str_is(tree_text(tree_first(list)), "true"));
}

static void
only_numbers_of_the_standard_are_made(void **state)
{
	static const char *const bad[] = { "", "-", "01", "1.", ".5", "+1",
		"1e", "0x1", " 1", "1 ", "NaN", "1,0", "--1", "1e5x" };
	static const char *const good[] = { "0", "-0", "1.00", "1e400",
		"-1.5E-7", "99999999999999999999" };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++)
		assert_null(tree_number(a, str_of(bad[i])));
	for (i = 0; i < COUNT(good); i++)
		assert_string_equal(
		    help_write(a, tree_number(a, str_of(good[i]))), good[i]);
	assert_null(tree_number(a, STR_NONE));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_are_found_by_text_and_by_number),
		cmocka_unit_test(text_is_shown_of_scalars_and_of_nothing_else),
		cmocka_unit_test(what_is_absent_stays_absent),
		cmocka_unit_test(children_come_in_their_order),
		cmocka_unit_test(
		    a_walk_meets_everything_once_in_the_order_of_the_text),
		cmocka_unit_test(made_values_are_written_as_json),
		cmocka_unit_test(only_numbers_of_the_standard_are_made),
	};

	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
