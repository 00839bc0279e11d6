/* test_relay_abilities.c - what was found out is kept, but not for ever
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "relay/abilities.h"
#include "tree_help.h"

static struct upstream_target
target(unsigned char id, int64_t revision)
{
	struct upstream_target t = { .revision = revision };

	t.provider.at[0] = id;
	t.provider.at[15] = 1;
	return t;
}

static enum ability_answer
known(struct abilities *s, const struct upstream_target *to, int64_t now_ms,
    enum ability_fact f)
{
	const struct abilities_of of = { to, FHIR_R4, now_ms };
	struct ability can;

	abilities_get(s, &of, &can);
	assert_int_equal(can.version, FHIR_R4);
	return ability_can(&can, f);
}

static void
what_was_seen_is_known_for_ten_minutes(void **state)
{
	struct abilities *s = abilities_new();
	struct upstream_target one = target(1, 7), other = target(2, 7);
	const struct abilities_of of = { &one, FHIR_R4, 1000 };

	(void)state;
	assert_int_equal(known(s, &one, 1000, ABILITY_SORT), ABILITY_UNKNOWN);
	abilities_seen(s, &of, ABILITY_SORT, false);
	assert_int_equal(known(s, &one, 1000, ABILITY_SORT), ABILITY_NO);
	assert_int_equal(known(s, &other, 1000, ABILITY_SORT), ABILITY_UNKNOWN);
	assert_int_equal(
	    known(s, &one, 1000 + ABILITIES_KEPT_MS - 1, ABILITY_SORT),
	    ABILITY_NO);
	assert_int_equal(known(s, &one, 1000 + ABILITIES_KEPT_MS, ABILITY_SORT),
	    ABILITY_UNKNOWN);
	abilities_free(s);
	abilities_free(NULL);
}

static void
news_are_handed_out_once(void **state)
{
	struct abilities *s = abilities_new();
	struct upstream_target one = target(1, 7), other = target(2, 7);
	const struct abilities_of of = { &one, FHIR_R4, 1000 };
	const struct abilities_of of_other = { &other, FHIR_R4, 1000 };
	struct ability can;

	(void)state;
	assert_false(abilities_news(s, &of, &can));
	abilities_told(s, &of, NULL); /* nothing to say */
	assert_false(abilities_news(s, &of, &can));
	abilities_seen(s, &of, ABILITY_SORT, false);
	assert_false(abilities_news(s, &of_other, &can));
	assert_true(abilities_news(s, &of, &can));
	assert_int_equal(ability_can(&can, ABILITY_SORT), ABILITY_NO);
	assert_false(abilities_news(s, &of, &can));
	abilities_seen(s, &of, ABILITY_SORT, false); /* the same again */
	assert_false(abilities_news(s, &of, &can));
	abilities_seen(s, &of, ABILITY_SORT, true);
	assert_true(abilities_news(s, &of, &can));
	assert_int_equal(ability_can(&can, ABILITY_SORT), ABILITY_YES);
	abilities_free(s);
}

static void
another_revision_starts_anew_and_an_old_one_leaves_no_trace(void **state)
{
	struct abilities *s = abilities_new();
	struct upstream_target old = target(1, 7), new = target(1, 8);
	const struct abilities_of of_old = { &old, FHIR_R4, 1000 };
	const struct abilities_of of_new = { &new, FHIR_R4, 1001 };

	(void)state;
	abilities_seen(s, &of_old, ABILITY_SORT, false);
	abilities_seen(s, &of_new, ABILITY_POST, false);
	assert_int_equal(known(s, &new, 1001, ABILITY_SORT), ABILITY_UNKNOWN);
	assert_int_equal(known(s, &old, 1001, ABILITY_SORT), ABILITY_UNKNOWN);
	abilities_seen(s, &of_old, ABILITY_SORT, false);
	abilities_refused(s, &of_old, ABILITY_PATIENT);
	abilities_told(s, &of_old, NULL);
	assert_int_equal(known(s, &new, 1001, ABILITY_POST), ABILITY_NO);
	abilities_free(s);
}

static void
a_statement_is_asked_for_once_and_again_after_a_failure(void **state)
{
	struct arena *a = arena_new();
	struct abilities *s = abilities_new();
	struct upstream_target one = target(1, 7);
	struct abilities_of of = { &one, FHIR_DSTU2, 1000 };
	struct ability can;

	(void)state;
	assert_true(abilities_due(s, &of));
	abilities_told(s, &of, NULL);
	assert_false(abilities_due(s, &of));
	of.now_ms += ABILITIES_AGAIN_MS;
	assert_true(abilities_due(s, &of));
	abilities_told(s, &of, help_read(a, "{\"resourceType\":\"Patient\"}"));
	assert_false(abilities_due(s, &of));
	of.now_ms += ABILITIES_AGAIN_MS;
	abilities_told(s, &of,
	    help_read(a, "{\"resourceType\":\"Conformance\",\"rest\":[{"
			 "\"transactionMode\":\"batch\"}]}"));
	of.now_ms += ABILITIES_AGAIN_MS;
	assert_false(abilities_due(s, &of));
	abilities_get(s, &of, &can);
	assert_true(can.told);
	assert_int_equal(ability_can(&can, ABILITY_BATCH), ABILITY_YES);
	abilities_refused(s, &of, ABILITY_COMPARTMENT);
	abilities_get(s, &of, &can);
	assert_int_equal(can.person, ABILITY_PERSON_NONE);
	abilities_free(s);
	arena_free(a);
}

