/* token.c - our access tokens: making one, and believing one
 * SPDX-License-Identifier: Apache-2.0 */
#include "gate/token.h"

#include <string.h>

#include "base/buf.h"
#include "ext/crypt.h"
#include "gate/flat.h"

#define HEARD_S    5   /* generously: a change is heard within one second */
#define HEADER_MAX 256 /* bytes, decoded */
#define JTI_BYTES  16
#define BYTES_MAX  4096 /* of a token that we make */

/* ---- the parts ------------------------------------------------------------------ */

struct parts {
	struct str header, payload, signature; /* base64url */
	struct str signed_;                    /* header.payload */
};

static bool
split(struct parts *p, struct str compact, size_t bytes_max, struct err *e)
{
	struct str rest;

	if (!compact.at || compact.len > bytes_max)
		return err_why(e, ERR_TOKEN_MALFORMED,
		    "absent or over %zu bytes", bytes_max);
	p->header = str_cut(compact, '.', &rest);
	p->payload = str_cut(rest, '.', &rest);
	p->signature = rest;
	if (!rest.at || rest.len != JWS_SIG_LEN || !p->header.len ||
	    !p->payload.len)
		return err_why(
		    e, ERR_TOKEN_MALFORMED, "not three parts of our lengths");
	p->signed_ =
	    (struct str){ compact.at, compact.len - p->signature.len - 1 };
	return true;
}

enum { ALG, KID, TYP, HEADER__MAX };
static const char *const header_names[] = { "alg", "kid", "typ" };

/* The key that the header names. Any other member (crit, b64, zip, jwk, jku,
 * x5c, x5u ...) is refused: none of ours has it, and some change what a
 * signature means. */
static const struct jws_key *
header_key(struct str part, const struct keys *keys, struct err *e)
{
	static const struct flat_wanted w = { header_names, HEADER__MAX, true };
	struct flat_value v[HEADER__MAX] = { 0 };
	const struct jws_key *key = NULL;
	char json[HEADER_MAX];
	size_t n = sizeof json;

	if (!dec_b64url(json, &n, part))
		err_why(e, ERR_TOKEN_MALFORMED,
		    "header too long or not canonical base64url");
	else if (!flat_read((struct str){ json, n }, &w, v, e))
		return NULL;
	else if (!str_is(v[ALG].text, "ES256"))
		err_why(e, ERR_TOKEN_MALFORMED, "alg is not ES256");
	else if (!str_is(v[TYP].text, "at+jwt"))
		err_why(e, ERR_TOKEN_MALFORMED, "typ is not at+jwt");
	else if (!(key = keys_find(keys, v[KID].text)))
		err_why(e, ERR_TOKEN_KEY, "no key of that kid is in force");
	return key;
}

enum {
	ISS,
	AUD,
	EXP,
	NBF,
	IAT,
	CHG,
	SUB,
	CLIENT_ID,
	SCOPE,
	JTI,
	CRED,
	CLAIM__MAX
};

/* Types before values: in the order above, numbers are EXP to CHG. */
static const char *const claim_names[] = { "iss", "aud", "exp", "nbf", "iat",
	"chg", "sub", "client_id", "scope", "jti", "cred" };

static bool
is_number(int claim)
{
	return claim >= EXP && claim <= CHG;
}

static bool
payload_read(struct arena *a, struct str part, struct flat_value v[CLAIM__MAX],
    struct err *e)
{
	static const struct flat_wanted w = { claim_names, CLAIM__MAX, false };
	size_t n = ENC_B64_ROOM(part.len);
	char *json = arena_raw(a, n);
	int i;

	if (!dec_b64url(json, &n, part))
		return err_why(e, ERR_TOKEN_MALFORMED,
		    "payload is not canonical base64url");
	if (!flat_read((struct str){ json, n }, &w, v, e))
		return false;
	for (i = 0; i < CLAIM__MAX; i++)
		if (v[i].there ? is_number(i) == (v[i].text.at != NULL)
			       : i != CHG)
			return err_why(e, ERR_TOKEN_CLAIMS,
			    "%s is missing or of the wrong type",
			    claim_names[i]);
	return true;
}

