/* test_fhir_tree_edit.c - changes, and what the writer copies beside them
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

/* ---- the changes, each on  { "a" : [ 1, 2 ,3 ] , "b":{ "c" : "\u0041" }, "d":4.0 } */

static const char before[] =
    "{ \"a\" : [ 1, 2 ,3 ] , \"b\":{ \"c\" : \"\\u0041\" }, \"d\":4.0 }\n";

static struct tree_node *
string(const char *text)
{
	return tree_string(a, str_of(text));
}

/* The i-th child. */
static struct tree_node *
child(const struct tree_node *n, size_t i)
{
	struct tree_node *c = tree_first(n);

	while (i--)
		c = tree_next(c);
	return c;
}

static void
nothing(struct tree_node *n)
{
	tree_text(
	    tree_get(tree_get(n, "b"), "c")); /* looking changes nothing */
	tree_remove(NULL);
	tree_remove(n); /* a root stands nowhere */
}

static void
put_new(struct tree_node *n)
{
	tree_put(a, n, "e", string("x"));
}

static void
put_over_first(struct tree_node *n)
{
	tree_put(a, n, "a", tree_bool(a, true));
}

static void
put_over_middle(struct tree_node *n)
{
	tree_put(a, n, "b", tree_null(a));
}

static void
put_over_last(struct tree_node *n)
{
	tree_put(a, n, "d", tree_array(a));
}

static void
put_over_only(struct tree_node *n)
{
	tree_put(a, tree_get(n, "b"), "c", tree_integer(a, 0));
}

static void
put_itself(struct tree_node *n)
{
	tree_put(a, n, "b", tree_get(n, "b"));
}

static void
put_from_elsewhere(struct tree_node *n)
{
	tree_put(a, n, "d", tree_get(tree_get(n, "b"), "c"));
}

static void
put_sibling(struct tree_node *n)
{
	tree_put(a, n, "d", tree_get(n, "a"));
}

static void
append_one(struct tree_node *n)
{
	tree_append(tree_get(n, "a"), string("x"));
}

static void
append_member_to_array(struct tree_node *n)
{
	tree_append(tree_get(n, "a"), tree_get(n, "b"));
}

static void
append_member_to_object(struct tree_node *n)
{
	tree_append(tree_get(n, "b"), tree_get(n, "d"));
}

static void
append_last_again(struct tree_node *n)
{
	tree_append(n, tree_get(n, "d"));
}

static void
append_first_again(struct tree_node *n)
{
	tree_append(n, tree_get(n, "a"));
}

static void
insert_first(struct tree_node *n)
{
	tree_insert(child(tree_get(n, "a"), 0), tree_null(a));
}

static void
insert_between(struct tree_node *n)
{
	tree_insert(child(tree_get(n, "a"), 2), tree_null(a));
}

static void
insert_sibling(struct tree_node *n)
{
	tree_insert(tree_get(n, "a"), tree_get(n, "d"));
}

static void
insert_before_itself(struct tree_node *n)
{
	tree_insert(tree_get(n, "a"), tree_get(n, "a"));
}

static void
rename_one(struct tree_node *n)
{
	tree_rename(a, tree_get(n, "b"), "identifier");
}

static void
remove_first(struct tree_node *n)
{
	tree_remove(child(tree_get(n, "a"), 0));
}

static void
remove_middle(struct tree_node *n)
{
	tree_remove(child(tree_get(n, "a"), 1));
}

static void
remove_last(struct tree_node *n)
{
	tree_remove(child(tree_get(n, "a"), 2));
}

static void
remove_only(struct tree_node *n)
{
	tree_remove(tree_get(tree_get(n, "b"), "c"));
}

static void
remove_all(struct tree_node *n)
{
	struct tree_node *c;

	while ((c = tree_first(n)))
		tree_remove(c);
}

static void
set_scalar(struct tree_node *n)
{
	tree_set(child(tree_get(n, "a"), 1), string("two"));
}

static void
set_container(struct tree_node *n)
{
	tree_set(tree_get(n, "a"), string("gone"));
}

static void
set_to_container(struct tree_node *n)
{
	struct tree_node *o = tree_object(a);

	tree_put(a, o, "f", tree_bool(a, false));
	tree_set(tree_get(n, "d"), o);
	tree_put(a, tree_get(n, "d"), "g", tree_null(a));
}

