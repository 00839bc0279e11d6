/* test_gate_token.c - one way to be believed, and many not to be
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
#include <jwt.h>

#include "ext/crypt.h"
#include "ext/js.h"
#include "gate/token.h"
#include "test_pems.h"

#define NOW    1800000000
#define BASE   "https://gw.example.org"
#define CLIENT "0f8fad5b-d9cb-469f-a165-70867728950e"
#define TENANT "7c9e6679-7425-40de-944b-e07fc1f90ae7"
#define HEADER "{\"alg\":\"ES256\",\"kid\":\"" PEM_KID "\",\"typ\":\"at+jwt\"}"
#define PAYLOAD                                                                \
	"{\"iss\":\"" BASE "\",\"aud\":\"" BASE "/fhir\",\"exp\":1800000600,"  \
	"\"nbf\":1800000000,\"iat\":1800000000,\"sub\":\"" CLIENT              \
	"\",\"client_id\":\"" CLIENT "\",\"scope\":\"" TENANT                  \
	"\",\"jti\":\"AAECAwQFBgcICQoLDA0ODw\",\"cred\":\"abcdefgh\"}"

static const struct token_rules rules = { BASE, BASE "/fhir", 60, 8192 };

static char public[64], signing[64];
static struct keyring *ring;
static struct arena *a;

static void
put(const char *dir, const char *kid, const char *text, unsigned mode)
{
	char path[200];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s.pem", dir, kid);
	if (!text) {
		unlink(path);
		return;
	}
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(path, mode), 0);
}

static int
start(void **state)
{
	struct keyring_wish wish = { .sign = PEM_KID };
	struct err e = { 0 };

	(void)state;
	snprintf(public, sizeof public, "/tmp/wardgate-test-XXXXXX");
	snprintf(signing, sizeof signing, "/tmp/wardgate-test-XXXXXX");
	if (!mkdtemp(public) || !mkdtemp(signing))
		return -1;
	put(public, PEM_KID, PEM_PUBLIC, 0644);
	put(public, PEM_RFC7515_KID, PEM_RFC7515, 0644);
	put(signing, PEM_KID, PEM_PRIVATE, 0600);
	a = arena_new();
	ring = keyring_open(public, signing, &wish, &e);
	return ring ? 0 : -1;
}

static int
stop(void **state)
{
	(void)state;
	keyring_free(ring);
	arena_free(a);
	put(public, PEM_KID, NULL, 0);
	put(public, PEM_RFC7515_KID, NULL, 0);
	put(signing, PEM_KID, NULL, 0);
	return rmdir(public) | rmdir(signing);
}

static char *
b64(struct str s)
{
	char *to = arena_get(a, ENC_B64_LEN(s.len) + 1);

	enc_b64url(to, s.at, s.len);
	return to;
}

/* The compact form of any two texts, signed well. */
static char *
signed_token(struct str header, struct str payload)
{
	const struct keys *keys = keyring_hold(ring);
	char sig[JWS_SIG_LEN + 1] = "";
	char *input = arena_printf(a, "%s.%s", b64(header), b64(payload));

	assert_true(jws_sign(keys_signing(keys), str_of(input), sig, NULL));
	keys_release(keys);
	return arena_printf(a, "%s.%s", input, sig);
}

/* text with the first `from` replaced; everything, if from is "". */
static struct str
with(const char *text, const char *from, struct str to)
{
	const char *at = strstr(text, from);
	size_t before, after;
	char *p;

	if (!*from)
		return to;
	assert_non_null(at);
	before = (size_t)(at - text);
	after = strlen(at) - strlen(from);
	p = arena_get(a, before + to.len + after + 1);
	memcpy(p, text, before);
	memcpy(p + before, to.at, to.len);
	memcpy(p + before + to.len, at + strlen(from), after);
	return (struct str){ p, before + to.len + after };
}

static enum err_kind
kind_at(const char *token, int64_t now)
{
	struct err e = { 0 };
	const struct claims *c =
	    token_read(a, ring, &rules, str_of(token), now, &e);

	assert_int_equal(c == NULL, e.kind != ERR_NONE);
	assert_string_equal(e.said, "");
	return e.kind;
}

static enum err_kind
kind_of(const char *token)
{
	return kind_at(token, NOW);
}

static struct claims
some_claims(void)
{
	struct claims c = { .cred = "abcdefgh",
		.change = 77,
		.iat_s = NOW,
		.exp_s = NOW + 600 };

	assert_true(guid_read(&c.client, STR(CLIENT)));
	assert_true(guid_read(&c.tenant, STR(TENANT)));
	return c;
}

