/* test_gate_sealing.c - a sealing key from the database is what its name says
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gate/sealing.h"

enum { TEXT = 25, BYTEA = 17 }; /* OIDs of pg_type */

static unsigned char public[CRYPT_X25519_BYTES];
static char kid[BOX_KID_LEN + 1];

static int
make(void **state)
{
	unsigned char private[CRYPT_X25519_BYTES];

	(void)state;
	crypt_random(private, sizeof private);
	crypt_x25519_public(public, private);
	box_kid(kid, public);
	return 0;
}

static bool
reads(const char *name, size_t len, struct sealing_key *key, struct err *e)
{
	static const char *const names[] = { "kid", "public_key" };
	const struct db_cell cells[] = {
		{ TEXT, name ? str_of(name) : STR_NONE },
		{ BYTEA,
		    { name ? (const char *)public : NULL, name ? len : 0 } },
	};
	const struct db_rows rows = { 1, 2, names, cells };

	*e = (struct err){ .kind = ERR_NONE };
	return sealing_key_read(&rows, key, e);
}

static void
a_key_under_its_own_name_is_taken(void **state)
{
	struct sealing_key key;
	struct err e;

	(void)state;
	assert_true(reads(kid, sizeof public, &key, &e));
	assert_memory_equal(key.public, public, sizeof public);
	assert_string_equal(key.kid, kid);
}

static void
no_key_and_no_good_one_are_refused(void **state)
{
	struct sealing_key key;
	char other[sizeof kid];
	struct err e;

	(void)state;
	assert_false(reads(NULL, 0, &key, &e));
	assert_int_equal(e.kind, ERR_CONFLICT);
	assert_false(reads(kid, sizeof public - 1, &key, &e));
	assert_int_equal(e.kind, ERR_CONF);
	memcpy(other, kid, sizeof other);
	other[0] = other[0] == 'A' ? 'B' : 'A';
	assert_false(reads(other, sizeof public, &key, &e));
	assert_int_equal(e.kind, ERR_CONF);
	assert_non_null(strstr(e.said, "altered"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_under_its_own_name_is_taken),
		cmocka_unit_test(no_key_and_no_good_one_are_refused),
	};

	return cmocka_run_group_tests(tests, make, NULL);
}
