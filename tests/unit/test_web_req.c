/* test_web_req.c - what a web server may bring, and what is refused
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "web/req.h"

static const struct conf conf = { .request_wait_ms = 1000 };

static bool
read_vars(struct req *r, char *const *vars, struct err *e)
{
	memset(e, 0, sizeof *e);
	return req_read(r, &conf, vars, e);
}

static char line[16384];

static enum err_kind
target(const char *text)
{
	char *vars[] = { (char[]){ "REQUEST_METHOD=GET" }, line, NULL };
	struct req r;
	struct err e;

	snprintf(line, sizeof line, "REQUEST_URI=%s", text);
	return read_vars(&r, vars, &e) ? ERR_NONE : e.kind;
}

static void
a_path_has_one_spelling(void **state)
{
	static const char *const good[] = { "/", "/fhir/r4/Patient/1.2-x",
		"/fhir/Patient/_search?a=%20&b=../x", "/fhir/Patient?",
		"/fhir/r4/" };
	static const char *const bad[] = { "", "fhir", "*", "//fhir",
		"/fhir//Patient", "/fhir/../admin", "/fhir/.", "/fhir/..",
		"/fhir/./x", "/fhir/%2e%2e/admin", "/fhir/%252e", "/a%2fb",
		"/fhir/..;/x", "/fhir;a=b", "/fhir\\x", "/fhir/\x01",
		"/fhir/\xc3\xa9", "/a b", "http://evil/fhir", "/<x>" };
	static char longest[9000];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(good); i++)
		assert_int_equal(target(good[i]), ERR_NONE);
	for (i = 0; i < COUNT(bad); i++)
		assert_int_equal(target(bad[i]), ERR_ADDRESS);
	memset(longest, 'a', sizeof longest - 1);
	longest[0] = '/';
	assert_int_equal(target(longest), ERR_ADDRESS_LONG);
}

static void
a_length_is_digits_and_nothing_else(void **state)
{
	static const struct {
		const char *var;
		bool fine;
		uint64_t length;
	} rows[] = {
		{ "CONTENT_LENGTH=0", true, 0 },
		{ "CONTENT_LENGTH=17", true, 17 },
		{ "CONTENT_LENGTH=9999999999", true, 9999999999u },
		{ "CONTENT_LENGTH=", true, 0 },
		{ "CONTENT_LENGTH=-1", false, 0 },
		{ "CONTENT_LENGTH=+5", false, 0 },
		{ "CONTENT_LENGTH=0x10", false, 0 },
		{ "CONTENT_LENGTH=5,5", false, 0 },
		{ "CONTENT_LENGTH= 5", false, 0 },
		{ "CONTENT_LENGTH=12345678901", false, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		char var[64];
		char *vars[] = { (char[]){ "REQUEST_METHOD=POST" },
			(char[]){ "REQUEST_URI=/x" }, var, NULL };
		struct req r;
		struct err e;

		snprintf(var, sizeof var, "%s", rows[i].var);
		assert_int_equal(read_vars(&r, vars, &e), rows[i].fine);
		if (rows[i].fine)
			assert_int_equal(r.length, rows[i].length);
		else
			assert_int_equal(e.kind, ERR_MALFORMED);
	}
}

static void
what_bears_on_security_stands_once(void **state)
{
	char *twice[] = { (char[]){ "REQUEST_METHOD=GET" },
		(char[]){ "REQUEST_URI=/x" },
		(char[]){ "HTTP_AUTHORIZATION=Bearer a" },
		(char[]){ "HTTP_AUTHORIZATION=Bearer b" }, NULL };
	char *harmless[] = { (char[]){ "REQUEST_METHOD=GET" },
		(char[]){ "REQUEST_URI=/x" }, (char[]){ "HTTP_ACCEPT=a" },
		(char[]){ "HTTP_ACCEPT=b" }, NULL };
	struct req r;
	struct err e;

	(void)state;
	assert_false(read_vars(&r, twice, &e));
	assert_int_equal(e.kind, ERR_MALFORMED);
	assert_true(read_vars(&r, harmless, &e));
	assert_true(str_is(r.accept, "b"));
}

/* What comes as an id of the caller's, and what is taken of it. */
static const struct {
	const char *var;
	const char *request_id; /* NULL: ours */
	const char *parent;
} ids[] = {
	{ "HTTP_X_REQUEST_ID=abc-1._", "abc-1._", "" },
	{ "HTTP_X_REQUEST_ID=", NULL, "" },
	{ "HTTP_X_REQUEST_ID=a b", NULL, "" },
	{ "HTTP_X_REQUEST_ID=a\"}\n", NULL, "" },
	{ "HTTP_X_REQUEST_ID=\x1b[31m", NULL, "" },
	{ "HTTP_X_REQUEST_ID="
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	  "aaaaa",
	    NULL, "" },
	{ "HTTP_TRACEPARENT=00-0af7651916cd43dd8448eb211c80319c-"
	  "b7ad6b7169203331-01",
	    NULL, "0af7651916cd43dd8448eb211c80319c" },
	{ "HTTP_TRACEPARENT=00-00000000000000000000000000000000-"
	  "b7ad6b7169203331-01",
	    NULL, "" },
	{ "HTTP_TRACEPARENT=01-0af7651916cd43dd8448eb211c80319c-"
	  "b7ad6b7169203331-01",
	    NULL, "0af7651916cd43dd8448eb211c80319c" },
	{ "HTTP_TRACEPARENT=01-0af7651916cd43dd8448eb211c80319c-"
	  "b7ad6b7169203331-01-more",
	    NULL, "0af7651916cd43dd8448eb211c80319c" },
	{ "HTTP_TRACEPARENT=01-0af7651916cd43dd8448eb211c80319c-"
	  "b7ad6b7169203331-01more",
	    NULL, "" },
	{ "HTTP_TRACEPARENT=00-0af7651916cd43dd8448eb211c80319c-"
	  "b7ad6b7169203331-01-more",
	    NULL, "" },
	{ "HTTP_TRACEPARENT=ff-0af7651916cd43dd8448eb211c80319c-"
	  "b7ad6b7169203331-01",
	    NULL, "" },
	{ "HTTP_TRACEPARENT=00-0af7651916cd43dd8448eb211c80319c-"
	  "0000000000000000-01",
	    NULL, "" },
	{ "HTTP_TRACEPARENT=00-0AF7651916CD43DD8448EB211C80319C-"
	  "b7ad6b7169203331-01",
	    NULL, "" },
	{ "HTTP_TRACEPARENT=00-0af7651916cd43dd8448eb211c80319c", NULL, "" },
};

