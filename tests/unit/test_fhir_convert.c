/* test_fhir_convert.c - the engine that runs the conversion tables
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "convert_help.h"

#define D FHIR_DSTU2
#define S FHIR_STU3
#define R FHIR_R4

#define P   "{\"resourceType\":\"Patient\""
#define X10 "http://hl7.org/fhir/1.0/StructureDefinition/extension-"
#define X30 "http://hl7.org/fhir/3.0/StructureDefinition/extension-"
#define X40 "http://hl7.org/fhir/4.0/StructureDefinition/extension-"

/* clang-format off */
static const struct convert_case both_ways[] = {
	{ "renamed, its sibling too", D, S,
	    P ",\"careProvider\":[{\"reference\":\"Practitioner/1\"}]}",
	    P ",\"generalPractitioner\":[{\"reference\":\"Practitioner/1\"}]}" },
	{ "digits stay", D, R,
	    P ",\"extension\":[{\"url\":\"u:a\",\"valueDecimal\":72.10},"
	      "{\"url\":\"u:b\",\"valueDecimal\":0.000100}]}",
	    P ",\"extension\":[{\"url\":\"u:a\",\"valueDecimal\":72.10},"
	      "{\"url\":\"u:b\",\"valueDecimal\":0.000100}]}" },
	{ "a code that only one version has stays with it", R, S,
	    P ",\"identifier\":[{\"use\":\"old\",\"value\":\"1\"}]}",
	    P ",\"identifier\":[{\"_use\":{\"extension\":[{\"url\":\"" X40
	      "Identifier.use\",\"valueCode\":\"old\"}]},\"value\":\"1\"}]}" },
	{ "a code with a weaker word keeps the original", S, D,
	    P ",\"telecom\":[{\"system\":\"sms\",\"value\":\"1\"}]}",
	    P ",\"telecom\":[{\"system\":\"phone\",\"_system\":{\"extension\":["
	      "{\"url\":\"" X30 "ContactPoint.system\",\"valueCode\":\"sms\"}]},"
	      "\"value\":\"1\"}]}" },
	{ "an element of the newer version stands in an extension", R, S,
	    P ",\"meta\":{\"source\":\"urn:x\",\"versionId\":\"3\"}}",
	    P ",\"meta\":{\"versionId\":\"3\",\"extension\":[{\"url\":\"" X40
	      "Meta.source\",\"valueUri\":\"urn:x\"}]}}" },
	{ "it goes all the way", R, D,
	    P ",\"meta\":{\"source\":\"urn:x\",\"versionId\":\"3\"}}",
	    P ",\"meta\":{\"versionId\":\"3\",\"extension\":[{\"url\":\"" X40
	      "Meta.source\",\"valueUri\":\"urn:x\"}]}}" },
	{ "an object without a home", S, D,
	    P ",\"managingOrganization\":{\"display\":\"H\",\"identifier\":"
	      "{\"value\":\"7\"}}}",
	    P ",\"managingOrganization\":{\"display\":\"H\",\"extension\":[{"
	      "\"url\":\"" X30 "Reference.identifier\",\"valueIdentifier\":"
	      "{\"value\":\"7\"}}]}}" },
	{ "parts of a name are joined and kept", D, R,
	    P ",\"name\":[{\"family\":[\"du\",\"March\\u00e9\"],\"_family\":"
	      "[{\"id\":\"a\"},null]}]}",
	    P ",\"name\":[{\"family\":\"du March\303\251\",\"_family\":"
	      "{\"extension\":[{\"url\":\"" X10 "HumanName.family\","
	      "\"valueString\":\"du\",\"_valueString\":{\"id\":\"a\"}},"
	      "{\"url\":\"" X10 "HumanName.family\",\"valueString\":"
	      "\"March\303\251\"}]}}]}" },
	{ "a name with a blank is one part", S, D,
	    P ",\"name\":[{\"family\":\"de la Cruz\"}]}",
	    P ",\"name\":[{\"family\":[\"de la Cruz\"]}]}" },
	{ "systems are spelled as the target does", S, R,
	    P ",\"maritalStatus\":{\"coding\":[{\"system\":"
	      "\"http://hl7.org/fhir/v3/MaritalStatus\",\"code\":\"M\"}]}}",
	    P ",\"maritalStatus\":{\"coding\":[{\"system\":\"http://"
	      "terminology.hl7.org/CodeSystem/v3-MaritalStatus\","
	      "\"code\":\"M\"}]}}" },
	{ "a choice of the other name", D, S,
	    P ",\"extension\":[{\"url\":\"u:a\",\"valueTiming\":{\"repeat\":"
	      "{\"boundsQuantity\":{\"value\":1.0},\"periodUnits\":\"d\","
	      "\"when\":\"AC\"}}}]}",
	    P ",\"extension\":[{\"url\":\"u:a\",\"valueTiming\":{\"repeat\":"
	      "{\"boundsDuration\":{\"value\":1.0},\"periodUnit\":\"d\","
	      "\"when\":[\"AC\"]}}}]}" },
	{ "contained resources too", D, S,
	    P ",\"contained\":[" P ",\"id\":\"c\",\"careProvider\":"
	      "[{\"display\":\"x\"}]}]}",
	    P ",\"contained\":[" P ",\"id\":\"c\",\"generalPractitioner\":"
	      "[{\"display\":\"x\"}]}]}" },
	{ "references to what has another name", D, S,
	    P ",\"extension\":[{\"url\":\"u:a\",\"valueReference\":{\"reference\":"
	      "\"https://h.example/x/MedicationOrder/7\"}}]}",
	    P ",\"extension\":[{\"url\":\"u:a\",\"valueReference\":{\"reference\":"
	      "\"https://h.example/x/MedicationRequest/7\"}}]}" },
	{ "animals", S, R,
	    P ",\"animal\":{\"species\":{\"text\":\"dog\"},\"breed\":"
	      "{\"text\":\"pug\"}}}",
	    P ",\"extension\":[{\"url\":\"http://hl7.org/fhir/"
	      "StructureDefinition/patient-animal\",\"extension\":["
	      "{\"url\":\"species\",\"valueCodeableConcept\":{\"text\":\"dog\"}},"
	      "{\"url\":\"breed\",\"valueCodeableConcept\":{\"text\":\"pug\"}}]"
	      "}]}" },
	{ "the record that is dead", D, S,
	    P ",\"link\":[{\"other\":{\"reference\":\"Patient/2\"},"
	      "\"type\":\"replace\"}]}",
	    P ",\"link\":[{\"other\":{\"reference\":\"Patient/2\"},"
	      "\"type\":\"replaced-by\"}]}" },
	{ "the record that lives", S, D,
	    P ",\"link\":[{\"other\":{\"reference\":\"Patient/2\"},"
	      "\"type\":\"replaces\"}]}",
	    P ",\"link\":[{\"other\":{\"reference\":\"Patient/2\"},"
	      "\"type\":\"seealso\",\"_type\":{\"extension\":[{\"url\":\"" X30
	      "Patient.link.type\",\"valueCode\":\"replaces\"}]}}]}" },
};

