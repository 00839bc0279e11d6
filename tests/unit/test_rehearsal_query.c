/* test_rehearsal_query.c - searches mean what FHIR says
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "rehearsal/rehearsal_date.h"
#include "rehearsal/rehearsal_query.h"
#include "base/fold.h"

#define BASE "https://gateway.example/rehearsal/r4"

static const struct rehearsal_query *
read_query(struct arena *a, enum fhir_version v, const char *type,
    const char *query, struct err *e)
{
	const struct rehearsal_ask ask = { .version = v,
		.type = rehearsal_type(v, str_of(type)),
		.query = str_of(query),
		.base = STR(BASE) };

	memset(e, 0, sizeof *e);
	return rehearsal_query_read(a, &ask, e);
}

/* What the statement in sql/prepare/rehearsal.sql compares, for one term. */
struct term {
	const char *key, *upto, *system, *exact;
};

static bool
within(struct arena *a, const char *s, struct str from, struct str to)
{
	return !from.at || (s && strcmp(s, str_text(a, from)) >= 0 &&
			       strcmp(s, str_text(a, to)) <= 0);
}

static bool
matches(struct arena *a, const struct rehearsal_want *w, const struct term *t)
{
	return within(a, t->key, w->key_from, w->key_to) &&
	       within(a, t->upto, w->upto_from, w->upto_to) &&
	       (!w->system.at || str_is(w->system, t->system)) &&
	       (!w->part.at || strstr(t->key, str_text(a, w->part))) &&
	       (!w->exact.at || str_is(w->exact, t->exact));
}

/* Does a search of one criterion find a resource with this one term? */
static bool
finds(const char *type, const char *query, const struct term *t)
{
	struct arena *a = arena_new();
	struct err e;
	const struct rehearsal_query *q =
	    read_query(a, FHIR_R4, type, query, &e);
	bool hit = false;
	size_t i;

	if (!q)
		fail_msg("%s: %s", query, e.said);
	for (i = 0; i < q->n; i++)
		hit |= !q->want[i].criterion && matches(a, &q->want[i], t);
	hit ^= q->want[0].negate;
	arena_free(a);
	return hit;
}

static const struct {
	const char *query, *value;
	bool found;
} strings[] = {
	{ "family=beer", "Beer", true },
	{ "family=BEE", "Beer", true },
	{ "family=eer", "Beer", false },
	{ "family:contains=eer", "Beer", true },
	{ "family%3Acontains=eer", "Beer", true },
	{ "family:exact=Beer", "Beer", true },
	{ "family:exact=beer", "Beer", false },
	{ "family:exact=Bee", "Beer", false },
	{ "family=ostergard", "Østergård", true },
	{ "family=%C3%98ster", "ostergard", true },
	{ "family=nguy%E1%BB%85n", "Nguyễn", true },
	{ "family=beers", "Beer", false },
	{ "family=abc,bee", "Beer", true },
	{ "family=a%5C%2Cb", "a,b", true },
	{ "family=a%2Cb", "b", true },
	{ "family:contains=%25", "Beer", false },
	{ "family:contains=_", "Beer", false },
	{ "family:missing=false", "Beer", true },
	{ "family:missing=true", "Beer", false },
};

static void
strings_start_with_the_value_whatever_case_and_accents(void **state)
{
	struct arena *a = arena_new();
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(strings); i++) {
		struct term t = { str_text(a,
				      fold_text(a, str_of(strings[i].value))),
			NULL, NULL, strings[i].value };

		if (finds("Patient", strings[i].query, &t) != strings[i].found)
			fail_msg(
			    "%s and %s", strings[i].query, strings[i].value);
	}
	arena_free(a);
}

