/* test_gate_credential.c - a credential opens for its tenant, kind and server
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/enc.h"
#include "gate/credential.h"

#define TENANT "0000c4ed-c4ed-4000-8000-000000000001"
#define OTHER  "0000c4ed-c4ed-4000-8000-000000000002"
#define URL    "https://fhir.hospital.example/r4"

struct desk {
	struct arena *a;
	char dir[64];
	unsigned char private[CRYPT_X25519_BYTES], public[CRYPT_X25519_BYTES];
	char kid[BOX_KID_LEN + 1];
};

static const char *
file(struct desk *d, const char *kid)
{
	return arena_printf(d->a, "%s/%s.key", d->dir, kid);
}

static void
write_key(struct desk *d, const char *kid, const unsigned char *private)
{
	char hex[2 * CRYPT_X25519_BYTES + 1] = "";
	FILE *f = fopen(file(d, kid), "w");

	assert_non_null(f);
	enc_hex(hex, private, CRYPT_X25519_BYTES);
	fprintf(f, "%s\n", hex);
	fclose(f);
	assert_int_equal(chmod(file(d, kid), 0600), 0);
}

static void
begun(struct desk *d)
{
	*d = (struct desk){ .a = arena_new(),
		.dir = "/tmp/wardgate-credential-XXXXXX" };
	assert_non_null(mkdtemp(d->dir));
	crypt_random(d->private, sizeof d->private);
	crypt_x25519_public(d->public, d->private);
	box_kid(d->kid, d->public);
	write_key(d, d->kid, d->private);
}

static void
over(struct desk *d)
{
	unlink(file(d, d->kid));
	assert_int_equal(rmdir(d->dir), 0);
	arena_free(d->a);
}

static struct credential_for
for_tenant(const char *tenant, enum credential_kind kind, const char *url)
{
	struct credential_for of = { .kind = kind, .base_url = url };

	assert_true(guid_read(&of.tenant, str_of(tenant)));
	return of;
}

static struct str
closed(struct desk *d, const struct credential_for *of, const char *secret)
{
	struct err e = { .kind = ERR_NONE };
	char *box = credential_close(d->a, d->public, of, str_of(secret), &e);

	if (!box)
		fail_msg("%s", e.said);
	return str_of(box);
}

static void
assert_opens(struct desk *d, const struct credential_for *of, struct str box,
    const char *line)
{
	struct err e = { .kind = ERR_NONE };
	char *got = credential_open(d->dir, of, box, &e);

	if (!got)
		fail_msg("%s", e.why);
	assert_string_equal(got, line);
	credential_free(got);
}

static void
assert_shut(struct desk *d, const struct credential_for *of, struct str box,
    const char *why)
{
	struct err e = { .kind = ERR_NONE };

	assert_null(credential_open(d->dir, of, box, &e));
	assert_int_equal(e.kind, ERR_CREDENTIAL);
	if (!strstr(e.why, why))
		fail_msg("\"%s\" instead of \"%s\"", e.why, why);
}

/* RFC 7617 2 and 2.1 */
static void
basic_is_sent_as_the_standard_has_it(void **state)
{
	struct desk d;
	struct credential_for of = for_tenant(TENANT, CREDENTIAL_BASIC, URL);

	(void)state;
	begun(&d);
	assert_opens(&d, &of, closed(&d, &of, "Aladdin:open sesame"),
	    "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
	assert_opens(&d, &of, closed(&d, &of, "test:123\xc2\xa3"),
	    "Authorization: Basic dGVzdDoxMjPCow==");
	assert_opens(
	    &d, &of, closed(&d, &of, "a:b:c"), "Authorization: Basic YTpiOmM=");
	over(&d);
}

static void
a_header_is_sent_as_it_is(void **state)
{
	static const char *const headers[] = { "Authorization: Bearer abc.def",
		"X-Api-Key: 0123 456", "Ocp-Apim-Subscription-Key:k" };
	struct desk d;
	struct credential_for of = for_tenant(TENANT, CREDENTIAL_HEADER, URL);
	size_t i;

	(void)state;
	begun(&d);
	for (i = 0; i < COUNT(headers); i++)
		assert_opens(&d, &of, closed(&d, &of, headers[i]), headers[i]);
	over(&d);
}

static void
another_tenant_kind_or_server_is_not_sent_it(void **state)
{
	static const char *const same[] = { URL,
		"https://fhir.hospital.example",
		"https://FHIR.hospital.example:443/stu3" };
	static const char *const others[] = { "http://fhir.hospital.example/r4",
		"https://fhir.hospital.example:8443/r4",
		"https://hospital.example/r4",
		"https://fhir.hospital.example.evil.example/r4" };
	struct desk d;
	struct credential_for of = for_tenant(TENANT, CREDENTIAL_HEADER, URL);
	struct str box;
	size_t i;

	(void)state;
	begun(&d);
	box = closed(&d, &of, "X-Api-Key: k");
	for (i = 0; i < COUNT(same); i++) {
		of.base_url = same[i];
		assert_opens(&d, &of, box, "X-Api-Key: k");
	}
	for (i = 0; i < COUNT(others); i++) {
		of.base_url = others[i];
		assert_shut(
		    &d, &of, box, "sealed for the server https://fhir.");
	}
	of = for_tenant(OTHER, CREDENTIAL_HEADER, URL);
	assert_shut(&d, &of, box, "does not open");
	of = for_tenant(TENANT, CREDENTIAL_BASIC, URL);
	assert_shut(&d, &of, box, "does not open");
	over(&d);
}

static void
a_key_that_is_not_there_or_not_itself_is_told(void **state)
{
	unsigned char other[CRYPT_X25519_BYTES] = { 7 };
	struct err e = { .kind = ERR_NONE };
	struct desk d;
	struct credential_for of = for_tenant(TENANT, CREDENTIAL_BASIC, URL);
	struct str box;

	(void)state;
	begun(&d);
	box = closed(&d, &of, "u:p");
	assert_true(credential_keys_fit(d.dir, &e));
	assert_int_equal(chmod(file(&d, d.kid), 0644), 0);
	assert_shut(&d, &of, box, "has mode 0644");
	assert_false(credential_keys_fit(d.dir, &e));
	assert_int_equal(e.kind, ERR_CONF);
	err_clear(&e);
	unlink(file(&d, d.kid));
	assert_shut(&d, &of, box, d.kid);
	write_key(&d, d.kid, other);
	assert_shut(&d, &of, box, "by its content");
	assert_false(credential_keys_fit(d.dir, &e));
	err_clear(&e);
	unlink(file(&d, d.kid));
	assert_true(credential_keys_fit(d.dir, &e)); /* empty */
	assert_true(credential_keys_fit("/nonexistent/wardgate", &e));
	assert_shut(&d, &of, STR("wgbox1.no"), "no box");
	over(&d);
}

/* Closed by other hands, with the public key and a purpose that is right. */
static void
what_cannot_be_sent_is_not_sent_whoever_sealed_it(void **state)
{
	static const struct {
		const char *plain, *why;
	} cases[] = {
		{ "X-Api-Key: k", "no credential" },
		{ "https://fhir.hospital.example:443\nHost: evil", "belongs" },
		{ "https://fhir.hospital.example:443\nX: a\r\nHost: b",
		    "visible ASCII" },
		{ "https://fhir.hospital.example:443\nX y: a", "its name" },
		{ "https://fhir.hospital.example:443\n", "its name" },
		{ "\nX: y", "another one" },
	};
	struct desk d;
	struct credential_for of = for_tenant(TENANT, CREDENTIAL_HEADER, URL);
	size_t i;

	(void)state;
	begun(&d);
	for (i = 0; i < COUNT(cases); i++)
		assert_shut(&d, &of,
		    str_of(box_close(d.a, d.public,
			STR("provider credential header " TENANT),
			str_of(cases[i].plain))),
		    cases[i].why);
	over(&d);
}

static void
what_does_not_fit_is_refused_and_not_repeated(void **state)
{
	static const struct {
		enum credential_kind kind;
		const char *secret;
	} cases[] = {
		{ CREDENTIAL_NONE, "hidden" },
		{ CREDENTIAL_BASIC, "hidden" },
		{ CREDENTIAL_BASIC, ":hidden" },
		{ CREDENTIAL_BASIC, "user:hid\nden" },
		{ CREDENTIAL_BASIC, "user:hid\xff"
				    "den" },
		{ CREDENTIAL_HEADER, "hidden" },
		{ CREDENTIAL_HEADER, "X hidden: y" },
		{ CREDENTIAL_HEADER, ": hidden" },
		{ CREDENTIAL_HEADER, "X-Api-Key:" },
		{ CREDENTIAL_HEADER, "X-Api-Key: hidden " },
		{ CREDENTIAL_HEADER, "X-Api-Key:  hidden" },
		{ CREDENTIAL_HEADER, "X-Api-Key: hid\tden" },
		{ CREDENTIAL_HEADER, "transfer-ENCODING: hidden" },
		{ CREDENTIAL_HEADER, "Content-Length: 0" },
	};
	char *large = calloc(1, CREDENTIAL_SECRET_MAX + 2);
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		e = (struct err){ .kind = ERR_NONE };
		assert_false(credential_fits(
		    cases[i].kind, str_of(cases[i].secret), &e));
		assert_int_equal(e.kind, ERR_PARAM);
		assert_null(strstr(e.said, "hid"));
		assert_null(strstr(e.why, "hid"));
	}
	memset(large, 'x', CREDENTIAL_SECRET_MAX + 1);
	large[1] = ':';
	e = (struct err){ .kind = ERR_NONE };
	assert_false(credential_fits(CREDENTIAL_BASIC, str_of(large), &e));
	large[CREDENTIAL_SECRET_MAX] = '\0';
	err_clear(&e);
	assert_true(credential_fits(CREDENTIAL_BASIC, str_of(large), &e));
	free(large);
}