static const struct convert_case one_way[] = {
	{ "money of R4 is exact, what is not stays a quantity", S, R,
	    P ",\"extension\":[{\"url\":\"u:a\",\"valueMoney\":{\"value\":5.0,"
	      "\"comparator\":\"<\",\"unit\":\"Euro\",\"system\":"
	      "\"urn:iso:std:iso:4217\",\"code\":\"EUR\"}}]}",
	    P ",\"extension\":[{\"url\":\"u:a\",\"valueQuantity\":{\"value\":"
	      "5.0,\"comparator\":\"<\",\"unit\":\"Euro\",\"system\":"
	      "\"urn:iso:std:iso:4217\",\"code\":\"EUR\"}}]}" },
	{ "so does what nobody knows to be exact, in a list too", S, R,
	    P ",\"extension\":[{\"url\":\"u:a\",\"valueMoney\":[{\"value\":5,"
	      "\"_comparator\":{\"extension\":[{\"url\":\"u:b\","
	      "\"valueCode\":\"x\"}]}}]}]}",
	    P ",\"extension\":[{\"url\":\"u:a\",\"valueQuantity\":{\"value\":5,"
	      "\"_comparator\":{\"extension\":[{\"url\":\"u:b\","
	      "\"valueCode\":\"x\"}]}}}]}" },
	{ "exact money has its currency", S, R,
	    P ",\"extension\":[{\"url\":\"u:a\",\"valueMoney\":{\"value\":5.0,"
	      "\"system\":\"urn:iso:std:iso:4217\",\"code\":\"EUR\"}}]}",
	    P ",\"extension\":[{\"url\":\"u:a\",\"valueMoney\":{\"value\":5.0,"
	      "\"currency\":\"EUR\"}}]}" },
	{ "another value wins over the original", D, S,
	    P ",\"telecom\":[{\"system\":\"fax\",\"_system\":{\"extension\":["
	      "{\"url\":\"" X30 "ContactPoint.system\",\"valueCode\":\"sms\"}"
	      "]}}]}",
	    P ",\"telecom\":[{\"system\":\"fax\"}]}" },
	{ "one where a list belongs, a list where one belongs", S, R,
	    P ",\"name\":{\"given\":\"Ada\"},\"birthDate\":[\"2000\",\"2001\"]}",
	    P ",\"name\":[{\"given\":[\"Ada\"]}],\"birthDate\":\"2000\","
	      "\"extension\":[{\"url\":\"" X30 "Patient.birthDate\","
	      "\"valueDate\":\"2001\"}]}" },
	{ "numbers and booleans in quotes", R, R,
	    P ",\"active\":\"true\",\"multipleBirthInteger\":\"2\","
	      "\"telecom\":[{\"rank\":\"x\",\"value\":5.50}]}",
	    P ",\"active\":true,\"multipleBirthInteger\":2,"
	      "\"telecom\":[{\"rank\":\"x\",\"value\":\"5.50\"}]}" },
	{ "nothing empty", D, D,
	    P ",\"id\":\"\",\"name\":[],\"contact\":[{},{\"name\":{\"text\":"
	      "\"\"}}],\"active\":null,\"maritalStatus\":{\"coding\":[{}]}}",
	    P "}" },
	{ "comments are DSTU2's", D, S,
	    P ",\"fhir_comments\":[\"a\"],\"_gender\":{\"fhir_comments\":"
	      "[\"b\"]},\"gender\":\"male\"}",
	    P ",\"gender\":\"male\"}" },
	{ "comments stay there", D, D,
	    P ",\"fhir_comments\":[\"a\"]}", P ",\"fhir_comments\":[\"a\"]}" },
	{ "foreign elements travel", D, R,
	    P ",\"mood\":{\"a\":[]},\"x\":\"\"}",
	    P ",\"mood\":{\"a\":[]},\"x\":\"\"}" },
	{ "an element of the other version gives way", D, S,
	    P ",\"generalPractitioner\":[{\"display\":\"b\"}],"
	      "\"careProvider\":[{\"display\":\"a\"}]}",
	    P ",\"generalPractitioner\":[{\"display\":\"a\"}]}" },
	{ "or stays when nothing takes its place", D, S,
	    P ",\"generalPractitioner\":[{\"display\":\"b\"}]}",
	    P ",\"generalPractitioner\":[{\"display\":\"b\"}]}" },
	{ "narratives get the namespace", D, S,
	    P ",\"text\":{\"status\":\"generated\",\"div\":\"<div>x</div>\"}}",
	    P ",\"text\":{\"status\":\"generated\",\"div\":\"<div xmlns=\\\""
	      "http://www.w3.org/1999/xhtml\\\">x</div>\"}}" },
	{ "values that no extension there can hold", R, S,
	    P ",\"extension\":[{\"url\":\"u:a\",\"valueExpression\":{\"language\""
	      ":\"text/cql\"}},{\"url\":\"u:b\",\"valueUrl\":\"http://x\"}]}",
	    P ",\"extension\":[{\"url\":\"u:b\",\"valueUri\":\"http://x\"}]}" },
	{ "of two values of a choice that get one name the right one", R, S,
	    P ",\"extension\":[{\"url\":\"u:a\",\"valueUrl\":\"b\",\"_valueUrl\":"
	      "{\"id\":\"b\"},\"valueUri\":\"a\"},{\"url\":\"u:b\",\"valueUrl\":\"b\","
	      "\"valueCanonical\":\"c\"}]}",
	    P ",\"extension\":[{\"url\":\"u:a\",\"valueUri\":\"a\"},{\"url\":"
	      "\"u:b\",\"valueUri\":\"b\"}]}" },
	{ "a reference by identifier alone shows it", S, D,
	    P ",\"managingOrganization\":{\"identifier\":{\"value\":\"7\"}}}",
	    P ",\"managingOrganization\":{\"display\":\"7\",\"extension\":[{"
	      "\"url\":\"" X30 "Reference.identifier\",\"valueIdentifier\":"
	      "{\"value\":\"7\"}}]}}" },
	{ "what is no object is let be", R, S,
	    P ",\"name\":[\"Ada\",7,null],\"contact\":5,\"meta\":[true]}",
	    P ",\"name\":[\"Ada\",7],\"contact\":[5],\"meta\":[true]}" },
	{ "unknown types stay", D, R,
	    "{\"resourceType\":\"Basket\",\"careProvider\":{}}",
	    "{\"resourceType\":\"Basket\",\"careProvider\":{}}" },
};
/* clang-format on */

