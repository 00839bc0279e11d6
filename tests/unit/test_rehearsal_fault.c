/* test_rehearsal_fault.c - failures are asked for by name
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "rehearsal/rehearsal_fault.h"
#include "rehearsal/rehearsal_reference.h"

static void
every_listed_name_is_understood(void **state)
{
	struct str rest = str_of(rehearsal_fault_names());
	unsigned n = 0;

	(void)state;
	while (rest.at) {
		struct rehearsal_faults f = { .slow_ms = 0 }, none = f;
		struct str name = str_cut(rest, ' ', &rest);

		assert_true(name.len > 1 && name.at[0] == '~');
		name = (struct str){ name.at + 1, name.len - 1 };
		if (str_is(name, "slow-MS"))
			name = STR("slow-9");
		if (str_is(name, "huge-MB"))
			name = STR("huge-9");
		if (!rehearsal_fault_read(&f, name))
			fail_msg("%.*s is not understood", STR_FMT(name));
		assert_memory_not_equal(&f, &none, sizeof f);
		n++;
	}
	assert_int_equal(n, 43);
}

static const char *const unknown[] = { "", "nothing", "429-1", "42", "4290",
	"slow-", "slow-x", "slow-1-2", "slow-1234567890", "cut-3", "Cut",
	" cut", "html ", "~cut" };

static void
other_names_are_not(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(unknown); i++) {
		struct rehearsal_faults f = { .slow_ms = 7 };

		if (rehearsal_fault_read(&f, str_of(unknown[i])))
			fail_msg("%s is understood", unknown[i]);
		assert_int_equal(f.slow_ms, 7);
	}
}

static void
amounts_have_defaults_and_bounds(void **state)
{
	struct rehearsal_faults f = { .slow_ms = 0 };

	(void)state;
	assert_true(rehearsal_fault_read(&f, STR("slow")));
	assert_int_equal(f.slow_ms, 3000);
	assert_true(rehearsal_fault_read(&f, STR("slow-999999999")));
	assert_int_equal(f.slow_ms, REHEARSAL_SLOW_MS_MAX);
	assert_true(rehearsal_fault_read(&f, STR("slow-0")));
	assert_int_equal(f.slow_ms, 0);
	assert_true(rehearsal_fault_read(&f, STR("huge-1000")));
	assert_int_equal(f.amount, REHEARSAL_HUGE_MB_MAX);
}

static void
failures_add_up_and_the_later_answer_wins(void **state)
{
	struct rehearsal_faults f = { .slow_ms = 0 };

	(void)state;
	assert_true(rehearsal_fault_read(&f, STR("slow-5")));
	assert_true(rehearsal_fault_read(&f, STR("nototal")));
	assert_true(rehearsal_fault_read(&f, STR("html")));
	assert_true(rehearsal_fault_read(&f, STR("503")));
	assert_int_equal(f.slow_ms, 5);
	assert_true(f.nototal);
	assert_int_equal(f.instead, REHEARSAL_STATUS);
	assert_int_equal(f.amount, 503);
	assert_false(f.cut || f.strict || f.getonly || f.bom || f.drip);
}

static const struct {
	const char *text, *type, *id;
} references[] = {
	{ "p-1", NULL, "p-1" },
	{ "Patient/p-1", "Patient", "p-1" },
	{ "Patient/p-1/_history/2", "Patient", "p-1" },
	{ "http://h/rehearsal/r4/Patient/p-1", "Patient", "p-1" },
	{ "http://h/rehearsal/r4x/Patient/p-1", NULL, NULL },
	{ "http://h/rehearsal/stu3/Patient/p-1", NULL, NULL },
	{ "http://h/rehearsal/r4/", NULL, NULL },
	{ "#p", NULL, NULL },
	{ "", NULL, NULL },
	{ "a b", NULL, NULL },
	{ "patient/p-1", NULL, NULL },
	{ "Patient/", NULL, NULL },
	{ "Patient/p-1/x", NULL, NULL },
	{ "urn:uuid:0b4b51a2-0d1c-4f0a-9a55-6f1c8f4d0001", NULL, NULL },
};

static void
references_name_a_type_and_an_id_or_neither(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(references); i++) {
		struct str type, id;
		bool fine = rehearsal_reference(str_of(references[i].text),
		    STR("http://h/rehearsal/r4"), &type, &id);

		if (fine != (references[i].id != NULL))
			fail_msg("%s: %d", references[i].text, fine);
		if (!fine)
			continue;
		assert_true(str_is(id, references[i].id));
		assert_true(str_eq(type, str_of(references[i].type)));
	}
}

static void
a_ward_that_demands_a_credential_admits_it_alone(void **state)
{
	static const struct {
		const char *name, *shown;
		bool admitted;
	} cases[] = {
		{ "basic", "Basic Z2F0ZXdheTpyZWhlYXJzYWwtb25seQ==", true },
		{ "basic", "bAsIc Z2F0ZXdheTpyZWhlYXJzYWwtb25seQ==", true },
		{ "basic", "Basic Z2F0ZXdheTpyZWhlYXJzYWwtb25seQ", false },
		{ "basic", "Basic Z2F0ZXdheTpub25l", false },
		{ "basic", "Bearer rehearsal-only", false },
		{ "basic", NULL, false },
		{ "bearer", "Bearer rehearsal-only", true },
		{ "bearer", "Bearer rehearsal-onlyx", false },
		{ "bearer", "Bearer", false },
		{ "bearer", "", false },
		{ "strict", NULL, true },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct rehearsal_faults f = { .slow_ms = 0 };

		assert_true(rehearsal_fault_read(&f, str_of(cases[i].name)));
		if (rehearsal_fault_admits(&f, str_of(cases[i].shown)) !=
		    cases[i].admitted)
			fail_msg("%s: %s", cases[i].name, cases[i].shown);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_listed_name_is_understood),
		cmocka_unit_test(other_names_are_not),
		cmocka_unit_test(amounts_have_defaults_and_bounds),
		cmocka_unit_test(failures_add_up_and_the_later_answer_wins),
		cmocka_unit_test(references_name_a_type_and_an_id_or_neither),
		cmocka_unit_test(
		    a_ward_that_demands_a_credential_admits_it_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
