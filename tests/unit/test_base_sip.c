/* test_base_sip.c - the keyed hash is SipHash-2-4, for every length
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/sip.h"

/* Key 00 01 .. 0f; input 00 01 .. n-1; the paper's appendix A and the vectors
 * of the reference implementation. */
static const struct {
	size_t n;
	uint64_t hash;
} cases[] = {
	{ 0, 0x726fdb47dd0e0e31 },
	{ 1, 0x74f839c593dc67fd },
	{ 7, 0xab0200f58b01d137 },
	{ 8, 0x93f5f5799a932462 },
	{ 15, 0xa129ca6149be45e5 },
};

static void
it_gives_the_published_values(void **state)
{
	const uint64_t key[2] = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };
	unsigned char in[16];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof in; i++)
		in[i] = (unsigned char)i;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_true(sip(key, in, cases[i].n) == cases[i].hash);
}

static void
another_key_is_another_hash(void **state)
{
	const uint64_t one[2] = { 1, 2 }, two[2] = { 1, 3 };

	(void)state;
	assert_true(sip(one, "sixteen bytes ..", 16) !=
		    sip(two, "sixteen bytes ..", 16));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_gives_the_published_values),
		cmocka_unit_test(another_key_is_another_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