static void
each_way_as_the_tables_say(void **state)
{
	(void)state;
	convert_cases(both_ways, COUNT(both_ways));
	convert_cases(one_way, COUNT(one_way));
}

static void
what_was_kept_comes_back(void **state)
{
	(void)state;
	convert_returns(both_ways, COUNT(both_ways));
}

/* Calling something untidy costs time; calling it tidy that is not would leave
 * it as it is. */
static void
what_would_be_mended_is_not_tidy(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(one_way) + COUNT(both_ways); i++) {
		const struct convert_case *k =
		    i < COUNT(one_way) ? &one_way[i]
				       : &both_ways[i - COUNT(one_way)];
		struct tree_node *n = convert_read(a, k->json);
		enum map_way way = map_way_next(k->from, k->from);
		struct convert c = { .a = a, .way = way };
		bool tidy = convert_tidy(way, n);

		convert_any(&c, n);
		if (tidy && !convert_equal(n, convert_read(a, k->json)))
			fail_msg("%s: %s", k->what, k->json);
	}
	assert_true(convert_tidy(MAP_R4_R4,
	    convert_read(a, P ",\"active\":true,\"name\":[{\"given\":"
			      "[\"Ada\"]}],\"mood\":{}}")));
	arena_free(a);
}

static void
a_bare_answer_has_no_extensions_of_ours(void **state)
{
	struct arena *a = arena_new();
	struct convert_losses losses = { NULL };
	const char *json = convert_json(
	    a, R, S, P ",\"identifier\":[{\"use\":\"old\"}]}", true, &losses);

	(void)state;
	assert_string_equal(json, "{\"resourceType\":\"Patient\"}");
	assert_non_null(losses.first);
	arena_free(a);
}