/* ---- believing ------------------------------------------------------------------- */

static bool
for_us_and_now(const struct flat_value *v, const struct token_rules *r,
    int64_t now_s, struct err *e)
{
	if (!str_is(v[ISS].text, r->issuer))
		return err_why(e, ERR_TOKEN_ISSUER, "another issuer");
	if (!str_is(v[AUD].text, r->audience))
		return err_why(e, ERR_TOKEN_AUDIENCE, "another audience");
	if (now_s >= v[EXP].n + r->skew_s)
		return err_why(e, ERR_TOKEN_EXPIRED, "expired");
	if (v[NBF].n > now_s + r->skew_s || v[IAT].n > now_s + r->skew_s)
		return err_why(e, ERR_TOKEN_EARLY, "from the future");
	return true;
}

/* In lower case, as we write it: one client has one spelling everywhere. */
static bool
guid_claim(struct guid *to, struct str text)
{
	char canonical[GUID_LEN + 1];

	return guid_read(to, text) && str_is(text, guid_write(canonical, to)) &&
	       guid_usable(to);
}

/* The GUID comes first; most tokens have nothing else there. */
static bool
scope_claim(struct claims *c, struct str text)
{
	struct str first = { text.at,
		text.len < GUID_LEN ? text.len : GUID_LEN };
	struct err e = { .kind = ERR_NONE };
	struct guid tenant;

	if (!guid_claim(&c->tenant, first))
		return false;
	c->scope.may = SCOPE_ALL;
	return text.len == GUID_LEN || scope_read(&c->scope, &tenant, text, &e);
}

static bool
jti_claim(char to[TOKEN_JTI_LEN + 1], struct str text)
{
	unsigned char bytes[JTI_BYTES];
	size_t n = sizeof bytes;

	if (text.len != TOKEN_JTI_LEN || !dec_b64url(bytes, &n, text))
		return false;
	memcpy(to, text.at, TOKEN_JTI_LEN);
	return true;
}

static bool
claims_fill(struct claims *c, const struct flat_value *v, struct err *e)
{
	c->exp_s = v[EXP].n;
	c->nbf_s = v[NBF].n;
	c->iat_s = v[IAT].n;
	c->change = v[CHG].n;
	if (c->change < 0)
		return err_why(e, ERR_TOKEN_CLAIMS, "chg");
	if (c->exp_s <= c->iat_s)
		return err_why(e, ERR_TOKEN_CLAIMS, "exp is before iat");
	if (!str_eq(v[SUB].text, v[CLIENT_ID].text) ||
	    !guid_claim(&c->client, v[SUB].text))
		return err_why(e, ERR_TOKEN_CLAIMS, "sub, client_id");
	if (!scope_claim(c, v[SCOPE].text))
		return err_why(e, ERR_TOKEN_CLAIMS, "scope is no tenant");
	if (!jti_claim(c->jti, v[JTI].text))
		return err_why(e, ERR_TOKEN_CLAIMS, "jti");
	if (!secret_key_id_fits(v[CRED].text))
		return err_why(e, ERR_TOKEN_CLAIMS, "cred");
	memcpy(c->cred, v[CRED].text.at, SECRET_KEY_ID_LEN);
	return true;
}

static const struct claims *
believed(struct arena *a, const struct keys *keys, const struct token_rules *r,
    struct str compact, int64_t now_s, struct err *e)
{
	struct claims *c = arena_get(a, sizeof *c);
	struct flat_value v[CLAIM__MAX] = { 0 };
	const struct jws_key *key;
	struct parts p;

