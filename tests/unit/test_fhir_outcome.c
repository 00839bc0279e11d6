/* test_fhir_outcome.c - OperationOutcome in each version
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "fhir/outcome.h"

#define HEAD "{\"resourceType\":\"OperationOutcome\",\"issue\":["

static const struct {
	enum fhir_version v;
	struct outcome_issue issue;
	const char *json; /* of the issue */
} cases[] = {
	{ FHIR_R4, { OUTCOME_ERROR, "not-found", NULL, NULL, NULL, NULL, NULL },
	    "{\"severity\":\"error\",\"code\":\"not-found\"}" },
	{ FHIR_DSTU2,
	    { OUTCOME_ERROR, "code-invalid", "Unknown gender code", NULL, NULL,
		"trace 1", "http.gender" },
	    "{\"severity\":\"error\",\"code\":\"code-invalid\",\"details\":{"
	    "\"text\":\"Unknown gender code\"},\"diagnostics\":\"trace 1\","
	    "\"location\":[\"http.gender\"]}" },
	{ FHIR_STU3,
	    { OUTCOME_WARNING, "processing", "a \"b\"\n", "urn:x", "r", NULL,
		"http.gender" },
	    "{\"severity\":\"warning\",\"code\":\"processing\",\"details\":{"
	    "\"coding\":[{\"system\":\"urn:x\",\"code\":\"r\"}],\"text\":"
	    "\"a \\\"b\\\"\\n\"},\"location\":[\"http.gender\"],"
	    "\"expression\":[\"http.gender\"]}" },
	{ FHIR_R4, { OUTCOME_FATAL, "exception", NULL, NULL, "r", NULL, NULL },
	    "{\"severity\":\"fatal\",\"code\":\"exception\",\"details\":{"
	    "\"coding\":[{\"code\":\"r\"}]}}" },
	/* codes that only R4 has */
	{ FHIR_R4,
	    { OUTCOME_INFORMATION, "deleted", NULL, NULL, NULL, NULL, NULL },
	    "{\"severity\":\"information\",\"code\":\"deleted\"}" },
	{ FHIR_STU3, { OUTCOME_ERROR, "deleted", NULL, NULL, NULL, NULL, NULL },
	    "{\"severity\":\"error\",\"code\":\"not-found\"}" },
	{ FHIR_DSTU2,
	    { OUTCOME_ERROR, "multiple-matches", NULL, NULL, NULL, NULL, NULL },
	    "{\"severity\":\"error\",\"code\":\"processing\"}" },
};

static void
each_version_has_the_elements_it_knows(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf b = buf_new(a, 4096);

		outcome_write(&b, cases[i].v, &cases[i].issue, 1);
		assert_string_equal(
		    buf_text(&b), arena_printf(a, HEAD "%s]}", cases[i].json));
	}
	arena_free(a);
}

static void
issues_stand_in_their_order(void **state)
{
	const struct outcome_issue two[] = {
		{ .severity = OUTCOME_ERROR, .code = "timeout" },
		{ .severity = OUTCOME_WARNING, .code = "incomplete" },
	};
	struct arena *a = arena_new();
	struct buf b = buf_new(a, 4096);

	(void)state;
	outcome_write(&b, FHIR_R4, two, 2);
	assert_string_equal(buf_text(&b),
	    HEAD "{\"severity\":\"error\",\"code\":\"timeout\"},"
		 "{\"severity\":\"warning\",\"code\":\"incomplete\"}]}");
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_version_has_the_elements_it_knows),
		cmocka_unit_test(issues_stand_in_their_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