static const struct {
	const char *type, *query, *system, *code;
	bool found;
} tokens[] = {
	{ "Patient", "identifier=HG1", "urn:x", "HG1", true },
	{ "Patient", "identifier=hg1", "urn:x", "HG1", false },
	{ "Patient", "identifier=HG", "urn:x", "HG1", false },
	{ "Patient", "identifier=urn:x|HG1", "urn:x", "HG1", true },
	{ "Patient", "identifier=urn:x%7CHG1", "urn:x", "HG1", true },
	{ "Patient", "identifier=urn:y|HG1", "urn:x", "HG1", false },
	{ "Patient", "identifier=|HG1", "urn:x", "HG1", false },
	{ "Patient", "identifier=|HG1", "", "HG1", true },
	{ "Patient", "identifier=urn:x|", "urn:x", "HG1", true },
	{ "Patient", "identifier=urn:y|", "urn:x", "HG1", false },
	{ "Patient", "identifier=HG2,HG1", "urn:x", "HG1", true },
	{ "Patient", "identifier=a\\|b", "urn:x", "a|b", true },
	{ "Patient", "identifier:of-type=http://t|MR|HG1", "http://t|MR", "HG1",
	    true },
	{ "Patient", "identifier:of-type=http://t|SS|HG1", "http://t|MR", "HG1",
	    false },
	{ "Patient", "gender=female", "", "female", true },
	{ "Patient", "gender:not=female", "", "female", false },
	{ "Patient", "gender:not=male,other", "", "female", true },
	{ "Patient", "_id=p-1,p-2", "", "p-2", true },
	{ "Observation", "patient=p-1", "Patient", "p-1", true },
	{ "Observation", "patient=p-2", "Patient", "p-1", false },
	{ "Observation", "patient=Patient/p-1", "Patient", "p-1", true },
	{ "Observation", "patient=" BASE "/Patient/p-1", "Patient", "p-1",
	    true },
	{ "Observation", "patient=http://elsewhere.example/Patient/p-1",
	    "Patient", "p-1", false },
	{ "Observation", "subject=p-1", "Group", "p-1", true },
	{ "Observation", "subject:Patient=p-1", "Group", "p-1", false },
	{ "Observation", "subject=Patient/p-1", "Group", "p-1", false },
};

static void
tokens_and_references_match_whole_values(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(tokens); i++) {
		struct term t = { tokens[i].code, NULL, tokens[i].system,
			NULL };

		if (finds(tokens[i].type, tokens[i].query, &t) !=
		    tokens[i].found)
			fail_msg("%s and %s|%s", tokens[i].query,
			    tokens[i].system, tokens[i].code);
	}
}

static const struct {
	const char *query, *value;
	bool found;
} dates[] = {
	{ "date=2026-11-19", "2026-11-19T08:00:00Z", true },
	{ "date=2026-11", "2026-11-19T08:00:00Z", true },
	{ "date=2026-11-18", "2026-11-19T08:00:00Z", false },
	{ "date=eq2026-11-19", "2026-11", false }, /* not within the day */
	{ "date=2026-11-19T08:00:00Z", "2026-11-19T09:00:00+01:00", true },
	{ "date=2026-11-19T09:00:00+01:00", "2026-11-19T08:00:00Z", true },
	{ "date=ne2026-11-19", "2026-11-19T08:00:00Z", false },
	{ "date=ne2026-11-19", "2026-11", true },
	{ "date=gt2026-11-18", "2026-11-19T08:00:00Z", true },
	{ "date=gt2026-11-19", "2026-11-19T08:00:00Z", false },
	{ "date=gt2026-11-19", "2026-11", true }, /* some of it is after */
	{ "date=ge2026-11-19", "2026-11-19T08:00:00Z", true },
	{ "date=ge2026-11-20", "2026-11-19T08:00:00Z", false },
	{ "date=lt2026-11-20", "2026-11-19T08:00:00Z", true },
	{ "date=lt2026-11-19", "2026-11-19T08:00:00Z", false },
	{ "date=le2026-11-19", "2026-11-19T08:00:00Z", true },
	{ "date=le2026-11-18", "2026-11-19T08:00:00Z", false },
	{ "date=sa2026-11-18", "2026-11-19", true },
	{ "date=sa2026-11-19", "2026-11", false },
	{ "date=eb2026-11-20", "2026-11-19", true },
	{ "date=eb2026-11-19", "2026-11-19", false },
	{ "date=ap2026-11-18", "2026-11-19", true },
	{ "date=ap2026-11-16", "2026-11-19", false },
	{ "date=2025,2026", "2026-11-19", true },
	{ "date=2025,2027", "2026-11-19", false },
};

static void
dates_compare_as_spans_of_time(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(dates); i++) {
		struct rehearsal_span s;
		struct term t = { s.from, s.upto, NULL, NULL };

		assert_true(rehearsal_date_span(&s, str_of(dates[i].value)));
		if (finds("Observation", dates[i].query, &t) != dates[i].found)
			fail_msg("%s and %s", dates[i].query, dates[i].value);
	}
}

static const struct {
	const char *query;
	unsigned count;
	uint64_t offset;
	bool total_only;
	const char *sorts; /* "+date -code" */
} results[] = {
	{ "", 50, 0, false, "" },
	{ "_count=5", 5, 0, false, "" },
	{ "_count=0", 50, 0, true, "" },
	{ "_count=999999", 1000, 0, false, "" },
	{ "_summary=count", 50, 0, true, "" },
	{ "_summary=true", 50, 0, false, "" },
	{ "_sort=date", 50, 0, false, "+date " },
	{ "_sort=-date", 50, 0, false, "-date " },
	{ "_sort:desc=date", 50, 0, false, "-date " },
	{ "_sort:asc=date", 50, 0, false, "+date " },
	{ "_sort=-date,code", 50, 0, false, "-date +code " },
	{ "_sort:desc=date&_sort=code", 50, 0, false, "-date +code " },
	{ "_sort=nothing,-date", 50, 0, false, "-date " },
	{ "_total=accurate&_elements=id", 50, 0, false, "" },
};