	if (!split(&p, compact, r->bytes_max, e) ||
	    !(key = header_key(p.header, keys, e)) ||
	    !payload_read(a, p.payload, v, e) ||
	    !for_us_and_now(v, r, now_s, e) || !claims_fill(c, v, e))
		return NULL;
	memcpy(c->kid, jws_kid(key), sizeof c->kid);
	if (jws_verify(key, p.signed_, p.signature))
		return c;
	err_why(e, ERR_TOKEN_SIGNATURE, "the signature is not the key's");
	return NULL;
}

const struct claims *
token_read(struct arena *a, struct keyring *k, const struct token_rules *r,
    struct str compact, int64_t now_s, struct err *e)
{
	const struct keys *keys = keyring_hold(k);
	const struct claims *c = believed(a, keys, r, compact, now_s, e);

	keys_release(keys);
	return c;
}

/* ---- making --------------------------------------------------------------------- */

int64_t
token_outlived_s(const struct conf *c)
{
	return c->token_life_s + c->token_skew_s + HEARD_S;
}

struct token_rules
token_rules_of(struct arena *a, const struct conf *c)
{
	return (struct token_rules){
		.issuer = c->public_base,
		.audience = arena_printf(a, "%s/fhir", c->public_base),
		.skew_s = c->token_skew_s,
		.bytes_max = (size_t)c->bearer_bytes,
	};
}

static void
put_part(struct buf *b, struct str bytes)
{
	size_t n = ENC_B64_LEN(bytes.len);
	char *to = buf_room(b, n);

	if (to)
		buf_filled(b, enc_b64url(to, bytes.at, bytes.len));
}

/* Issuer and audience come from the settings, which admit no quote and no
 * backslash; every other value is of our own making. */
static struct str
payload_text(struct arena *a, const struct token_rules *r, struct claims *c)
{
	char client[GUID_LEN + 1];

	c->nbf_s = c->iat_s;
	guid_write(client, &c->client);
	return str_of(arena_printf(a,
	    "{\"iss\":\"%s\",\"aud\":\"%s\",\"exp\":%lld,\"nbf\":%lld,"
	    "\"iat\":%lld,\"chg\":%lld,\"sub\":\"%s\",\"client_id\":\"%s\","
	    "\"scope\":\"%s\",\"jti\":\"%s\",\"cred\":\"%s\"}",
	    r->issuer, r->audience, (long long)c->exp_s, (long long)c->nbf_s,
	    (long long)c->iat_s, (long long)c->change, client, client,
	    scope_text(a, &c->scope, &c->tenant), c->jti, c->cred));
}

static struct str
made(struct arena *a, const struct jws_key *key, const struct token_rules *r,
    struct claims *c, struct err *e)
{
	struct buf b = buf_new(a, BYTES_MAX);
	char sig[JWS_SIG_LEN];

	put_part(
	    &b, str_of(arena_printf(a,
		    "{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"at+jwt\"}",
		    jws_kid(key))));
	buf_char(&b, '.');
	put_part(&b, payload_text(a, r, c));
	if (b.failed || !jws_sign(key, (struct str){ b.at, b.len }, sig, e))
		return STR_NONE;
	buf_char(&b, '.');
	buf_put(&b, sig, sizeof sig);
	if (b.failed)
		return STR_NONE;
	return (struct str){ b.at, b.len };
}

struct str
token_again(struct arena *a, struct keyring *k, const struct token_rules *r,
    struct claims *c, struct err *e)
{
	const struct keys *keys = keyring_hold(k);
	const struct jws_key *key = keys_signing(keys);
	struct str compact = STR_NONE;

	if (!key)
		err_why(e, ERR_BROKEN, "no signing key is in force");
	else
		compact = made(a, key, r, c, e);
	keys_release(keys);
	if (!compact.at)
		err_why(e, ERR_BROKEN, "a token could not be made");
	return compact;
}

struct str
token_make(struct arena *a, struct keyring *k, const struct token_rules *r,
    struct claims *c, struct err *e)
{
	unsigned char jti[JTI_BYTES];

	crypt_random(jti, sizeof jti);
	c->jti[enc_b64url(c->jti, jti, sizeof jti)] = '\0';
	return token_again(a, k, r, c, e);
}