static void
resealed_is_the_same_under_another_key(void **state)
{
	unsigned char next[CRYPT_X25519_BYTES], public[CRYPT_X25519_BYTES];
	char kid[BOX_KID_LEN + 1], named[BOX_KID_LEN + 1];
	struct err e = { .kind = ERR_NONE };
	struct desk d;
	struct credential_for of = for_tenant(TENANT, CREDENTIAL_BASIC, URL);
	struct str box, fresh;

	(void)state;
	begun(&d);
	box = closed(&d, &of, "user:password");
	crypt_random(next, sizeof next);
	crypt_x25519_public(public, next);
	box_kid(kid, public);
	of.base_url = "https://elsewhere.example"; /* is none of its business */
	fresh = str_of(credential_reseal(d.a, d.dir, &of, box, public, &e));
	assert_non_null(fresh.at);
	assert_true(box_read(fresh, named));
	assert_string_equal(named, kid);
	of.base_url = URL;
	assert_shut(&d, &of, fresh, kid);
	write_key(&d, kid, next);
	assert_opens(
	    &d, &of, fresh, "Authorization: Basic dXNlcjpwYXNzd29yZA==");
	of = for_tenant(OTHER, CREDENTIAL_BASIC, URL);
	assert_null(credential_reseal(d.a, d.dir, &of, box, public, &e));
	assert_int_equal(e.kind, ERR_CREDENTIAL);
	unlink(file(&d, kid));
	over(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(basic_is_sent_as_the_standard_has_it),
		cmocka_unit_test(a_header_is_sent_as_it_is),
		cmocka_unit_test(another_tenant_kind_or_server_is_not_sent_it),
		cmocka_unit_test(a_key_that_is_not_there_or_not_itself_is_told),
		cmocka_unit_test(
		    what_cannot_be_sent_is_not_sent_whoever_sealed_it),
		cmocka_unit_test(what_does_not_fit_is_refused_and_not_repeated),
		cmocka_unit_test(resealed_is_the_same_under_another_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
