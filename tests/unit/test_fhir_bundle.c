/* test_fhir_bundle.c - searchsets as providers send them
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fhir/bundle.h"

static struct arena *a;

static int
set_up(void **state)
{
	(void)state;
	a = arena_new();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

static enum err_kind
opened(struct bundle *b, const char *text)
{
	struct tree_limits lim = { .object = true };
	struct err e = { .kind = ERR_NONE };
	struct tree_node *root = tree_read(a, str_of(text), &lim, &e);

	assert_non_null(root);
	return bundle_read(b, a, root, FHIR_R4, STR("Patient"), &e) ? ERR_NONE
	                                                            : e.kind;
}

static const char *
written(const struct bundle *b)
{
	struct buf out = buf_new(a, 8192);

	tree_write(&out, b->root);
	return buf_text(&out);
}

#define SET   "{\"resourceType\":\"Bundle\",\"type\":\"searchset\""
#define MATCH "{\"resource\":{\"resourceType\":\"Patient\",\"id\":\"1\"}}"

static void
only_a_searchset_of_the_type_is_read(void **state)
{
	static const struct {
		const char *text;
		enum err_kind kind;
		bool has_total;
		size_t matches, foreign;
	} rows[] = {
		{ SET "}", ERR_NONE, false, 0, 0 },
		{ SET ",\"total\":0}", ERR_NONE, true, 0, 0 },
		{ SET ",\"total\":\"12\"}", ERR_NONE, true, 0, 0 },
		{ SET ",\"total\":null}", ERR_NONE, false, 0, 0 },
		{ SET ",\"total\":-1}", ERR_UPSTREAM_BAD, 0, 0, 0 },
		{ SET ",\"total\":1.5}", ERR_UPSTREAM_BAD, 0, 0, 0 },
		{ SET ",\"entry\":[" MATCH "," MATCH "]}", ERR_NONE, false, 2,
		    0 },
		{ SET ",\"entry\":[]}", ERR_NONE, false, 0, 0 },
		{ SET ",\"entry\":[" MATCH ",{\"resource\":{\"resourceType\":"
		      "\"Practitioner\"},\"search\":{\"mode\":\"include\"}}]}",
		    ERR_NONE, false, 1, 1 },
		{ SET ",\"entry\":[{\"resource\":{\"resourceType\":"
		      "\"OperationOutcome\"}}]}",
		    ERR_NONE, false, 0, 0 },
		{ SET ",\"entry\":[{\"fullUrl\":\"x\"}]}", ERR_UPSTREAM_BAD, 0,
		    0, 0 },
		{ SET ",\"entry\":[7]}", ERR_UPSTREAM_BAD, 0, 0, 0 },
		{ SET ",\"entry\":{}}", ERR_UPSTREAM_BAD, 0, 0, 0 },
		{ "{\"resourceType\":\"Bundle\",\"type\":\"batch\"}",
		    ERR_UPSTREAM_BAD, 0, 0, 0 },
		{ "{\"resourceType\":\"Patient\"}", ERR_UPSTREAM_BAD, 0, 0, 0 },
		{ "{}", ERR_UPSTREAM_BAD, 0, 0, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		struct bundle b;

		assert_int_equal(opened(&b, rows[i].text), rows[i].kind);
		if (rows[i].kind != ERR_NONE)
			continue;
		assert_int_equal(b.has_total, rows[i].has_total);
		assert_int_equal(b.matches, rows[i].matches);
		assert_int_equal(b.foreign, rows[i].foreign);
	}
}

static void
what_was_not_asked_for_gives_way_to_an_outcome(void **state)
{
	struct bundle b;
	const char *text;

	(void)state;
	assert_int_equal(
	    opened(&b, SET ",\"signature\":{},\"entry\":[" MATCH
			   ",{\"resource\":{\"resourceType\":\"Practitioner\","
			   "\"name\":\"SECRET\"}}]}"),
	    ERR_NONE);
	text = written(&b);
	assert_null(strstr(text, "SECRET"));
	assert_null(strstr(text, "signature"));
	assert_non_null(strstr(text, "OperationOutcome"));
	assert_non_null(strstr(text, "\"mode\":\"outcome\""));
	/* out of the answer, but not lost to who fills in names */
	assert_int_equal(tree_count(b.aside), 1);
	assert_true(str_is(
	    tree_str(tree_at(tree_first(b.aside), NAME_resource), "name"),
	    "SECRET"));
	assert_int_equal(opened(&b, SET ",\"entry\":[" MATCH "]}"), ERR_NONE);
	assert_null(b.aside);
}