static bool
passes_over(struct abilities *s, const struct abilities_of *of)
{
	struct ability can;

	abilities_get(s, of, &can);
	return ability_passed(&can, IFACE_PATIENT,
	    iface_canonical(IFACE_PATIENT, FHIR_R4, "birthdate"));
}

static void
what_is_passed_over_is_remembered_and_known_from_others(void **state)
{
	const struct iface_param *born =
	    iface_canonical(IFACE_PATIENT, FHIR_R4, "birthdate");
	struct abilities *s = abilities_new();
	struct upstream_target one = target(1, 7), other = target(2, 7);
	const struct abilities_of of = { &one, FHIR_R4, 1000 };
	const struct abilities_of of_other = { &other, FHIR_R4, 1000 };
	const struct abilities_of later = { &one, FHIR_R4,
		1000 + ABILITIES_KEPT_MS };
	struct ability can;

	(void)state;
	assert_true(abilities_new_to(s, &of));
	abilities_passed(s, &of, IFACE_PATIENT, born);
	assert_false(abilities_new_to(s, &of));
	assert_true(passes_over(s, &of));
	assert_true(abilities_news(s, &of, &can));
	assert_false(abilities_news(s, &of, &can));
	assert_false(passes_over(s, &of_other));
	assert_true(abilities_new_to(s, &later));
	assert_false(passes_over(s, &later));

	ability_seen(&can, ABILITY_SORT, false);
	abilities_recall(s, &of_other, &can);
	assert_false(abilities_new_to(s, &of_other));
	assert_true(passes_over(s, &of_other));
	assert_int_equal(known(s, &other, 1000, ABILITY_SORT), ABILITY_UNKNOWN);
	assert_false(abilities_news(s, &of_other, &can)); /* they know it */
	abilities_heeded(s, &of_other, IFACE_PATIENT, born);
	abilities_get(s, &of_other, &can);
	assert_true(ability_heeded(&can, IFACE_PATIENT, born));
	assert_false(abilities_news(s, &of_other, &can)); /* nobody asks */
	abilities_free(s);
}

static void
what_a_probe_saw_is_taken_over_but_for_what_is_known_better(void **state)
{
	struct abilities *s = abilities_new();
	struct upstream_target one = target(1, 7);
	const struct abilities_of of = { &one, FHIR_R4, 1000 };
	struct ability can;

	(void)state;
	abilities_seen(s, &of, ABILITY_BATCH, true);
	ability_start(&can, FHIR_R4);
	ability_seen(&can, ABILITY_SORT, false);
	ability_seen(&can, ABILITY_BATCH, false);
	ability_person_seen(&can, ABILITY_COMPARTMENT);
	can.probed = true;
	abilities_recall(s, &of, &can);
	assert_int_equal(known(s, &one, 1000, ABILITY_SORT), ABILITY_NO);
	assert_int_equal(known(s, &one, 1000, ABILITY_BATCH), ABILITY_YES);
	abilities_get(s, &of, &can);
	assert_int_equal(can.person, ABILITY_COMPARTMENT);
	assert_true(abilities_news(s, &of, &can)); /* batch, and no more */
	assert_false(abilities_news(s, &of, &can));
	abilities_free(s);
}

/* Many more providers than places. */
static void
the_oldest_gives_its_place(void **state)
{
	struct abilities *s = abilities_new();
	size_t left = 0;

	(void)state;
	for (int i = 0; i < 10000; i++) {
		struct upstream_target t = { .revision = i };
		const struct abilities_of of = { &t, FHIR_R4, 1000 + i };

		snprintf((char *)t.provider.at, sizeof t.provider.at, "%d", i);
		abilities_seen(s, &of, ABILITY_SORT, false);
		assert_int_equal(
		    known(s, &t, of.now_ms, ABILITY_SORT), ABILITY_NO);
	}
	for (int i = 0; i < 10000; i++) {
		struct upstream_target t = { .revision = i };

		snprintf((char *)t.provider.at, sizeof t.provider.at, "%d", i);
		left += known(s, &t, 11000, ABILITY_SORT) == ABILITY_NO;
	}
	assert_in_range(left, 1000, 2048);
	abilities_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(news_are_handed_out_once),
		cmocka_unit_test(what_was_seen_is_known_for_ten_minutes),
		cmocka_unit_test(
		    another_revision_starts_anew_and_an_old_one_leaves_no_trace),
		cmocka_unit_test(
		    a_statement_is_asked_for_once_and_again_after_a_failure),
		cmocka_unit_test(
		    what_is_passed_over_is_remembered_and_known_from_others),
		cmocka_unit_test(
		    what_a_probe_saw_is_taken_over_but_for_what_is_known_better),
		cmocka_unit_test(the_oldest_gives_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