static void
what_a_token_is_for_comes_back(void **state)
{
	static const struct scope scopes[] = {
		{ 0 },
		{ SCOPE_BIT(IFACE_PATIENT, IFACE_READ), true, false },
		{ SCOPE_ALL, true, true },
	};
	struct err e = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(scopes); i++) {
		struct claims c = some_claims();
		const struct claims *back;
		struct str token;

		c.scope = scopes[i];
		token = token_make(a, ring, &rules, &c, &e);
		back = token_read(a, ring, &rules, token, NOW, &e);
		assert_non_null(back);
		assert_true(guid_eq(&back->tenant, &c.tenant));
		assert_int_equal(back->scope.named, scopes[i].named);
		assert_int_equal(back->scope.v1, scopes[i].v1);
		assert_int_equal(back->scope.may,
		    scopes[i].named ? scopes[i].may : SCOPE_ALL);
	}
}

static void
what_is_made_is_believed(void **state)
{
	struct claims c = some_claims(), d = some_claims();
	struct err e = { 0 };
	struct str one = token_make(a, ring, &rules, &c, &e);
	struct str two = token_make(a, ring, &rules, &d, &e);
	const struct claims *read = token_read(a, ring, &rules, one, NOW, &e);

	(void)state;
	assert_non_null(read);
	assert_true(guid_eq(&read->client, &c.client));
	assert_true(guid_eq(&read->tenant, &c.tenant));
	assert_string_equal(read->jti, c.jti);
	assert_string_equal(read->cred, "abcdefgh");
	assert_int_equal(read->change, 77);
	assert_int_equal(read->iat_s, NOW);
	assert_int_equal(read->nbf_s, NOW);
	assert_int_equal(read->exp_s, NOW + 600);
	assert_string_not_equal(c.jti, d.jti);
	assert_false(str_eq(one, two));
	assert_in_range(one.len, 500, 1000);
}

static void
a_token_can_be_made_again_with_another_number(void **state)
{
	struct claims c = some_claims();
	struct err e = { 0 };
	const struct claims *first, *again;
	struct str one = token_make(a, ring, &rules, &c, &e);

	(void)state;
	first = token_read(a, ring, &rules, one, NOW, &e);
	c.change = 99;
	c.exp_s = NOW + 100;
	again = token_read(
	    a, ring, &rules, token_again(a, ring, &rules, &c, &e), NOW, &e);
	assert_non_null(first);
	assert_non_null(again);
	assert_string_equal(again->jti, first->jti);
	assert_int_equal(again->change, 99);
	assert_int_equal(again->exp_s, NOW + 100);
	token_make(a, ring, &rules, &c, &e);
	assert_string_not_equal(c.jti, first->jti);
}

/* Jansson reads what we write as we do. */
static void
a_token_is_the_json_that_the_profile_wants(void **state)
{
	static const char *const names[] = { "iss", "aud", "sub", "client_id",
		"scope", "cred" };
	static const char *const values[] = { BASE, BASE "/fhir", CLIENT,
		CLIENT, TENANT, "abcdefgh" };
	struct claims c = some_claims();
	struct err e = { 0 };
	struct str part = token_make(a, ring, &rules, &c, &e), s;
	char json[2][1000];
	size_t i, n;
	const struct json_t *j[2];
	int64_t exp;

	(void)state;
	for (i = 0; i < 2; i++) {
		n = sizeof json[i];
		assert_true(dec_b64url(json[i], &n, str_cut(part, '.', &part)));
		j[i] = js_read(a, (struct str){ json[i], n }, n, &e);
		assert_non_null(j[i]);
	}
	assert_int_equal(js_count(j[0]), 3);
	assert_true(js_text(j[0], "alg", &s) && str_is(s, "ES256"));
	assert_true(js_text(j[0], "typ", &s) && str_is(s, "at+jwt"));
	assert_true(js_text(j[0], "kid", &s) && str_is(s, PEM_KID));
	assert_int_equal(js_count(j[1]), 11);
	assert_true(js_integer(j[1], "chg", &exp) && exp == 77);
	for (i = 0; i < COUNT(names); i++) {
		assert_true(js_text(j[1], names[i], &s));
		assert_true(str_is(s, values[i]));
	}
	assert_true(js_integer(j[1], "exp", &exp) && exp == NOW + 600);
	assert_true(js_text(j[1], "jti", &s) && str_is(s, c.jti));
}

/* The ground that the rows below stand on, members in any order, and members
 * that a newer release may add. */
