/* fuzz_jwt.c - token_read on tokens of any shape, held against Jansson
 * SPDX-License-Identifier: Apache-2.0
 *
 * The first byte says what the rest is: `t` a whole token, `h` a header and
 * `p` a payload, to which the other part and a good signature are added, so
 * that the readers behind the signature are reached too. What is believed must
 * mean the same to a general JSON parser. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../unit/test_pems.h"
#include "ext/js.h"
#include "gate/token.h"

#define NOW    1800000000
#define BASE   "https://gw.example.org"
#define HEADER "{\"alg\":\"ES256\",\"kid\":\"" PEM_KID "\",\"typ\":\"at+jwt\"}"
#define PAYLOAD                                                                \
	"{\"iss\":\"" BASE "\",\"aud\":\"" BASE                                \
	"/fhir\",\"exp\":1800000600,\"nbf\":1800000000,\"iat\":1800000000,"    \
	"\"sub\":\"0f8fad5b-d9cb-469f-a165-70867728950e\",\"client_id\":"      \
	"\"0f8fad5b-d9cb-469f-a165-70867728950e\",\"scope\":"                  \
	"\"7c9e6679-7425-40de-944b-e07fc1f90ae7\",\"jti\":"                    \
	"\"AAECAwQFBgcICQoLDA0ODw\",\"cred\":\"abcdefgh\"}"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct token_rules rules = { BASE, BASE "/fhir", 60, 8192 };
static struct keyring *ring;
static struct jws_key *signer;

static void
must(int holds)
{
	if (!holds)
		abort();
}

static void
make_ring(void)
{
	char dir[] = "/tmp/wardgate-fuzz-XXXXXX", path[200];
	struct err e = { 0 };
	FILE *f;

	must(mkdtemp(dir) != NULL);
	snprintf(path, sizeof path, "%s/%s.pem", dir, PEM_KID);
	must((f = fopen(path, "w")) != NULL);
	fputs(PEM_PUBLIC, f);
	fclose(f);
	ring = keyring_open(dir, NULL, NULL, &e);
	unlink(path);
	rmdir(dir);
	signer = jws_key_private(STR(PEM_PRIVATE), &e);
	must(ring && signer);
}

static void
put_part(struct buf *b, struct str s)
{
	char *to = buf_room(b, ENC_B64_LEN(s.len) + 1);

	must(to != NULL);
	buf_filled(b, enc_b64url(to, s.at, s.len));
	buf_char(b, '.');
}

static struct str
signed_token(struct arena *a, struct str header, struct str payload)
{
	struct buf b = buf_new(a, 1 << 24);
	char sig[JWS_SIG_LEN];

	put_part(&b, header);
	put_part(&b, payload);
	must(jws_sign(signer, (struct str){ b.at, b.len - 1 }, sig, NULL));
	buf_put(&b, sig, sizeof sig);
	return (struct str){ b.at, b.len };
}

static const struct json_t *
part_of(struct arena *a, struct str *token)
{
	struct str part = str_cut(*token, '.', token);
	size_t n = ENC_B64_ROOM(part.len);
	char *json = arena_raw(a, n);
	const struct json_t *j;

	must(dec_b64url(json, &n, part));
	must((j = js_read(a, (struct str){ json, n }, n, NULL)) != NULL);
	return j;
}

static void
means_the_same(struct arena *a, struct str token, const struct claims *c)
{
	const struct json_t *header = part_of(a, &token);
	const struct json_t *payload = part_of(a, &token);
	char text[GUID_LEN + 1];
	struct str s;
	int64_t n;

	must(js_count(header) == 3);
	must(js_text(header, "alg", &s) && str_is(s, "ES256"));
	must(js_text(header, "typ", &s) && str_is(s, "at+jwt"));
	must(js_text(header, "kid", &s) && str_is(s, PEM_KID));
	must(js_text(payload, "iss", &s) && str_is(s, BASE));
	must(js_text(payload, "aud", &s) && str_is(s, BASE "/fhir"));
	must(js_text(payload, "sub", &s));
	must(str_is(s, guid_write(text, &c->client)));
	must(js_text(payload, "scope", &s));
	must(str_starts(s, guid_write(text, &c->tenant)));
	must(c->scope.named == (s.len > GUID_LEN));
	must(c->scope.may && !(c->scope.may & ~SCOPE_ALL));
	must(js_text(payload, "jti", &s) && str_is(s, c->jti));
	must(js_text(payload, "cred", &s) && str_is(s, c->cred));
	must(js_integer(payload, "exp", &n) && n == c->exp_s);
	must(js_integer(payload, "nbf", &n) && n == c->nbf_s);
	must(js_integer(payload, "iat", &n) && n == c->iat_s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest, token = STR_NONE;
	const struct claims *c;
	struct err e = { 0 };
	struct arena *a;

	if (!ring)
		make_ring();
	if (!size)
		return 0;
	a = arena_new();
	rest = (struct str){ (const char *)data + 1, size - 1 };
	if (data[0] == 't')
		token = rest;
	else if (data[0] == 'h')
		token = signed_token(a, rest, STR(PAYLOAD));
	else if (data[0] == 'p')
		token = signed_token(a, STR(HEADER), rest);
	c = token_read(a, ring, &rules, token, NOW, &e);
	must((c != NULL) == (e.kind == ERR_NONE));
	if (c)
		means_the_same(a, token, c);
	arena_free(a);
	return 0;
}
