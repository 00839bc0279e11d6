/* test_fhir_convert_strip.c - what only the way between versions needed
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "convert_help.h"

#define OURS   "http://hl7.org/fhir/3.0/StructureDefinition/extension-X.y"
#define THEIRS "http://hl7.org/fhir/StructureDefinition/data-absent-reason"

/* The tree as one that was made, not read. */
static struct tree_node *
made(struct convert *c, const char *json)
{
	return convert_copy(c, convert_read(c->a, json));
}

static void
what_was_made_goes_and_what_it_leaves_empty(void **state)
{
	static const struct {
		const char *made, *left;
	} rows[] = {
		{ "{\"a\":1,\"extension\":[{\"url\":\"" OURS "\"}]}",
		    "{\"a\":1}" },
		{ "{\"extension\":[{\"url\":\"" OURS "\"},{\"url\":\"" THEIRS
		  "\"}]}",
		    "{\"extension\":[{\"url\":\"" THEIRS "\"}]}" },
		{ "{\"modifierExtension\":[{\"url\":\"" OURS "\"}]}",
		    "{\"modifierExtension\":[{\"url\":\"" OURS "\"}]}" },
		{ "{\"a\":\"x\",\"_a\":{\"extension\":[{\"url\":\"" OURS
		  "\"}]}}",
		    "{\"a\":\"x\"}" },
		{ "{\"_a\":[{\"extension\":[{\"url\":\"" OURS
		  "\"}]},{\"id\":\"1\"}]}",
		    "{\"_a\":[null,{\"id\":\"1\"}]}" },
		{ "{\"_a\":[null,{\"extension\":[{\"url\":\"" OURS "\"}]}]}",
		    "{}" },
		{ "{\"a\":[{\"b\":{\"extension\":[{\"url\":\"" OURS
		  "\"}]}},{\"c\":[]}]}",
		    "{\"a\":[{\"c\":[]}]}" },
		{ "{\"extension\":[{\"url\":7},null,[{\"url\":\"" OURS
		  "\"}]],\"a\":{\"url\":\"" OURS "\"}}",
		    "{\"extension\":[{\"url\":7},null,[{\"url\":\"" OURS
		    "\"}]],\"a\":{\"url\":\"" OURS "\"}}" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *a = arena_new();
		struct convert c = { .a = a };
		struct tree_node *n = made(&c, rows[i].made);

		convert_strip(&c, n);
		if (!convert_equal(n, convert_read(a, rows[i].left)))
			fail_msg("%s", rows[i].made);
		arena_free(a);
	}
}

static void
what_was_read_stays_byte_for_byte(void **state)
{
	static const char json[] =
	    "{ \"a\" : [ null ],\"extension\":[ {\"url\":\"" OURS
	    "\", \"valueDecimal\":1.50 } ] }";
	struct arena *a = arena_new();
	struct convert c = { .a = a };
	struct tree_node *n = convert_read(a, json);
	struct buf b = buf_new(a, 1024);

	(void)state;
	convert_strip(&c, n);
	tree_write(&b, n);
	assert_string_equal(buf_text(&b), json);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_made_goes_and_what_it_leaves_empty),
		cmocka_unit_test(what_was_read_stays_byte_for_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