static void
set_from_elsewhere(struct tree_node *n)
{
	tree_set(tree_get(n, "d"), tree_get(n, "a"));
}

static void
set_from_deeper(struct tree_node *n)
{
	tree_set(tree_get(n, "d"), child(tree_get(n, "a"), 1));
}

static void
set_from_below(struct tree_node *n)
{
	tree_set(n, tree_get(n, "b"));
}

static void
set_itself(struct tree_node *n)
{
	tree_set(n, n);
}

static void
set_text(struct tree_node *n)
{
	tree_set_text(tree_get(tree_get(n, "b"), "c"), STR("\"B\""));
}

static void
set_text_over_container(struct tree_node *n)
{
	tree_set_text(tree_get(n, "a"), STR("list"));
}

static void
set_text_of_root(struct tree_node *n)
{
	tree_set_text(n, STR("all"));
}

static struct tree_node *
odd_fate(struct tree_node *c, void *ctx)
{
	(void)ctx;
	if (str_is(tree_text(c), "1"))
		return NULL;
	if (str_is(tree_text(c), "3"))
		return string("three");
	return c;
}

static void
sift_some(struct tree_node *n)
{
	tree_sift(tree_get(n, "a"), odd_fate, NULL);
}

static struct tree_node *
no_fate(struct tree_node *c, void *ctx)
{
	(void)c;
	(void)ctx;
	return NULL;
}

static void
sift_all(struct tree_node *n)
{
	tree_sift(n, no_fate, NULL);
}

static struct tree_node *
same_fate(struct tree_node *c, void *ctx)
{
	++*(int *)ctx;
	return c;
}

static void
sift_none(struct tree_node *n)
{
	int met = 0;

	tree_sift(n, same_fate, &met);
	tree_sift(child(n, 2), same_fate, &met); /* no container */
	assert_int_equal(met, 3);
}

/* Lifts what an object holds into its place, and edits on the way. */
static struct tree_node *
lift_fate(struct tree_node *c, void *ctx)
{
	(void)ctx;
	if (c->kind == TREE_OBJECT)
		return tree_first(c);
	if (c->kind == TREE_NUMBER)
		tree_set_text(c, STR("n"));
	return c;
}

static void
sift_lifting(struct tree_node *n)
{
	tree_sift(n, lift_fate, NULL);
}