static void
counts_sorts_and_summaries_are_read_in_every_spelling(void **state)
{
	size_t i, k;

	(void)state;
	for (i = 0; i < COUNT(results); i++) {
		struct arena *a = arena_new();
		struct err e;
		struct buf sorts = buf_new(a, 1000);
		const struct rehearsal_query *q = read_query(
		    a, FHIR_DSTU2, "Observation", results[i].query, &e);

		assert_non_null(q);
		for (k = 0; k < q->sorts; k++)
			buf_fmt(&sorts, "%c%s ",
			    q->sort[k].descending ? '-' : '+',
			    q->sort[k].param);
		assert_int_equal(q->count, results[i].count);
		assert_int_equal(q->offset, results[i].offset);
		assert_int_equal(q->total_only, results[i].total_only);
		assert_string_equal(buf_text(&sorts), results[i].sorts);
		assert_int_equal(q->criteria, 1);
		arena_free(a);
	}
}

static void
a_page_handle_comes_back_as_its_offset(void **state)
{
	static const uint64_t offsets[] = { 0, 1, 50, 999999999 };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(offsets); i++) {
		struct arena *a = arena_new();
		struct err e;
		const struct rehearsal_query *q =
		    read_query(a, FHIR_R4, "Patient",
			arena_printf(a, "gender=male&_page=%s&_count=7",
			    rehearsal_query_page(a, offsets[i])),
			&e);

		assert_non_null(q);
		assert_int_equal(q->offset, offsets[i]);
		assert_true(str_is(q->self, "gender=male&_count=7"));
		arena_free(a);
	}
}

static const struct {
	const char *type, *query;
	enum err_kind kind;
} refused[] = {
	{ "Patient", "_count=x", ERR_PARAM },
	{ "Patient", "_count=-1", ERR_PARAM },
	{ "Patient", "_page=50", ERR_PARAM },
	{ "Patient", "_page=eA", ERR_PARAM },
	{ "Patient", "family:sounds=x", ERR_PARAM },
	{ "Patient", "identifier:contains=x", ERR_PARAM },
	{ "Patient", "identifier=a|b|c", ERR_PARAM },
	{ "Patient", "identifier:of-type=MR|1", ERR_PARAM },
	{ "Patient", "birthdate=1/2/1990", ERR_PARAM },
	{ "Patient", "birthdate:exact=1990", ERR_PARAM },
	{ "Patient", "birthdate=1990-02-30", ERR_PARAM },
	{ "Patient", "family:missing=maybe", ERR_PARAM },
	{ "Patient", "family=%zz", ERR_PARAM },
	{ "Patient", "family=%ff", ERR_PARAM },
	{ "Patient", "family=%00", ERR_PARAM },
	{ "Observation", "patient:identifier=x", ERR_PARAM },
};

static void
what_cannot_be_meant_is_refused_without_its_value(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(refused); i++) {
		struct arena *a = arena_new();
		struct err e;

		if (read_query(
			a, FHIR_R4, refused[i].type, refused[i].query, &e))
			fail_msg("%s was taken", refused[i].query);
		assert_int_equal(e.kind, refused[i].kind);
		assert_null(strstr(e.said, "1990"));
		arena_free(a);
	}
}

static void
unknown_parameters_are_passed_over_unless_strict(void **state)
{
	struct arena *a = arena_new();
	struct err e = { .kind = ERR_NONE };
	struct rehearsal_ask ask = { .version = FHIR_STU3,
		.type = rehearsal_type(FHIR_STU3, STR("Coverage")),
		.query = STR("Patient=p-1&colour=red&name.x=y&_has:a=b") };
	const struct rehearsal_query *q = rehearsal_query_read(a, &ask, &e);

	(void)state;
	assert_non_null(q);
	assert_int_equal(q->n, 1);
	assert_string_equal(q->want[0].param, "_id"); /* so all are found */
	assert_int_equal(q->self.len, 0);
	ask.strict = true;
	assert_null(rehearsal_query_read(a, &ask, &e));
	assert_int_equal(e.kind, ERR_PARAM_STRICT);

	/* ours, not FHIR's: STU3 has no Coverage?patient */
	ask.query = STR("patient=p-1");
	memset(&e, 0, sizeof e);
	assert_null(rehearsal_query_read(a, &ask, &e));
	ask.strict = false;
	memset(&e, 0, sizeof e);
	q = rehearsal_query_read(a, &ask, &e);
	assert_non_null(q);
	assert_string_equal(q->want[0].param, "patient");
	arena_free(a);
}

