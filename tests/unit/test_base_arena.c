/* test_base_arena.c - one lifetime, given back all at once
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"

static int order[4], left;

static void
leave(void *guest)
{
	order[left++] = *(int *)guest;
}

static void
guests_leave_newest_first(void **state)
{
	struct arena *a = arena_new();
	int one = 1, two = 2, three = 3;

	(void)state;
	left = 0;
	assert_ptr_equal(arena_adopt(a, &one, leave), &one);
	arena_adopt(a, &two, leave);
	assert_null(arena_adopt(a, NULL, leave));
	arena_reset(a);
	assert_int_equal(left, 2);
	assert_int_equal(order[0], 2);
	assert_int_equal(order[1], 1);
	arena_adopt(a, &three, leave);
	arena_free(a);
	assert_int_equal(order[2], 3);
}

static void
memory_is_zeroed_and_aligned_after_a_reset_too(void **state)
{
	struct arena *a = arena_new();
	static const char zeros[100];
	int round, i;

	(void)state;
	for (round = 0; round < 2; round++) {
		for (i = 1; i < 2000; i++) {
			char *p = arena_get(a, (size_t)(i % 100));

			assert_int_equal((uintptr_t)p % 16, 0);
			assert_memory_equal(p, zeros, (size_t)(i % 100));
			memset(p, 0xff, (size_t)(i % 100));
		}
		arena_reset(a);
	}
	arena_free(a);
}

static void
a_block_grows_in_place_only_while_it_is_the_newest(void **state)
{
	struct arena *a = arena_new();
	char *p = arena_raw(a, 16), *q;

	(void)state;
	memcpy(p, "0123456789abcdef", 16);
	assert_ptr_equal(arena_grow(a, p, 16, 64), p);
	arena_raw(a, 16);
	q = arena_grow(a, p, 64, 128);
	assert_ptr_not_equal(q, p);
	assert_memory_equal(q, "0123456789abcdef", 16);
	q = arena_grow(a, q, 128, 5000000);
	assert_memory_equal(q, "0123456789abcdef", 16);
	arena_free(a);
}

static void
the_budget_counts_all_arenas_and_what_was_given_back(void **state)
{
	struct arena *a = arena_new(), *b = arena_new();
	size_t before = arena_total();

	(void)state;
	arena_budget(before + 1000000);
	arena_raw(a, 600000);
	assert_false(arena_over(a));
	arena_raw(b, 600000);
	assert_true(arena_over(a));
	assert_true(arena_over(b));
	arena_free(b);
	assert_false(arena_over(a));
	assert_true(arena_used(a) >= 600000);
	arena_reset(a);
	assert_true(arena_total() < before + 100000);
	arena_free(a);
	assert_int_equal(arena_total(), before);
	arena_budget(0);
}

static void
text_is_copied_with_its_end(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	assert_string_equal(arena_dup(a, "abcdef", 3), "abc");
	assert_string_equal(arena_printf(a, "%s-%d", "x", 7), "x-7");
	assert_int_equal(strlen(arena_printf(a, "%5000s", "x")), 5000);
	arena_free(a);
}

/* Also where the first block has just room for it, or lacks a byte. */
static void
text_is_printed_whole_wherever_it_stands(void **state)
{
	struct arena *a;
	char *text, *next;
	int n;

	(void)state;
	for (n = 65536 - 64; n < 65536 + 64; n++) {
		a = arena_new();
		text = arena_printf(a, "%d", 7);
		next = arena_printf(a, "%*s", n, "x");
		assert_int_equal(strlen(next), n);
		assert_int_equal(next[n - 1], 'x');
		assert_string_equal(arena_printf(a, "%s", ""), "");
		assert_string_equal(text, "7");
		assert_int_equal(next[n - 1], 'x');
		arena_free(a);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(guests_leave_newest_first),
		cmocka_unit_test(
		    memory_is_zeroed_and_aligned_after_a_reset_too),
		cmocka_unit_test(
		    a_block_grows_in_place_only_while_it_is_the_newest),
		cmocka_unit_test(
		    the_budget_counts_all_arenas_and_what_was_given_back),
		cmocka_unit_test(text_is_copied_with_its_end),
		cmocka_unit_test(text_is_printed_whole_wherever_it_stands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