/* clang-format off */
static const struct {
	const char *what;
	void (*change)(struct tree_node *root);
	const char *after;
} changes[] = {
	{ "nothing", nothing, before },
	{ "put itself", put_itself, before },
	{ "insert before itself", insert_before_itself, before },
	{ "set itself", set_itself, before },
	{ "sift none", sift_none, before },
	{ "put new", put_new,
	  "{\"a\":[ 1, 2 ,3 ],\"b\":{ \"c\" : \"\\u0041\" },\"d\":4.0,\"e\":\"x\"}" },
	{ "put over first", put_over_first,
	  "{\"a\":true,\"b\":{ \"c\" : \"\\u0041\" },\"d\":4.0}" },
	{ "put over middle", put_over_middle,
	  "{\"a\":[ 1, 2 ,3 ],\"b\":null,\"d\":4.0}" },
	{ "put over last", put_over_last,
	  "{\"a\":[ 1, 2 ,3 ],\"b\":{ \"c\" : \"\\u0041\" },\"d\":[]}" },
	{ "put over only", put_over_only,
	  "{\"a\":[ 1, 2 ,3 ],\"b\":{\"c\":0},\"d\":4.0}" },
	{ "put from elsewhere", put_from_elsewhere,
	  "{\"a\":[ 1, 2 ,3 ],\"b\":{},\"d\":\"\\u0041\"}" },
	{ "put sibling", put_sibling,
	  "{\"b\":{ \"c\" : \"\\u0041\" },\"d\":[ 1, 2 ,3 ]}" },
	{ "append one", append_one,
	  "{\"a\":[1,2,3,\"x\"],\"b\":{ \"c\" : \"\\u0041\" },\"d\":4.0}" },
	{ "append member to array", append_member_to_array,
	  "{\"a\":[1,2,3,{ \"c\" : \"\\u0041\" }],\"d\":4.0}" },
	{ "append member to object", append_member_to_object,
	  "{\"a\":[ 1, 2 ,3 ],\"b\":{\"c\":\"\\u0041\",\"d\":4.0}}" },
	{ "append last again", append_last_again,
	  "{\"a\":[ 1, 2 ,3 ],\"b\":{ \"c\" : \"\\u0041\" },\"d\":4.0}" },
	{ "append first again", append_first_again,
	  "{\"b\":{ \"c\" : \"\\u0041\" },\"d\":4.0,\"a\":[ 1, 2 ,3 ]}" },
	{ "insert first", insert_first,
	  "{\"a\":[null,1,2,3],\"b\":{ \"c\" : \"\\u0041\" },\"d\":4.0}" },
	{ "insert between", insert_between,
	  "{\"a\":[1,2,null,3],\"b\":{ \"c\" : \"\\u0041\" },\"d\":4.0}" },
	{ "insert sibling", insert_sibling,
	  "{\"d\":4.0,\"a\":[ 1, 2 ,3 ],\"b\":{ \"c\" : \"\\u0041\" }}" },
	{ "rename", rename_one,
	  "{\"a\":[ 1, 2 ,3 ],\"identifier\":{ \"c\" : \"\\u0041\" },\"d\":4.0}" },
	{ "remove first", remove_first,
	  "{\"a\":[2,3],\"b\":{ \"c\" : \"\\u0041\" },\"d\":4.0}" },
	{ "remove middle", remove_middle,
	  "{\"a\":[1,3],\"b\":{ \"c\" : \"\\u0041\" },\"d\":4.0}" },
	{ "remove last", remove_last,
	  "{\"a\":[1,2],\"b\":{ \"c\" : \"\\u0041\" },\"d\":4.0}" },
	{ "remove only", remove_only, "{\"a\":[ 1, 2 ,3 ],\"b\":{},\"d\":4.0}" },
	{ "remove all", remove_all, "{}" },
	{ "set scalar", set_scalar,
	  "{\"a\":[1,\"two\",3],\"b\":{ \"c\" : \"\\u0041\" },\"d\":4.0}" },
	{ "set container", set_container,
	  "{\"a\":\"gone\",\"b\":{ \"c\" : \"\\u0041\" },\"d\":4.0}" },
	{ "set to container", set_to_container,
	  "{\"a\":[ 1, 2 ,3 ],\"b\":{ \"c\" : \"\\u0041\" },"
	  "\"d\":{\"f\":false,\"g\":null}}" },
	{ "set from elsewhere", set_from_elsewhere,
	  "{\"a\":null,\"b\":{ \"c\" : \"\\u0041\" },\"d\":[ 1, 2 ,3 ]}" },
	{ "set from deeper", set_from_deeper,
	  "{\"a\":[1,null,3],\"b\":{ \"c\" : \"\\u0041\" },\"d\":2}" },
	{ "set from below", set_from_below, "{ \"c\" : \"\\u0041\" }" },
	{ "set text", set_text,
	  "{\"a\":[ 1, 2 ,3 ],\"b\":{\"c\":\"\\\"B\\\"\"},\"d\":4.0}" },
	{ "set text over container", set_text_over_container,
	  "{\"a\":\"list\",\"b\":{ \"c\" : \"\\u0041\" },\"d\":4.0}" },
	{ "set text of root", set_text_of_root, "\"all\"" },
	{ "sift some", sift_some,
	  "{\"a\":[2,\"three\"],\"b\":{ \"c\" : \"\\u0041\" },\"d\":4.0}" },
	{ "sift all", sift_all, "{}" },
	{ "sift lifting", sift_lifting,
	  "{\"a\":[ 1, 2 ,3 ],\"b\":\"\\u0041\",\"d\":\"n\"}" },
};
/* clang-format on */

/* Parents, ring and marks fit each other everywhere. */
static void
check_sound(struct tree_node *root)
{
	struct tree_node *n, *c;

	for (n = root; n; n = tree_walk(n, root)) {
		assert_true(n == root || !n->changed || n->parent->changed);
		tree_each(c, n) assert_ptr_equal(c->parent, n);
	}
}

