/* test_app_pile.c - what is kept, and what gives way
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "app/pile.h"

#define N   5
#define MAX 10

static const char text[] = "0123456789abcdef";

static struct str
of(size_t n)
{
	return (struct str){ text, n };
}

/* Sizes of the slots in their order; what stays, as bits. */
static const struct {
	size_t size[N];
	unsigned stays;
} cases[] = {
	{ { 1, 2, 3, 0, 4 }, 0x1f },
	{ { 2, 2, 2, 2, 2 }, 0x1f },
	{ { 6, 5, 4, 0, 0 }, 0x1e },
	{ { 3, 3, 3, 3, 1 }, 0x17 },
	{ { 11, 1, 1, 1, 1 }, 0x1e },
	{ { 10, 0, 0, 0, 0 }, 0x1f },
	{ { 10, 1, 0, 0, 0 }, 0x1e },
	{ { 11, 12, 13, 14, 15 }, 0x00 },
	{ { 7, 7, 7, 7, 3 }, 0x11 },
};

/* The k-th order of the slots: Lehmer's code. */
static void
order_of(unsigned k, size_t order[N])
{
	size_t left[N], i, j;

	for (i = 0; i < N; i++)
		left[i] = i;
	for (i = 0; i < N; i++) {
		size_t at = k % (N - i);

		k /= (unsigned)(N - i);
		order[i] = left[at];
		for (j = at; j + 1 < N - i; j++)
			left[j] = left[j + 1];
	}
}

static void
check(const struct pile *p, const size_t *size, unsigned stays)
{
	size_t i, held = 0;

	for (i = 0; i < N; i++) {
		bool kept = stays >> i & 1;

		assert_int_equal(p->slot[i].gave_way, !kept);
		assert_int_equal(p->slot[i].text.at != NULL, kept);
		if (kept) {
			assert_true(str_eq(p->slot[i].text, of(size[i])));
			assert_ptr_not_equal(p->slot[i].text.at, text);
			held += size[i];
		}
	}
	assert_int_equal(p->held, held);
}

static void
the_largest_gives_way_whatever_the_order(void **state)
{
	struct arena *a = arena_new();
	size_t c, i, order[N];
	unsigned k;

	(void)state;
	for (c = 0; c < sizeof cases / sizeof *cases; c++)
		for (k = 0; k < 120; k++) {
			struct pile p;

			order_of(k, order);
			pile_open(&p, a, N, MAX);
			for (i = 0; i < N; i++) {
				pile_keep(
				    &p, order[i], of(cases[c].size[order[i]]));
				assert_in_range(p.held, 0, MAX);
			}
			check(&p, cases[c].size, cases[c].stays);
			pile_close(&p);
		}
	arena_free(a);
}

static void
an_empty_slot_has_given_nothing_up(void **state)
{
	struct arena *a = arena_new();
	struct pile p;

	(void)state;
	pile_open(&p, a, N, MAX);
	assert_null(p.slot[3].text.at);
	assert_false(p.slot[3].gave_way);
	pile_close(&p);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_largest_gives_way_whatever_the_order),
		cmocka_unit_test(an_empty_slot_has_given_nothing_up),
	};

	return cmocka_run_group_tests_name("app/pile", tests, NULL, NULL);
}