static void
losses_are_counted_by_element(void **state)
{
	struct arena *a = arena_new();
	struct convert_losses l = { NULL };

	(void)state;
	convert_json(a, R, D,
	    P ",\"identifier\":[{\"use\":\"old\"},{\"use\":\"old\"}],\"meta\":"
	      "{\"source\":\"x\"}}",
	    false, &l);
	for (struct convert_loss *p = l.first; p; p = p->next) {
		bool use = !strcmp(p->element, "Identifier.use");

		assert_true(use || !strcmp(p->element, "Meta.source"));
		assert_int_equal(p->times, use ? 2 : 1);
		assert_int_equal(
		    p->fate, use ? CONVERT_CODE : CONVERT_EXTENSION);
		assert_int_equal(p->from, R);
		assert_int_equal(p->to, S);
	}
	arena_free(a);
}

static void
what_stays_keeps_its_bytes(void **state)
{
	static const char json[] =
	    "{ \"resourceType\" : \"Patient\",\n\t\"name\":[ {\"given\":"
	    "[\"\\u0041da\" ]}]}";
	struct arena *a = arena_new();

	(void)state;
	assert_string_equal(convert_json(a, S, R, json, false, NULL), json);
	arena_free(a);
}

/* Each costs about the same, however many there are. */
static void
long_lists_to_lose_are_lost_in_time(void **state)
{
	struct arena *a = arena_new();
	struct buf b = buf_new(a, (size_t)32 * 1024 * 1024);
	const char *json;

	(void)state;
	buf_str(&b, P);
	for (int i = 0; i < 100000; i++)
		buf_fmt(&b, ",\"m%d\":1", i);
	buf_str(&b, ",\"birthDate\":[\"0\"");
	for (int i = 1; i < 100000; i++)
		buf_fmt(&b, ",\"%d\"", i);
	buf_str(&b, "]}");
	json = convert_json(a, R, S, buf_text(&b), false, NULL);
	assert_non_null(strstr(json, "\"valueDate\":\"99999\""));
	arena_free(a);
}