static void
query_form_and_compartment_all_count(void **state)
{
	struct arena *a = arena_new();
	struct err e = { .kind = ERR_NONE };
	const struct rehearsal_ask ask = { .version = FHIR_R4,
		.type = rehearsal_type(FHIR_R4, STR("Observation")),
		.query = STR("_count=3&category=vital-signs"),
		.form = STR("date=ge2026&code=a,b&status:not=final"),
		.patient = STR("p-1") };
	const struct rehearsal_query *q = rehearsal_query_read(a, &ask, &e);
	struct buf b = buf_new(a, 10000);

	(void)state;
	assert_non_null(q);
	assert_int_equal(q->criteria, 4); /* without the one that negates */
	assert_int_equal(q->lead, 0);     /* the patient */
	assert_int_equal(q->count, 3);
	assert_true(str_is(q->self,
	    "_count=3&category=vital-signs&date=ge2026&code=a%2Cb&"
	    "status%3Anot=final"));
	rehearsal_query_wants(&b, q);
	assert_non_null(strstr(buf_text(&b),
	    "{\"criterion\":0,\"negate\":false,\"param\":\"patient\","
	    "\"key_from\":\"p-1\",\"key_to\":\"p-1\"}"));
	assert_non_null(strstr(buf_text(&b),
	    "{\"criterion\":4,\"negate\":true,\"param\":\"status\","));
	arena_free(a);
}

static void
the_most_selective_criterion_leads(void **state)
{
	static const struct {
		const char *query;
		unsigned lead;
	} leads[] = {
		{ "gender=male&birthdate=1990&family=x", 2 },
		{ "gender=male&_id=p-1&family=x", 1 },
		{ "identifier:not=x&gender=male", 1 },
		{ "gender:not=male", 1 }, /* the one that all meet */
		{ "identifier:missing=false&birthdate=1990", 1 },
		{ "", 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(leads); i++) {
		struct arena *a = arena_new();
		struct err e;

		assert_int_equal(
		    read_query(a, FHIR_R4, "Patient", leads[i].query, &e)->lead,
		    leads[i].lead);
		arena_free(a);
	}
}

static void
magic_values_are_noticed(void **state)
{
	static const char *const queries[] = { "_id=rehearse-429",
		"identifier=rehearse-429" };
	struct arena *a = arena_new();
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(queries); i++)
		assert_true(str_is(
		    read_query(a, FHIR_R4, "Patient", queries[i], &e)->magic,
		    "rehearse-429"));
	assert_true(str_is(read_query(a, FHIR_R4, "Condition",
			       "patient=Patient/rehearse-slow-9", &e)
			       ->magic,
	    "rehearse-slow-9"));
	assert_null(read_query(a, FHIR_R4, "Patient", "_id=p-1", &e)->magic.at);
	arena_free(a);
}

static void
too_many_parts_are_refused(void **state)
{
	struct arena *a = arena_new();
	struct buf b = buf_new(a, 100000);
	struct err e;
	int i;

	(void)state;
	for (i = 0; i <= REHEARSAL_PAIRS_MAX; i++)
		buf_str(&b, "x=y&");
	assert_null(read_query(a, FHIR_R4, "Patient", buf_text(&b), &e));
	assert_int_equal(e.kind, ERR_TOO_MANY);
	b = buf_new(a, 100000);
	buf_str(&b, "_id=x");
	for (i = 0; i <= REHEARSAL_WANTS_MAX; i++)
		buf_str(&b, ",x");
	assert_null(read_query(a, FHIR_R4, "Patient", buf_text(&b), &e));
	assert_int_equal(e.kind, ERR_TOO_MANY);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    strings_start_with_the_value_whatever_case_and_accents),
		cmocka_unit_test(tokens_and_references_match_whole_values),
		cmocka_unit_test(dates_compare_as_spans_of_time),
		cmocka_unit_test(
		    counts_sorts_and_summaries_are_read_in_every_spelling),
		cmocka_unit_test(a_page_handle_comes_back_as_its_offset),
		cmocka_unit_test(
		    what_cannot_be_meant_is_refused_without_its_value),
		cmocka_unit_test(
		    unknown_parameters_are_passed_over_unless_strict),
		cmocka_unit_test(query_form_and_compartment_all_count),
		cmocka_unit_test(the_most_selective_criterion_leads),
		cmocka_unit_test(magic_values_are_noticed),
		cmocka_unit_test(too_many_parts_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
