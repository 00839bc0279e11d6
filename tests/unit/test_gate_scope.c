/* test_gate_scope.c - a scope names one tenant, and only narrows
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "gate/scope.h"

#define T     "7c9e6679-7425-40de-944b-e07fc1f90ae7"
#define OTHER "0f8fad5b-d9cb-469f-a165-70867728950e"
#define R(t)  SCOPE_BIT(t, IFACE_READ)
#define S(t)  SCOPE_BIT(t, IFACE_SEARCH)
#define RS(t) (R(t) | S(t))

static const struct {
	const char *text;
	uint32_t may;
	const char *written;
} taken[] = {
	{ T, SCOPE_ALL, T },
	{ "7C9E6679-7425-40DE-944B-E07FC1F90AE7", SCOPE_ALL, T },
	{ T " system/*.read", SCOPE_ALL, T " system/*.read" },
	{ "system/*.rs " T, SCOPE_ALL, T " system/*.rs" },
	{ T " system/Patient.read", RS(IFACE_PATIENT),
	    T " system/Patient.read" },
	{ T " system/Patient.rs", RS(IFACE_PATIENT), T " system/Patient.rs" },
	{ T " system/Patient.r", R(IFACE_PATIENT), T " system/Patient.r" },
	{ T " system/Patient.s", S(IFACE_PATIENT), T " system/Patient.s" },
	{ T " system/Patient.s system/Patient.r", RS(IFACE_PATIENT),
	    T " system/Patient.rs" },
	{ T " system/*.r", SCOPE_ALL & 0x5555, T " system/*.r" },
	{ T " system/*.s system/Patient.r",
	    (SCOPE_ALL & 0xaaaa) | R(IFACE_PATIENT),
	    T " system/Patient.rs system/Observation.s system/Condition.s "
	      "system/Encounter.s system/AllergyIntolerance.s "
	      "system/MedicationRequest.s system/Coverage.s "
	      "system/Location.s" },
	/* in the order of the contract, once each */
	{ "system/Coverage.read " T " system/Patient.read system/Coverage.read",
	    RS(IFACE_PATIENT) | RS(IFACE_COVERAGE),
	    T " system/Patient.read system/Coverage.read" },
	/* one type, two names */
	{ T " system/MedicationOrder.read", RS(IFACE_MEDICATION),
	    T " system/MedicationRequest.read" },
	/* both versions: the newer spelling */
	{ T " system/Patient.read system/Coverage.rs",
	    RS(IFACE_PATIENT) | RS(IFACE_COVERAGE),
	    T " system/Patient.rs system/Coverage.rs" },
	{ T " system/Coverage.rs system/Patient.read",
	    RS(IFACE_PATIENT) | RS(IFACE_COVERAGE),
	    T " system/Patient.rs system/Coverage.rs" },
};

static void
what_is_taken_is_written_in_one_order(void **state)
{
	struct err e = { .kind = ERR_NONE };
	struct scope s, again;
	struct guid g, t;

	(void)state;
	assert_true(guid_read(&t, STR(T)));
	for (size_t i = 0; i < COUNT(taken); i++) {
		struct arena *a = arena_new();
		const char *text;

		if (!scope_read(&s, &g, str_of(taken[i].text), &e))
			fail_msg("refused: %s", taken[i].text);
		assert_true(guid_eq(&g, &t));
		assert_int_equal(s.may, taken[i].may);
		text = scope_text(a, &s, &g);
		assert_string_equal(text, taken[i].written);
		assert_true(scope_read(&again, &g, str_of(text), &e));
		assert_int_equal(again.may, s.may);
		assert_string_equal(scope_text(a, &again, &g), text);
		arena_free(a);
	}
}

static const struct {
	const char *text;
	enum err_kind kind;
} refused[] = {
	{ "", ERR_SCOPE_MALFORMED },
	{ " ", ERR_SCOPE_MALFORMED },
	{ "system/*.read", ERR_SCOPE_MALFORMED },
	{ T " " T, ERR_SCOPE_MALFORMED },
	{ T " " OTHER, ERR_SCOPE_MALFORMED },
	{ T " system/*.read " OTHER, ERR_SCOPE_MALFORMED },
	{ T "x", ERR_SCOPE_MALFORMED },
	{ T ",system/*.read", ERR_SCOPE_MALFORMED },
	{ T "\tsystem/*.read", ERR_SCOPE_MALFORMED },
	{ "00000000-0000-0000-0000-000000000000", ERR_SCOPE_MALFORMED },
	{ T " ", ERR_SCOPE_REFUSED },
	{ T "  system/*.read", ERR_SCOPE_REFUSED },
	{ T " system/*.*", ERR_SCOPE_REFUSED },
	{ T " system/*.write", ERR_SCOPE_REFUSED },
	{ T " system/*.cruds", ERR_SCOPE_REFUSED },
	{ T " system/Patient.u", ERR_SCOPE_REFUSED },
	{ T " system/Patient.sr", ERR_SCOPE_REFUSED },
	{ T " system/Patient.rr", ERR_SCOPE_REFUSED },
	{ T " system/Patient.", ERR_SCOPE_REFUSED },
	{ T " system/Patient", ERR_SCOPE_REFUSED },
	{ T " system/.read", ERR_SCOPE_REFUSED },
	{ T " system/patient.read", ERR_SCOPE_REFUSED },
	{ T " System/Patient.read", ERR_SCOPE_REFUSED },
	{ T " system/Patient.READ", ERR_SCOPE_REFUSED },
	{ T " system/Practitioner.read", ERR_SCOPE_REFUSED },
	{ T " system/Patient.rs?name=x", ERR_SCOPE_REFUSED },
	{ T " system/Observation.rs?category=laboratory", ERR_SCOPE_REFUSED },
	{ T " patient/*.read", ERR_SCOPE_REFUSED },
	{ T " user/*.read", ERR_SCOPE_REFUSED },
	{ T " openid", ERR_SCOPE_REFUSED },
	{ T " offline_access", ERR_SCOPE_REFUSED },
	{ T " .default", ERR_SCOPE_REFUSED },
	{ T " system/*.read openid", ERR_SCOPE_REFUSED },
};

static void
what_would_widen_or_is_unknown_is_refused(void **state)
{
	struct scope s;
	struct guid g;

	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		struct err e = { .kind = ERR_NONE };

		if (scope_read(&s, &g, str_of(refused[i].text), &e) ||
		    e.kind != refused[i].kind)
			fail_msg("%s: %d", refused[i].text, e.kind);
	}
}

static void
a_grant_without_types_is_for_all_of_them(void **state)
{
	const struct str some[] = { STR("Patient"), STR("MedicationRequest") };
	const struct str odd[] = { STR("Practitioner") };

	(void)state;
	assert_int_equal(scope_granted(NULL, 0), SCOPE_ALL);
	assert_int_equal(
	    scope_granted(some, 2), RS(IFACE_PATIENT) | RS(IFACE_MEDICATION));
	assert_int_equal(scope_granted(odd, 1), 0);
}

static void
there_is_a_bit_for_each_type_and_action(void **state)
{
	uint32_t all = 0;

	(void)state;
	for (int t = 0; t < IFACE__MAX; t++)
		all |= RS(t);
	assert_int_equal(all, SCOPE_ALL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_taken_is_written_in_one_order),
		cmocka_unit_test(what_would_widen_or_is_unknown_is_refused),
		cmocka_unit_test(a_grant_without_types_is_for_all_of_them),
		cmocka_unit_test(there_is_a_bit_for_each_type_and_action),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