static void
a_well_signed_token_in_our_spelling_is_believed(void **state)
{
	static const struct {
		const char *from, *to;
	} rows[] = {
		{ "{", "{" },
		{ "\"cred\"", "\"chg\":7,\"cred\"" },
		{ "\"cred\"", "\"new\":\"x\",\"newer\":-7,\"cred\"" },
		{ "{", "{\"empty\":\"\"," },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		assert_int_equal(
		    kind_of(signed_token(STR(HEADER),
			with(PAYLOAD, rows[i].from, str_of(rows[i].to)))),
		    ERR_NONE);
	assert_int_equal(
	    kind_of(signed_token(STR("{\"typ\":\"at+jwt\",\"alg\":\"ES256\","
				     "\"kid\":\"" PEM_KID "\"}"),
		STR(PAYLOAD))),
	    ERR_NONE);
}

/* clang-format off */
/* Headers: rows A7, A9, A10. */
static const struct {
	const char *from;
	struct str to;
	enum err_kind kind;
} headers[] = {
	{ "ES256", STR("none"), ERR_TOKEN_MALFORMED },
	{ "ES256", STR("nOnE"), ERR_TOKEN_MALFORMED },
	{ "ES256", STR("es256"), ERR_TOKEN_MALFORMED },
	{ "ES256", STR("ES256 "), ERR_TOKEN_MALFORMED },
	{ "ES256", STR(""), ERR_TOKEN_MALFORMED },
	{ "ES256", STR("HS256"), ERR_TOKEN_MALFORMED },
	{ "ES256", STR("ES384"), ERR_TOKEN_MALFORMED },
	{ "ES256", STR("ES256K"), ERR_TOKEN_MALFORMED },
	{ "ES256", STR("RS256"), ERR_TOKEN_MALFORMED },
	{ "ES256", STR("PS256"), ERR_TOKEN_MALFORMED },
	{ "ES256", STR("EdDSA"), ERR_TOKEN_MALFORMED },
	{ "\"ES256\"", STR("null"), ERR_TOKEN_CLAIMS },
	{ "\"ES256\"", STR("256"), ERR_TOKEN_MALFORMED },
	{ "\"alg\":\"ES256\",", STR(""), ERR_TOKEN_MALFORMED },
	{ "at+jwt", STR("JWT"), ERR_TOKEN_MALFORMED },
	{ "at+jwt", STR("jwt"), ERR_TOKEN_MALFORMED },
	{ "at+jwt", STR("AT+JWT"), ERR_TOKEN_MALFORMED },
	{ "at+jwt", STR("application/at+jwt"), ERR_TOKEN_MALFORMED },
	{ "at+jwt", STR("client-authentication+jwt"), ERR_TOKEN_MALFORMED },
	{ "at+jwt", STR("dpop+jwt"), ERR_TOKEN_MALFORMED },
	{ "at+jwt", STR("at\\u002bjwt"), ERR_TOKEN_MALFORMED },
	{ ",\"typ\":\"at+jwt\"", STR(""), ERR_TOKEN_MALFORMED },
	{ PEM_KID, STR(""), ERR_TOKEN_KEY },
	{ PEM_KID, STR("../../../etc/passwd"), ERR_TOKEN_KEY },
	{ PEM_KID, STR("' OR 1=1--"), ERR_TOKEN_KEY },
	{ PEM_KID, STR("AIKywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U"), ERR_TOKEN_KEY },
	{ PEM_KID, STR(PEM_KID "="), ERR_TOKEN_KEY },
	{ PEM_KID, STR(PEM_KID "\0"), ERR_TOKEN_MALFORMED },
	{ PEM_KID, STR(PEM_RFC7515_KID), ERR_TOKEN_SIGNATURE },
	{ "\"" PEM_KID "\"", STR("7"), ERR_TOKEN_KEY },
	{ "\"" PEM_KID "\"", STR("[\"" PEM_KID "\"]"), ERR_TOKEN_CLAIMS },
	{ "\"" PEM_KID "\"", STR("{}"), ERR_TOKEN_CLAIMS },
	{ "\"kid\":\"" PEM_KID "\",", STR(""), ERR_TOKEN_KEY },
	{ "}", STR(",\"crit\":[\"exp\"]}"), ERR_TOKEN_MALFORMED },
	{ "}", STR(",\"crit\":[]}"), ERR_TOKEN_MALFORMED },
	{ "}", STR(",\"b64\":false}"), ERR_TOKEN_MALFORMED },
	{ "}", STR(",\"zip\":\"DEF\"}"), ERR_TOKEN_MALFORMED },
	{ "}", STR(",\"jku\":\"https://evil.example\"}"), ERR_TOKEN_MALFORMED },
	{ "}", STR(",\"jwk\":{\"kty\":\"oct\"}}"), ERR_TOKEN_MALFORMED },
	{ "}", STR(",\"x5u\":\"https://evil.example\"}"), ERR_TOKEN_MALFORMED },
	{ "}", STR(",\"x5c\":[\"MII\"]}"), ERR_TOKEN_MALFORMED },
	{ "}", STR(",\"cty\":\"JWT\"}"), ERR_TOKEN_MALFORMED },
	{ "}", STR(",\"alg\":\"ES256\"}"), ERR_TOKEN_MALFORMED },
	{ "}", STR(",\"alg\":\"none\"}"), ERR_TOKEN_MALFORMED },
	{ "}", STR(",\"\\u0061lg\":\"none\"}"), ERR_TOKEN_MALFORMED },
	{ "{\"alg", STR("{\"alg\":\"none\",\"alg"), ERR_TOKEN_MALFORMED },
	{ "}", STR("} "), ERR_TOKEN_MALFORMED },
	{ "}", STR("}}"), ERR_TOKEN_MALFORMED },
	{ "}", STR("}\0"), ERR_TOKEN_MALFORMED },
	{ "}", STR(",}"), ERR_TOKEN_MALFORMED },
	{ "}", STR(""), ERR_TOKEN_MALFORMED },
	{ "{", STR(""), ERR_TOKEN_MALFORMED },
	{ "{", STR("\xef\xbb\xbf{"), ERR_TOKEN_MALFORMED },
	{ "{", STR("[{"), ERR_TOKEN_MALFORMED },
	{ "", STR("{}"), ERR_TOKEN_MALFORMED },
	{ "", STR("[]"), ERR_TOKEN_MALFORMED },
	{ "", STR("null"), ERR_TOKEN_MALFORMED },
	{ "", STR("\"alg\""), ERR_TOKEN_MALFORMED },
	{ "", STR("{\"alg\":\"ES256\""), ERR_TOKEN_MALFORMED },
	{ "", STR("{\"alg\":\"ES256"), ERR_TOKEN_MALFORMED },
	{ "", STR("{\"alg\":"), ERR_TOKEN_CLAIMS },
	{ "", STR("{\"alg\""), ERR_TOKEN_MALFORMED },
	{ "", STR("{"), ERR_TOKEN_MALFORMED },
	{ "", STR("\0"), ERR_TOKEN_MALFORMED },
};

/* Payloads: rows A5, A6, A10. */
static const struct {
	const char *from;
	struct str to;
	enum err_kind kind;
} payloads[] = {
	/* times; now is 1800000000, skew 60 */
	{ "1800000600", STR("1799999940"), ERR_TOKEN_EXPIRED },
	{ "1800000600", STR("1799999939"), ERR_TOKEN_EXPIRED },
	{ "1800000600", STR("0"), ERR_TOKEN_EXPIRED },
	{ "1800000600", STR("-1"), ERR_TOKEN_EXPIRED },
	{ "1800000600", STR("-999999999999999999"), ERR_TOKEN_EXPIRED },
	{ "\"nbf\":1800000000", STR("\"nbf\":1800000061"), ERR_TOKEN_EARLY },
	{ "\"nbf\":1800000000", STR("\"nbf\":1800000060"), ERR_NONE },
	{ "\"iat\":1800000000", STR("\"iat\":1800000061"), ERR_TOKEN_EARLY },
	{ "\"iat\":1800000000", STR("\"iat\":1800000060"), ERR_NONE },
	{ "\"iat\":1800000000", STR("\"iat\":999999999999999999"), ERR_TOKEN_EARLY },
	{ "1800000600", STR("1800000000"), ERR_TOKEN_CLAIMS },
	{ "1800000600", STR("1799999990"), ERR_TOKEN_CLAIMS },
	{ "1800000600", STR("\"1800000600\""), ERR_TOKEN_CLAIMS },
	{ "1800000600", STR("1800000600.0"), ERR_TOKEN_CLAIMS },
	{ "1800000600", STR("1.8e9"), ERR_TOKEN_CLAIMS },
	{ "1800000600", STR("1e300"), ERR_TOKEN_CLAIMS },
	{ "1800000600", STR("18446744073709551615"), ERR_TOKEN_CLAIMS },
	{ "1800000600", STR("1800000600000000000"), ERR_TOKEN_CLAIMS },
	{ "1800000600", STR("01800000600"), ERR_TOKEN_CLAIMS },
	{ "1800000600", STR("+1800000600"), ERR_TOKEN_CLAIMS },
	{ "1800000600", STR("-0"), ERR_TOKEN_CLAIMS },
	{ "1800000600", STR("-"), ERR_TOKEN_CLAIMS },
	{ "1800000600", STR("0x6b49d458"), ERR_TOKEN_CLAIMS },
	{ "1800000600", STR("null"), ERR_TOKEN_CLAIMS },
	{ "1800000600", STR("true"), ERR_TOKEN_CLAIMS },
	{ "1800000600", STR("[1800000600]"), ERR_TOKEN_CLAIMS },
	{ "1800000600", STR("{}"), ERR_TOKEN_CLAIMS },
	{ "1800000600", STR(""), ERR_TOKEN_CLAIMS },
	{ "\"exp\":1800000600,", STR(""), ERR_TOKEN_CLAIMS },
	{ "\"nbf\":1800000000,", STR(""), ERR_TOKEN_CLAIMS },
	{ "\"iat\":1800000000,", STR(""), ERR_TOKEN_CLAIMS },
	/* issuer and audience */
	{ "\"iss\":\"" BASE "\",", STR(""), ERR_TOKEN_CLAIMS },
	{ "\"" BASE "\"", STR("\"\""), ERR_TOKEN_ISSUER },
	{ "\"" BASE "\"", STR("\"" BASE "/\""), ERR_TOKEN_ISSUER },
	{ "\"" BASE "\"", STR("\"" BASE ".evil\""), ERR_TOKEN_ISSUER },
	{ "\"" BASE "\"", STR("\"https://gw.example.or\""), ERR_TOKEN_ISSUER },
	{ "\"" BASE "\"", STR("\"HTTPS://gw.example.org\""), ERR_TOKEN_ISSUER },
	{ "\"" BASE "\"", STR("[\"" BASE "\"]"), ERR_TOKEN_CLAIMS },
	{ "\"" BASE "\"", STR("7"), ERR_TOKEN_CLAIMS },
	{ "\"aud\":\"" BASE "/fhir\",", STR(""), ERR_TOKEN_CLAIMS },
	{ "\"" BASE "/fhir\"", STR("\"" BASE "\""), ERR_TOKEN_AUDIENCE },
	{ "\"" BASE "/fhir\"", STR("\"" BASE "/fhir/r4\""), ERR_TOKEN_AUDIENCE },
	{ "\"" BASE "/fhir\"", STR("\"\""), ERR_TOKEN_AUDIENCE },
	{ "\"" BASE "/fhir\"", STR("[\"" BASE "/fhir\",\"x\"]"), ERR_TOKEN_CLAIMS },
	{ "\"" BASE "/fhir\"", STR("[\"" BASE "/fhir\"]"), ERR_TOKEN_CLAIMS },
	/* who, where, by what */
	{ "\"sub\":\"" CLIENT "\",", STR(""), ERR_TOKEN_CLAIMS },
	{ "\"sub\":\"" CLIENT, STR("\"sub\":\"" TENANT), ERR_TOKEN_CLAIMS },
	{ "\"client_id\":\"" CLIENT "\",", STR(""), ERR_TOKEN_CLAIMS },
	{ "\"client_id\":\"" CLIENT, STR("\"client_id\":\"" TENANT), ERR_TOKEN_CLAIMS },
	{ TENANT, STR("7C9E6679-7425-40DE-944B-E07FC1F90AE7"), ERR_TOKEN_CLAIMS },
	{ TENANT, STR("00000000-0000-0000-0000-000000000000"), ERR_TOKEN_CLAIMS },
	{ TENANT, STR("ffffffff-ffff-ffff-ffff-ffffffffffff"), ERR_TOKEN_CLAIMS },
	{ TENANT, STR(TENANT " " TENANT), ERR_TOKEN_CLAIMS },
	{ TENANT, STR(TENANT " system/*.write"), ERR_TOKEN_CLAIMS },
	{ TENANT, STR(TENANT " openid"), ERR_TOKEN_CLAIMS },
	{ TENANT, STR(TENANT " "), ERR_TOKEN_CLAIMS },
	{ TENANT, STR("system/*.read " TENANT), ERR_TOKEN_CLAIMS },
	{ TENANT, STR(TENANT " " TENANT), ERR_TOKEN_CLAIMS },
	{ TENANT, STR(" " TENANT), ERR_TOKEN_CLAIMS },
	{ TENANT, STR(""), ERR_TOKEN_CLAIMS },
	{ "\"" TENANT "\"", STR("[\"" TENANT "\"]"), ERR_TOKEN_CLAIMS },
	{ "\"scope\":\"" TENANT "\",", STR(""), ERR_TOKEN_CLAIMS },
	{ "AAECAwQFBgcICQoLDA0ODw", STR(""), ERR_TOKEN_CLAIMS },
	{ "AAECAwQFBgcICQoLDA0ODw", STR("AAECAwQFBgcICQoLDA0OD"), ERR_TOKEN_CLAIMS },
	{ "AAECAwQFBgcICQoLDA0ODw", STR("AAECAwQFBgcICQoLDA0ODx"), ERR_TOKEN_CLAIMS },
	{ "AAECAwQFBgcICQoLDA0ODw", STR("AAECAwQFBgcICQoLDA0O'--"), ERR_TOKEN_CLAIMS },
	{ "\"jti\":\"AAECAwQFBgcICQoLDA0ODw\",", STR(""), ERR_TOKEN_CLAIMS },
	{ "abcdefgh", STR("abcdefg1"), ERR_TOKEN_CLAIMS },
	{ "abcdefgh", STR("ABCDEFGH"), ERR_TOKEN_CLAIMS },
	{ "abcdefgh", STR("abcdefghi"), ERR_TOKEN_CLAIMS },
	{ ",\"cred\":\"abcdefgh\"", STR(""), ERR_TOKEN_CLAIMS },
	{ "\"cred\"", STR("\"chg\":\"7\",\"cred\""), ERR_TOKEN_CLAIMS },
	{ "\"cred\"", STR("\"chg\":-7,\"cred\""), ERR_TOKEN_CLAIMS },
	{ "\"cred\"", STR("\"chg\":7.5,\"cred\""), ERR_TOKEN_CLAIMS },
	{ "\"cred\"", STR("\"chg\":7,\"chg\":7,\"cred\""),
	    ERR_TOKEN_MALFORMED },
	/* spelling */
	{ "}", STR(",\"exp\":1800000600}"), ERR_TOKEN_MALFORMED },
	{ "}", STR(",\"x\":1,\"x\":1}"), ERR_TOKEN_MALFORMED },
	{ "}", STR(",\"\\u0065xp\":9}"), ERR_TOKEN_MALFORMED },
	{ "}", STR(",\"a\":[{\"exp\":1}]}"), ERR_TOKEN_CLAIMS },
	{ "}", STR(",\"a\":null}"), ERR_TOKEN_CLAIMS },
	{ "}", STR("}\n"), ERR_TOKEN_MALFORMED },
	{ "}", STR("}{}"), ERR_TOKEN_MALFORMED },
	{ "}", STR("}\0x"), ERR_TOKEN_MALFORMED },
	{ "{", STR(" {"), ERR_TOKEN_MALFORMED },
	{ "{", STR("\xef\xbb\xbf{"), ERR_TOKEN_MALFORMED },
	{ ",", STR(", "), ERR_TOKEN_MALFORMED },
	{ ":", STR(" :"), ERR_TOKEN_MALFORMED },
	{ "abcdefgh", STR("abcd\\u0000"), ERR_TOKEN_MALFORMED },
	{ "abcdefgh", STR("abcd\0fgh"), ERR_TOKEN_MALFORMED },
	{ "abcdefgh", STR("abcd\xc3\xa9gh"), ERR_TOKEN_MALFORMED },
	{ "", STR("[" PAYLOAD "]"), ERR_TOKEN_MALFORMED },
	{ "", STR("[]"), ERR_TOKEN_MALFORMED },
	{ "", STR("{}"), ERR_TOKEN_MALFORMED },
	{ "", STR("\"" TENANT "\""), ERR_TOKEN_MALFORMED },
	{ "}", STR(",\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,"
	    "\"h\":1,\"i\":1,\"j\":1,\"k\":1,\"l\":1,\"m\":1,\"n\":1,\"o\":1}"),
	    ERR_TOKEN_MALFORMED },
};
/* clang-format on */

static void
other_headers_are_refused_though_signed_well(void **state)
{
	size_t i;
	enum err_kind k;

	(void)state;
	for (i = 0; i < COUNT(headers); i++) {
		k = kind_of(
		    signed_token(with(HEADER, headers[i].from, headers[i].to),
			STR(PAYLOAD)));
		if (k != headers[i].kind)
			fail_msg("row %zu (%s): kind %d, not %d", i,
			    headers[i].to.at, k, headers[i].kind);
	}
}

static void
other_claims_are_refused_though_signed_well(void **state)
{
	size_t i;
	enum err_kind k;

	(void)state;
	for (i = 0; i < COUNT(payloads); i++) {
		k = kind_of(signed_token(STR(HEADER),
		    with(PAYLOAD, payloads[i].from, payloads[i].to)));
		if (k != payloads[i].kind)
			fail_msg("row %zu (%s): kind %d, not %d", i,
			    payloads[i].to.at, k, payloads[i].kind);
	}
}

static void
a_token_lives_to_the_second(void **state)
{
	char *t = signed_token(STR(HEADER), STR(PAYLOAD));

	(void)state;
	assert_int_equal(kind_at(t, NOW - 61), ERR_TOKEN_EARLY);
	assert_int_equal(kind_at(t, NOW - 60), ERR_NONE);
	assert_int_equal(kind_at(t, NOW + 659), ERR_NONE);
	assert_int_equal(kind_at(t, NOW + 660), ERR_TOKEN_EXPIRED);
	assert_int_equal(kind_at(t, INT64_C(99999999999)), ERR_TOKEN_EXPIRED);
	assert_int_equal(kind_at(t, 0), ERR_TOKEN_EARLY);
}

/* Row A7: withdrawn, though the signature is good. */
static void
a_withdrawn_key_is_no_key(void **state)
{
	const char *const gone[] = { PEM_KID };
	struct keyring_wish wish = { NULL, gone, 1 };
	struct claims c = some_claims();
	struct err e = { 0 };
	char *t = signed_token(STR(HEADER), STR(PAYLOAD));

	(void)state;
	assert_int_equal(kind_of(t), ERR_NONE);
	assert_true(keyring_reload(ring, &wish, &e));
	assert_int_equal(kind_of(t), ERR_TOKEN_KEY);
	assert_null(token_make(a, ring, &rules, &c, &e).at);
	assert_int_equal(e.kind, ERR_BROKEN);
}

/* Rows A11, A18 and what libjwt's base64 reader lets pass: whatever is not
 * exactly the text that was signed. */
static void
other_texts_are_refused(void **state)
{
	char *t = signed_token(STR(HEADER), STR(PAYLOAD));
	const char *parts[3] = { b64(STR(HEADER)), b64(STR(PAYLOAD)),
		strrchr(t, '.') + 1 };
	const char *const bad[] = {
		"",
		".",
		"..",
		"...",
		"a.b.c",
		"x",
		arena_printf(a, "%s.", t),
		arena_printf(a, "%s=", t),
		arena_printf(a, "%s!", t),
		arena_printf(a, "%s\n", t),
		arena_printf(a, " %s", t),
		arena_printf(a, "%s.x", t),
		arena_printf(a, "%s.%s.%s", parts[0], parts[1], ""),
		arena_printf(a, ".%s.%s", parts[1], parts[2]),
		arena_printf(a, "%s..%s", parts[0], parts[2]),
		arena_printf(a, "%s.%s", parts[0], parts[1]),
		arena_printf(a, "%s=.%s.%s", parts[0], parts[1], parts[2]),
		arena_printf(a, "%s.%s==.%s", parts[0], parts[1], parts[2]),
		arena_printf(a, "%s.%s.%s.%s.%s", parts[0], parts[0], parts[1],
		    parts[1], parts[2]),
		arena_printf(a, "%s,%s", t, t),
		arena_printf(a, "%s, %s", t, t),
	};
	size_t i;

	(void)state;
	assert_int_equal(kind_of(t), ERR_NONE);
	for (i = 0; i < COUNT(bad); i++)
		if (kind_of(bad[i]) != ERR_TOKEN_MALFORMED)
			fail_msg("row %zu: %s", i, bad[i]);
	assert_int_equal(kind_of(NULL), ERR_TOKEN_MALFORMED);
}

static void
every_flipped_bit_of_a_token_shows(void **state)
{
	char *t = signed_token(STR(HEADER), STR(PAYLOAD));
	size_t i, n = strlen(t);
	int bit;

	(void)state;
	for (i = 0; i < n; i++)
		for (bit = 0; bit < 7; bit++) {
			t[i] ^= (char)(1 << bit);
			if (t[i] && kind_of(t) == ERR_NONE)
				fail_msg("byte %zu, bit %d", i, bit);
			t[i] ^= (char)(1 << bit);
		}
	assert_int_equal(kind_of(t), ERR_NONE);
}

static void
long_tokens_are_refused_unread(void **state)
{
	static const size_t sizes[] = { 8193, 16384, 1 << 20, 20 << 20 };
	struct token_rules tight = rules;
	char *t = signed_token(STR(HEADER), STR(PAYLOAD)), *big;
	struct str s = str_of(t);
	struct err e = { 0 };
	size_t i;

	(void)state;
	tight.bytes_max = s.len;
	assert_non_null(token_read(a, ring, &tight, s, NOW, &e));
	tight.bytes_max = s.len - 1;
	assert_null(token_read(a, ring, &tight, s, NOW, &e));
	assert_int_equal(e.kind, ERR_TOKEN_MALFORMED);
	for (i = 0; i < COUNT(sizes); i++) {
		big = arena_raw(a, sizes[i] + 1);
		memset(big, 'A', sizes[i]);
		big[sizes[i]] = '\0';
		big[100] = big[sizes[i] - 87] = '.';
		assert_int_equal(kind_of(big), ERR_TOKEN_MALFORMED);
	}
}

/* A well-signed token of just under 8 KiB is only a long one. */
static void
eight_kilobytes_are_not_too_many(void **state)
{
	char filler[5500];
	struct str more;

	(void)state;
	memset(filler, 'x', sizeof filler);
	memcpy(filler, "{\"x\":\"", 6);
	memcpy(filler + sizeof filler - 2, "\",", 2);
	more = with(PAYLOAD, "{", (struct str){ filler, sizeof filler });
	assert_int_equal(kind_of(signed_token(STR(HEADER), more)), ERR_NONE);
}

static void
random_texts_are_refused(void **state)
{
	char text[3 * 120 + 1] = "";
	unsigned char bytes[90];
	int i, j;

	(void)state;
	for (i = 0; i < 2000; i++) {
		for (j = 0; j < 3; j++) {
			crypt_random(bytes, sizeof bytes);
			enc_b64url(text + j * 120, bytes, sizeof bytes);
		}
		text[i % 150 + 1] = '.';
		text[sizeof text - 1 - JWS_SIG_LEN - 1] = '.';
		assert_int_equal(kind_of(text), ERR_TOKEN_MALFORMED);
		if (i % 100 == 0)
			arena_reset(a);
	}
}

/* libjwt as the oracle, as far as it goes: it knows no typ but JWT. */
static void
libjwt_verifies_our_signatures_but_we_take_no_token_of_its_kind(void **state)
{
	const unsigned char *pem = (const unsigned char *)PEM_PUBLIC;
	int len = sizeof PEM_PUBLIC - 1;
	char *plain =
	    signed_token(with(HEADER, "at+jwt", STR("JWT")), STR(PAYLOAD));
	char *ours = signed_token(STR(HEADER), STR(PAYLOAD));
	jwt_t *j = NULL;

	(void)state;
	assert_int_equal(jwt_decode(&j, plain, pem, len), 0);
	assert_string_equal(jwt_get_grant(j, "scope"), TENANT);
	jwt_free(j);
	assert_int_not_equal(jwt_decode(&j, ours, pem, len), 0);
	assert_int_equal(kind_of(plain), ERR_TOKEN_MALFORMED);
}

/* What libjwt 1.10 takes and we must not: an HMAC keyed with the public PEM,
 * bytes after the signature, no key at all. */
static void
attacks_that_libjwt_takes_are_refused(void **state)
{
	const unsigned char *pem = (const unsigned char *)PEM_PUBLIC;
	int len = sizeof PEM_PUBLIC - 1;
	char *plain =
	    signed_token(with(HEADER, "at+jwt", STR("JWT")), STR(PAYLOAD));
	char *ours = signed_token(STR(HEADER), STR(PAYLOAD));
	char *forged;
	jwt_t *j = NULL;

	(void)state;
	assert_int_equal(
	    jwt_decode(&j, arena_printf(a, "%s!", plain), pem, len), 0);
	jwt_free(j);
	assert_int_equal(
	    kind_of(arena_printf(a, "%s!", ours)), ERR_TOKEN_MALFORMED);

	assert_int_equal(jwt_new(&j), 0);
	assert_int_equal(jwt_add_grants_json(j, PAYLOAD), 0);
	assert_int_equal(jwt_set_alg(j, JWT_ALG_HS256, pem, len), 0);
	forged = jwt_encode_str(j);
	jwt_free(j);
	assert_int_equal(jwt_decode(&j, forged, pem, len), 0);
	jwt_free(j);
	assert_int_equal(kind_of(forged), ERR_TOKEN_MALFORMED);
	free(forged);

	assert_int_equal(jwt_decode(&j, plain, NULL, 0), 0);
	jwt_free(j);
}

int
main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, start, stop)
	const struct CMUnitTest tests[] = {
		CASE(what_is_made_is_believed),
		CASE(a_token_can_be_made_again_with_another_number),
		CASE(what_a_token_is_for_comes_back),
		CASE(a_token_is_the_json_that_the_profile_wants),
		CASE(a_well_signed_token_in_our_spelling_is_believed),
		CASE(other_headers_are_refused_though_signed_well),
		CASE(other_claims_are_refused_though_signed_well),
		CASE(a_token_lives_to_the_second),
		CASE(a_withdrawn_key_is_no_key),
		CASE(other_texts_are_refused),
		CASE(every_flipped_bit_of_a_token_shows),
		CASE(long_tokens_are_refused_unread),
		CASE(eight_kilobytes_are_not_too_many),
		CASE(random_texts_are_refused),
		CASE(
		    libjwt_verifies_our_signatures_but_we_take_no_token_of_its_kind),
		CASE(attacks_that_libjwt_takes_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