/* Extensions are many times as long as what they keep. */
static void
what_is_kept_does_not_pass_the_byte_budget(void **state)
{
	const struct convert_how how = { .from = D, .to = R };
	const char *one[] = { "{\"family\":[\"a\",\"b\"]},", "\"a\"," };
	const char *around[][2] = { { ",\"name\":[", "{\"text\":\"c\"}]}" },
		{ ",\"name\":[{\"family\":[", "\"b\"]}]}" } };

	(void)state;
	for (size_t i = 0; i < COUNT(one); i++) {
		struct arena *a = arena_new();
		struct buf b = buf_new(a, (size_t)4 * 1024 * 1024);
		struct err e = { .kind = ERR_NONE };
		struct tree_node *n;
		size_t ceiling;

		buf_str(&b, P);
		buf_str(&b, around[i][0]);
		for (int j = 0; j < 100000; j++)
			buf_str(&b, one[i]);
		buf_str(&b, around[i][1]);
		n = convert_read(a, buf_text(&b));
		ceiling = arena_total() + 2 * 1024 * 1024;
		arena_budget(ceiling);
		assert_false(convert_resource(a, n, &how, &e));
		arena_budget(0);
		assert_int_equal(e.kind, ERR_BUSY);
		assert_true(arena_total() < ceiling + 16 * 1024 * 1024);
		arena_free(a);
	}
}

/* Says stop when it is asked the n-th time. */
struct patience {
	unsigned asked, until;
};

static bool
worn_out(void *ctx)
{
	struct patience *p = ctx;

	return ++p->asked == p->until;
}

static bool
converted_until(unsigned until, struct patience *p, struct err *e)
{
	const struct convert_how how = {
		.from = D, .to = R, .stop = worn_out, .ctx = p
	};
	struct arena *a = arena_new();
	struct buf b = buf_new(a, (size_t)4 * 1024 * 1024);
	bool fine;

	*p = (struct patience){ 0, until };
	*e = (struct err){ .kind = ERR_NONE };
	buf_str(&b, P ",\"name\":[{}");
	for (int j = 0; j < 10 * CONVERT_STEPS; j++)
		buf_str(&b, ",{\"family\":[\"a\"]}");
	buf_str(&b, "]}");
	fine = convert_resource(a, convert_read(a, buf_text(&b)), &how, e);
	arena_free(a);
	return fine;
}

static void
who_waits_for_it_may_stop_it(void **state)
{
	struct patience p;
	struct err e;
	unsigned all;

	(void)state;
	assert_true(converted_until(0, &p, &e)); /* never */
	all = p.asked;
	assert_in_range(
	    all, 20, 60); /* both steps, two objects a name at most */
	for (unsigned n = 1; n <= all; n++) {
		assert_false(converted_until(n, &p, &e));
		assert_int_equal(e.kind, ERR_DEADLINE);
		assert_int_equal(p.asked, n); /* not once more */
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_way_as_the_tables_say),
		cmocka_unit_test(what_was_kept_comes_back),
		cmocka_unit_test(what_would_be_mended_is_not_tidy),
		cmocka_unit_test(a_bare_answer_has_no_extensions_of_ours),
		cmocka_unit_test(losses_are_counted_by_element),
		cmocka_unit_test(what_stays_keeps_its_bytes),
		cmocka_unit_test(long_lists_to_lose_are_lost_in_time),
		cmocka_unit_test(who_waits_for_it_may_stop_it),
		cmocka_unit_test(what_is_kept_does_not_pass_the_byte_budget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
