/* test_fhir_tree_write.c - the writer and the ceiling of its buffer
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tree_help.h"

static const char text[] = "{\"a\":[1,{\"b\":\"\\n\"}],\"id\":\"x\"}";

/* Changed everywhere or nowhere, at each ceiling: whole, or failed. */
static void
a_ceiling_gives_all_or_a_failed_buffer(void **state)
{
	struct arena *a = arena_new();
	size_t max;
	int changed;

	(void)state;
	for (changed = 0; changed < 2; changed++) {
		struct tree_node *n = help_read(a, text);

		if (changed)
			tree_set_text(tree_get(n, "id"), STR("x"));
		for (max = 0; max < sizeof text + 4; max++) {
			struct buf b = buf_new(a, max);

			tree_write(&b, n);
			assert_int_equal(b.failed, max < sizeof text - 1);
			if (b.failed)
				continue;
			assert_int_equal(b.len, sizeof text - 1);
			assert_memory_equal(b.at, text, b.len);
		}
	}
	arena_free(a);
}

static void
a_buffer_is_written_at_its_end(void **state)
{
	struct arena *a = arena_new();
	struct buf b = buf_new(a, 1024);

	(void)state;
	buf_str(&b, "before ");
	tree_write(&b, tree_get(help_read(a, text), "a"));
	buf_str(&b, " after");
	assert_string_equal(buf_text(&b), "before [1,{\"b\":\"\\n\"}] after");
	arena_free(a);
}

/* Neither reading, walking nor writing may need stack for depth. */
static void
a_made_tree_may_be_as_deep_as_memory(void **state)
{
	struct arena *a = arena_new();
	struct tree_node *top = tree_array(a), *in = top, *next;
	struct buf b = buf_new(a, 1 << 24);
	unsigned i, depth = 1000000;

	(void)state;
	for (i = 1; i < depth; i++, in = next) {
		next = tree_array(a);
		next->parent = in; /* as tree_append does, without its marks */
		next->next = next;
		in->u.last = next;
	}
	tree_write(&b, top);
	assert_int_equal(b.len, 2 * depth);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ceiling_gives_all_or_a_failed_buffer),
		cmocka_unit_test(a_buffer_is_written_at_its_end),
		cmocka_unit_test(a_made_tree_may_be_as_deep_as_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