static void
foreign_trace_ids_are_taken_only_when_plain(void **state)
{
	char last[33] = "";
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(ids); i++) {
		char var[128];
		char *vars[] = { (char[]){ "REQUEST_METHOD=GET" },
			(char[]){ "REQUEST_URI=/x" }, var, NULL };
		struct req r;
		struct err e;

		snprintf(var, sizeof var, "%s", ids[i].var);
		assert_true(read_vars(&r, vars, &e));
		assert_int_equal(strlen(r.trace.id), 32);
		assert_string_not_equal(r.trace.id, last);
		memcpy(last, r.trace.id, sizeof last);
		assert_string_equal(r.trace.request_id,
		    ids[i].request_id ? ids[i].request_id : r.trace.id);
		assert_string_equal(r.trace.parent, ids[i].parent);
	}
}

static void
a_trace_id_begins_with_its_time(void **state)
{
	char *vars[] = { (char[]){ "REQUEST_METHOD=GET" },
		(char[]){ "REQUEST_URI=/x" }, NULL };
	unsigned char ms[6];
	struct req r;
	struct err e;
	int64_t at = 0;
	size_t i;

	(void)state;
	assert_true(read_vars(&r, vars, &e));
	assert_true(dec_hex(ms, 6, (struct str){ r.trace.id, 12 }));
	for (i = 0; i < 6; i++)
		at = at << 8 | ms[i];
	assert_int_equal(at, r.start_us / 1000);
}

static void
a_form_in_another_charset_is_no_form(void **state)
{
	static const struct {
		const char *type;
		bool form;
	} rows[] = {
		{ "application/x-www-form-urlencoded", true },
		{ "Application/X-WWW-Form-Urlencoded ; charset=UTF-8", true },
		{ "application/x-www-form-urlencoded;charset=\"utf-8\"", true },
		{ "application/x-www-form-urlencoded;charset=utf-16", false },
		{ "application/x-www-form-urlencodedx", false },
		{ "text/plain", false },
		{ "multipart/form-data; boundary=x", false },
		{ "", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		struct req r = { .content_type = str_of(rows[i].type) };

		assert_int_equal(
		    req_media(&r, "application/x-www-form-urlencoded"),
		    rows[i].form);
	}
}

static void
a_certificate_is_what_the_server_says_of_it(void **state)
{
	char *tls[] = { (char[]){ "REQUEST_METHOD=GET" },
		(char[]){ "REQUEST_URI=/" }, (char[]){ "HTTPS=on" },
		(char[]){ "SERVER_PORT=8443" },
		(char[]){ "SSL_CLIENT_VERIFY=NONE" },
		(char[]){ "HTTP_SSL_CLIENT_VERIFY=SUCCESS" },
		(char[]){ "HTTP_SSL_CLIENT_S_DN_CN=gateway" }, NULL, NULL };
	char *plain[] = { (char[]){ "REQUEST_METHOD=GET" },
		(char[]){ "REQUEST_URI=/" }, (char[]){ "SERVER_PORT=80" },
		(char[]){ "HTTP_HTTPS=on" }, NULL };
	struct req r;
	struct err e;

	(void)state;
	assert_true(read_vars(&r, tls, &e));
	assert_true(str_is(r.tls_port, "8443"));
	assert_true(str_is(r.client_verify, "NONE"));
	assert_null(r.client_name.at);
	tls[7] = (char[]){ "SSL_CLIENT_VERIFY=SUCCESS" };
	assert_false(read_vars(&r, tls, &e));
	assert_int_equal(e.kind, ERR_MALFORMED);
	assert_true(read_vars(&r, plain, &e));
	assert_null(r.tls_port.at);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_has_one_spelling),
		cmocka_unit_test(a_length_is_digits_and_nothing_else),
		cmocka_unit_test(what_bears_on_security_stands_once),
		cmocka_unit_test(a_certificate_is_what_the_server_says_of_it),
		cmocka_unit_test(foreign_trace_ids_are_taken_only_when_plain),
		cmocka_unit_test(a_trace_id_begins_with_its_time),
		cmocka_unit_test(a_form_in_another_charset_is_no_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