static void
only_what_changed_is_written_anew(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(changes); i++) {
		struct tree_node *n = help_read(a, before);
		const char *out;

		changes[i].change(n);
		check_sound(n);
		out = help_write(a, n);
		if (strcmp(out, changes[i].after))
			fail_msg("%s\ngave %s\nnot  %s", changes[i].what, out,
			    changes[i].after);
		assert_true(help_same(n, help_read(a, out)));
	}
}

/* One after the other on the same tree. */
static void
changes_may_follow_each_other(void **state)
{
	static void (*const steps[])(struct tree_node *) = { put_new,
		put_over_last, put_over_first, append_first_again, rename_one,
		remove_all, put_new, put_over_middle, put_over_only,
		set_text_of_root };
	struct tree_node *n = help_read(a, before);
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(steps); i++) {
		if (steps[i] == put_over_only || steps[i] == rename_one)
			tree_put(a, n, "b", tree_object(a));
		steps[i](n);
		check_sound(n);
		assert_true(help_same(n, help_read(a, help_write(a, n))));
	}
}

/* A bundle made of parts of other answers: the parts keep their bytes. */
static void
a_subtree_of_another_text_is_copied_as_its_bytes(void **state)
{
	struct tree_node *one =
	    help_read(a, "\xef\xbb\xbf { \"id\" : \"1\" }\n");
	struct tree_node *two = help_read(a, "{\"x\":[ 1.0, 2.50 ]}");
	struct tree_node *o = tree_object(a), *list = tree_array(a);

	(void)state;
	tree_put(a, o, "entry", list);
	tree_append(list, one);
	tree_append(list, tree_get(two, "x"));
	assert_string_equal(help_write(a, o),
	    "{\"entry\":[ { \"id\" : \"1\" }\n,[ 1.0, 2.50 ]]}");
	assert_string_equal(help_write(a, two), "{}");
	assert_string_equal(help_write(a, one), " { \"id\" : \"1\" }\n");
}

static void
a_node_that_was_taken_out_keeps_its_name_and_goes_elsewhere(void **state)
{
	struct tree_node *n = help_read(a, before);
	struct tree_node *b = tree_get(n, "b"), *o = tree_object(a);

	(void)state;
	tree_remove(b);
	assert_true(str_is(tree_name(b), "b"));
	assert_null(b->parent);
	assert_null(tree_next(b));
	tree_append(o, b);
	assert_string_equal(
	    help_write(a, o), "{\"b\":{ \"c\" : \"\\u0041\" }}");
}

static void
children_that_were_replaced_lead_nowhere(void **state)
{
	struct tree_node *n = help_read(a, before);
	struct tree_node *list = tree_get(n, "a"), *one = tree_first(list);

	(void)state;
	tree_set(list, tree_null(a));
	assert_null(one->parent);
	assert_null(tree_next(one));
	list = tree_get(n, "b");
	one = tree_first(list);
	tree_set_text(list, STR(""));
	assert_null(tree_next(one));
}

static void
names_that_are_long_or_odd_may_be_given(void **state)
{
	struct tree_node *o = tree_object(a), *again;
	char *name = arena_get(a, 301);

	(void)state;
	memset(name, 'n', 300);
	tree_put(a, o, name, tree_null(a));
	tree_put(a, o, "\"\\\n", tree_bool(a, true));
	tree_put(a, o, name, tree_bool(a, false));
	assert_int_equal(tree_count(o), 2);
	again = help_read(a, help_write(a, o));
	assert_int_equal(tree_get(again, name)->kind, TREE_FALSE);
	assert_int_equal(tree_get(again, "\"\\\n")->kind, TREE_TRUE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_changed_is_written_anew),
		cmocka_unit_test(changes_may_follow_each_other),
		cmocka_unit_test(
		    a_subtree_of_another_text_is_copied_as_its_bytes),
		cmocka_unit_test(
		    a_node_that_was_taken_out_keeps_its_name_and_goes_elsewhere),
		cmocka_unit_test(children_that_were_replaced_lead_nowhere),
		cmocka_unit_test(names_that_are_long_or_odd_may_be_given),
	};

	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
