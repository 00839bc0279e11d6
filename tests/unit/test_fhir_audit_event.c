/* test_fhir_audit_event.c - accesses as AuditEvents
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the patterns demand of one is held in tests/e2e/test_portal_audit.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fhir/audit_event.h"
#include "tree_help.h"

#define BASE  "https://gw.example"
#define TRACE "0193455e8e40aaaaaaaaaaaaaaaaaaaa"

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

static struct audit_event
read_of(const char *id)
{
	return (struct audit_event){ .trace = STR(TRACE),
		.recorded = STR("2026-11-20T10:00:00.000001Z"),
		.interaction = STR("read"),
		.type = STR("Observation"),
		.id = str_of(id),
		.patient = STR("p1"),
		.face = STR("R4"),
		.status = 200,
		.reason = STR("ok"),
		.client = STR("c1"),
		.client_name = STR("Care <\"Teams\">"),
		.secret = STR("abcdefgh"),
		.token = STR("jti1"),
		.purpose = STR("rounds"),
		.request_id = STR("req-1"),
		.source = STR("10.0.0.1"),
		.host = STR("gw1"),
		.tenant = STR("11111111-2222-3333-4444-555555555555"),
		.tenant_name = STR("North") };
}

static struct tree_node *
bundle_of(const struct audit_event *events, size_t n, const char *more)
{
	struct buf b = buf_new(a, 100000);
	struct audit_events to;
	size_t i;

	audit_events_begin(&to, &b, BASE, STR("2026-11-20T11:00:00Z"));
	for (i = 0; i < n; i++)
		audit_events_add(&to, &events[i]);
	audit_events_end(&to, more);
	assert_false(b.failed);
	return help_read(a, buf_text(&b));
}

static struct tree_node *
nth(struct tree_node *list, size_t n)
{
	struct tree_node *c = tree_first(list);

	while (c && n--)
		c = tree_next(c);
	return c;
}

static struct tree_node *
event_of(const struct audit_event *e)
{
	struct tree_node *b = bundle_of(e, 1, NULL);

	return tree_get(nth(tree_get(b, "entry"), 0), "resource");
}

static void
text_is(struct tree_node *n, const char *name, const char *wanted)
{
	struct str s = tree_str(n, name);

	assert_true(s.at);
	assert_string_equal(str_text(a, s), wanted);
}

static void
an_empty_bundle_has_no_empty_list(void **state)
{
	struct tree_node *b = bundle_of(NULL, 0, NULL);

	(void)state;
	text_is(b, "type", "collection");
	assert_null(tree_get(b, "entry"));
}

static void
more_is_said_by_an_outcome(void **state)
{
	struct audit_event e[2] = { read_of("o1"), read_of("o2") };
	struct tree_node *list, *last;

	(void)state;
	e[1].entry = 7;
	list = tree_get(bundle_of(e, 2, "There are more."), "entry");
	assert_int_equal(tree_count(list), 3);
	text_is(nth(list, 0), "fullUrl", BASE "/AuditEvent/" TRACE);
	text_is(nth(list, 1), "fullUrl", BASE "/AuditEvent/" TRACE "-7");
	last = tree_get(nth(list, 2), "resource");
	text_is(last, "resourceType", "OperationOutcome");
	text_is(tree_get(tree_first(tree_get(last, "issue")), "details"),
	    "text", "There are more.");
}

static void
a_read_names_record_client_token_and_hospital(void **state)
{
	struct audit_event e = read_of("o1");
	struct tree_node *event = event_of(&e), *agents, *entities;

	(void)state;
	text_is(event, "action", "R");
	text_is(event, "outcome", "0");
	assert_int_equal(
	    tree_count(tree_get(tree_get(event, "meta"), "profile")), 3);
	agents = tree_get(event, "agent");
	text_is(tree_get(nth(agents, 0), "who"), "display", "Care <\"Teams\">");
	text_is(nth(agents, 0), "altId", "abcdefgh");
	assert_string_equal(
	    str_text(
		a, tree_text(tree_first(tree_get(nth(agents, 2), "policy")))),
	    "urn:ietf:params:oauth:jti:jti1");
	text_is(tree_get(nth(agents, 3), "who"), "display", "North");
	entities = tree_get(event, "entity");
	text_is(tree_get(nth(entities, 0), "what"), "reference", "Patient/p1");
	text_is(
	    tree_get(nth(entities, 1), "what"), "reference", "Observation/o1");
}

static void
a_search_holds_what_the_trail_knows_of_it(void **state)
{
	struct audit_event e = read_of(NULL);
	struct tree_node *event, *query;

	(void)state;
	e.interaction = STR("search-type");
	event = event_of(&e);
	text_is(event, "action", "E");
	query = nth(tree_get(event, "entity"), 1);
	text_is(query, "description",
	    "GET " BASE "/fhir/r4/Observation, parameters not kept");
	/* GET https://gw.example/fhir/r4/Observation */
	text_is(query, "query",
	    "R0VUIGh0dHBzOi8vZ3cuZXhhbXBsZS9maGlyL3I0L09ic2VydmF0aW9u");
}

static void
a_failure_says_why_and_claims_no_pattern(void **state)
{
	static const struct {
		int status;
		const char *outcome;
	} cases[] = { { 403, "4" }, { 429, "4" }, { 502, "8" }, { 304, "0" } };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct audit_event e = read_of("o1");
		struct tree_node *event;

		e.status = cases[i].status;
		event = event_of(&e);
		text_is(event, "outcome", cases[i].outcome);
		assert_int_equal(
		    tree_get(event, "meta") != NULL, cases[i].status == 304);
		assert_int_equal(tree_get(event, "outcomeDesc") != NULL,
		    cases[i].status != 304);
	}
}

static void
what_is_not_known_is_left_out(void **state)
{
	struct audit_event e = { .trace = STR(TRACE),
		.recorded = STR("2026-11-20T10:00:00Z"),
		.interaction = STR("read"),
		.patient = STR("p1"),
		.status = 401,
		.tenant = STR("11111111-2222-3333-4444-555555555555") };
	struct tree_node *event = event_of(&e), *n;

	(void)state;
	for (n = event; n; n = tree_walk(n, event))
		assert_false(
		    (n->kind == TREE_OBJECT || n->kind == TREE_ARRAY) &&
		    !tree_first(n));
	assert_int_equal(tree_count(tree_get(event, "agent")), 3);
	text_is(tree_get(nth(tree_get(event, "agent"), 0), "who"), "display",
	    "unknown");
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(an_empty_bundle_has_no_empty_list),
		CASE(more_is_said_by_an_outcome),
		CASE(a_read_names_record_client_token_and_hospital),
		CASE(a_search_holds_what_the_trail_knows_of_it),
		CASE(a_failure_says_why_and_claims_no_pattern),
		CASE(what_is_not_known_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