static void
links_totals_and_full_urls_are_ours(void **state)
{
	const struct bundle_link links[] = { { "self", STR("https://g/s") },
		{ "previous", STR_NONE }, { "next", STR("https://g/n") } };
	struct bundle b;

	(void)state;
	assert_int_equal(
	    opened(&b,
		SET ",\"link\":[{\"relation\":\"next\",\"url\":\"?p=2\"},{"
		    "\"relation\":\"prev\",\"url\":\"?p=0\"}],\"entry\":["
		    "{\"fullUrl\":\"urn:x\",\"resource\":{\"resourceType\":"
		    "\"Patient\",\"id\":\"1\"}}," MATCH
		    ",{\"fullUrl\":\"http://inner:8080/f/Patient/2\","
		    "\"resource\":{\"resourceType\":\"Patient\","
		    "\"id\":\"2\"}}]}"),
	    ERR_NONE);
	assert_true(str_is(b.next, "?p=2"));
	assert_true(str_is(b.previous, "?p=0"));
	bundle_total(&b, a, 41);
	bundle_links(&b, a, links, COUNT(links));
	bundle_full_urls(&b, a, STR("https://g"));
	assert_string_equal(written(&b), SET
	    ",\"link\":[{\"relation\":\"self\",\"url\":\"https://g/s\"},{"
	    "\"relation\":\"next\",\"url\":\"https://g/n\"}],\"entry\":["
	    "{\"fullUrl\":\"urn:x\",\"resource\":{\"resourceType\":"
	    "\"Patient\",\"id\":\"1\"}},{\"resource\":{\"resourceType\":"
	    "\"Patient\",\"id\":\"1\"},\"fullUrl\":\"https://g/Patient/1\"},"
	    "{\"fullUrl\":\"https://g/Patient/2\",\"resource\":{"
	    "\"resourceType\":\"Patient\",\"id\":\"2\"}}]"
	    ",\"total\":41}");
}

#define RECORD(id)                                                             \
	"{\"resource\":{\"resourceType\":\"Patient\",\"id\":\"" id "\"}}"
#define REMARK "{\"resource\":{\"resourceType\":\"OperationOutcome\"}}"

static void
entries_of_many_pages_become_one_answer(void **state)
{
	struct bundle one, two;
	struct tree_node *list, *show[2];

	(void)state;
	assert_int_equal(
	    opened(&one, SET ",\"entry\":[" RECORD("1") "," REMARK "]}"),
	    ERR_NONE);
	assert_int_equal(
	    opened(&two, SET ",\"entry\":[" RECORD("2") "," RECORD("3") "]}"),
	    ERR_NONE);
	list = tree_at(two.root, NAME_entry);
	show[0] = tree_next(tree_first(list));
	show[1] = tree_first(tree_at(one.root, NAME_entry));
	assert_non_null(bundle_match(show[0]));
	assert_null(bundle_match(tree_next(show[1])));
	bundle_show(&one, a, show, 2);
	assert_int_equal(one.matches, 2);
	assert_string_equal(written(&one),
	    SET ",\"entry\":[" RECORD("3") "," RECORD("1") "," REMARK "]}");
	bundle_show(&one, a, NULL, 0);
	assert_string_equal(written(&one), SET ",\"entry\":[" REMARK "]}");
	bundle_show(&two, a, NULL, 0);
	assert_string_equal(written(&two), SET "}");
}

static void
an_empty_answer_can_be_made(void **state)
{
	struct bundle b;

	(void)state;
	bundle_empty(&b, a);
	assert_string_equal(written(&b), SET ",\"total\":0}");
	bundle_tell(&b, a, FHIR_R4, "informational", "why");
	assert_non_null(strstr(written(&b), "\"severity\":\"information\""));
}

static void
a_long_note_is_not_lost(void **state)
{
	char text[6000];
	struct bundle b;

	(void)state;
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	assert_int_equal(opened(&b, SET "}"), ERR_NONE);
	bundle_note(&b, a, FHIR_R4, "not-supported", text);
	assert_int_equal(tree_count(tree_at(b.root, NAME_entry)), 1);
}

static void
full_urls_tell_what_a_server_calls_itself(void **state)
{
	static const struct {
		const char *url, *base;
	} rows[] = {
		{ "http://inside:8080/fhir/Patient/1",
		    "http://inside:8080/fhir" },
		{ "x/Patient/1", "x" },
		{ "/Patient/1", NULL },
		{ "Patient/1", NULL },
		{ "1", NULL },
		{ "", NULL },
		{ "http://inside/Patient/11", NULL },
		{ "http://inside/xPatient/1", NULL },
		{ "http://inside/Patient/1/", NULL },
		{ "urn:uuid:1", NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		struct bundle b;
		struct str base;

		assert_int_equal(
		    opened(&b,
			arena_printf(a,
			    SET ",\"entry\":[{\"fullUrl\":\"%s\",\"resource\":"
				"{\"resourceType\":\"Patient\",\"id\":\"1\"}"
				"}]}",
			    rows[i].url)),
		    ERR_NONE);
		base = bundle_base(&b);
		if (rows[i].base)
			assert_true(str_is(base, rows[i].base));
		else
			assert_null(base.at);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    only_a_searchset_of_the_type_is_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    what_was_not_asked_for_gives_way_to_an_outcome, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    links_totals_and_full_urls_are_ours, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    entries_of_many_pages_become_one_answer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    an_empty_answer_can_be_made, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_long_note_is_not_lost, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    full_urls_tell_what_a_server_calls_itself, set_up,
		    tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
