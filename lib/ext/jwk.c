/* jwk.c - public keys of clients: read from a JWK Set, verify assertions
 * SPDX-License-Identifier: Apache-2.0 */
#include "ext/jwk.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "ext/crypt.h"
#include "ext/js.h"

#define EXP_BYTES_MAX 4
#define WRITTEN_MAX   ((size_t)64 * 1024)

struct jwk {
	struct jwa_key *key;
	enum jwa alg;
	char kid[JWK_KID_MAX + 1];
	char cred[JWK_CRED_LEN + 1];
	char *first, *second; /* the numbers as base64url */
};

struct jwk_set {
	atomic_uint holders;
	struct arena *a;
	size_t n;
	struct jwk key[JWK_KEYS_MAX];
};

/* ---- what a JWK says ------------------------------------------------------ */

static bool
no_secret_part(const struct json_t *o, struct err *e)
{
	static const char *const private[] = { "d", "p", "q", "dp", "dq", "qi",
		"oth", "k" };
	size_t i;

	for (i = 0; i < COUNT(private); i++)
		if (js_has(o, private[i]))
			return err_set(e, ERR_CONF,
			    "holds a private or symmetric part (%s); consider "
			    "that key leaked, and send public keys only",
			    private[i]);
	return true;
}

static bool
for_signatures(const struct json_t *o, struct err *e)
{
	const struct json_t *ops = js_array(o, "key_ops");
	struct str use = STR("sig"), op;
	size_t i;

	if (js_has(o, "use") &&
	    (!js_text(o, "use", &use) || !str_is(use, "sig")))
		return err_set(e, ERR_CONF, "has a use other than sig");
	if (!js_has(o, "key_ops"))
		return true;
	for (i = 0; i < js_count(ops); i++)
		if (js_value_text(js_at(ops, i), &op) && str_is(op, "verify"))
			return true;
	return err_set(e, ERR_CONF, "has key_ops without verify");
}

static bool
kid_usable(struct str kid)
{
	size_t i;

	for (i = 0; i < kid.len; i++)
		if (kid.at[i] < ' ' || kid.at[i] > '~' || kid.at[i] == '"' ||
		    kid.at[i] == '\\')
			return false;
	return kid.len && kid.len <= JWK_KID_MAX;
}

static bool
read_kid(struct jwk *k, const struct json_t *o, struct err *e)
{
	struct str kid;

	if (!js_text(o, "kid", &kid))
		return err_set(e, ERR_CONF, "has no kid");
	if (!kid_usable(kid))
		return err_set(e, ERR_CONF,
		    "has a kid that is not 1 to %d printable ASCII characters "
		    "without quotes and backslashes",
		    JWK_KID_MAX);
	memcpy(k->kid, kid.at, kid.len);
	return true;
}

/* Which algorithm the type and curve stand for when none is named; one that is
 * named has to fit them. */
static bool
read_alg(struct jwk *k, const struct json_t *o, struct err *e)
{
	struct str kty, crv = STR_NONE, alg;
	bool rsa;

	if (!js_text(o, "kty", &kty))
		return err_set(e, ERR_CONF, "has no kty");
	rsa = str_is(kty, "RSA");
	if (!rsa && !str_is(kty, "EC"))
		return err_set(e, ERR_CONF, "has a kty other than RSA and EC");
	js_text(o, "crv", &crv);
	if (!rsa && !str_is(crv, "P-256") && !str_is(crv, "P-384"))
		return err_set(
		    e, ERR_CONF, "is on another curve than P-256 and P-384");
	k->alg = rsa ? JWA_RS384 : str_is(crv, "P-256") ? JWA_ES256 : JWA_ES384;
	if (!js_has(o, "alg"))
		return true;
	if (!js_text(o, "alg", &alg) || !jwa_read(&k->alg, alg))
		return err_set(e, ERR_CONF,
		    "has an alg other than RS256, RS384, PS256, ES256 and "
		    "ES384");
	return rsa ? !jwa_crv(k->alg) ||
	                 err_set(e, ERR_CONF, "has an alg that is not for RSA")
	           : (jwa_crv(k->alg) && str_is(crv, jwa_crv(k->alg))) ||
	                 err_set(e, ERR_CONF,
			     "has an alg that is not for its curve");
}

/* RFC 7518 2: the shortest form, no zero byte in front; coordinates of EC are
 * as long as the field. */
static bool
read_number(unsigned char *to, size_t *n, const struct json_t *o,
    const char *name, char **text, struct arena *a)
{
	struct str s;

	if (!js_text(o, name, &s) || s.len > ENC_B64_LEN(*n) ||
	    !dec_b64url(to, n, s) || !*n)
		return false;
	*text = str_text(a, s);
	return true;
}

static bool
read_rsa(struct jwk *k, struct jwa_numbers *to, const struct json_t *o,
    struct arena *a, struct err *e)
{
	to->n_first = JWA_RSA_BYTES_MAX;
	to->n_second = EXP_BYTES_MAX;
	if (!read_number(to->first, &to->n_first, o, "n", &k->first, a) ||
	    !to->first[0])
		return err_set(e, ERR_CONF,
		    "has no n, or one that is not the shortest base64url of "
		    "at most %d bits",
		    JWA_RSA_BITS_MAX);
	if (!read_number(to->second, &to->n_second, o, "e", &k->second, a) ||
	    !to->second[0] || to->n_second < 3 ||
	    !(to->second[to->n_second - 1] & 1))
		return err_set(e, ERR_CONF,
		    "has an e that is not odd and between 65537 and 2^32");
	if (to->n_first < JWA_RSA_BITS_MIN / 8 ||
	    (to->n_first == JWA_RSA_BITS_MIN / 8 && to->first[0] < 0x80))
		return err_set(
		    e, ERR_CONF, "has fewer than %d bits", JWA_RSA_BITS_MIN);
	return (to->first[to->n_first - 1] & 1) ||
	       err_set(e, ERR_CONF, "has an even modulus");
}

static bool
read_ec(struct jwk *k, struct jwa_numbers *to, const struct json_t *o,
    struct arena *a, struct err *e)
{
	size_t want = jwa_coord(k->alg);

	to->n_first = to->n_second = JWA_COORD_MAX;
	return (read_number(to->first, &to->n_first, o, "x", &k->first, a) &&
		   read_number(
		       to->second, &to->n_second, o, "y", &k->second, a) &&
		   to->n_first == want && to->n_second == want) ||
	       err_set(e, ERR_CONF,
		   "has an x or y that is not base64url of %zu bytes", want);
}

static bool
make_key(struct jwk *k, const struct jwa_numbers *v, struct err *e)
{
	return (k->key = jwa_key_new(k->alg, v)) != NULL ||
	       err_set(e, ERR_CONF,
		   jwa_crv(k->alg) ? "has a point off its curve"
				   : "is not a sound RSA key");
}

/* ---- names ------------------------------------------------------------------ */

/* RFC 7638 3: required members in lexical order, no blanks. */
static const char *
thumbprint_input(struct arena *a, const struct jwk *k)
{
	const char *crv = jwa_crv(k->alg);

	return crv ? arena_printf(a,
			 "{\"crv\":\"%s\",\"kty\":\"EC\",\"x\":\"%s\","
			 "\"y\":\"%s\"}",
			 crv, k->first, k->second)
	           : arena_printf(a,
			 "{\"e\":\"%s\",\"kty\":\"RSA\",\"n\":\"%s\"}",
			 k->second, k->first);
}

/* Forty bits of a digest; a kid holds no line end. */
static void
name_credential(struct arena *a, struct jwk *k)
{
	static const char base32[] = "abcdefghijklmnopqrstuvwxyz234567";
	const char *input =
	    arena_printf(a, "%s\n%s", k->kid, thumbprint_input(a, k));
	unsigned char digest[CRYPT_SHA256_BYTES];
	uint64_t bits = 0;
	int i;

	crypt_sha256(digest, input, strlen(input));
	for (i = 0; i < JWK_CRED_LEN * 5 / 8; i++)
		bits = bits << 8 | digest[i];
	for (i = JWK_CRED_LEN - 1; i >= 0; i--, bits >>= 5)
		k->cred[i] = base32[bits & 31];
}

/* ---- the set ---------------------------------------------------------------- */

static bool
read_key(struct jwk_set *set, const struct json_t *o, struct err *e)
{
	struct jwk *k = &set->key[set->n];
	struct jwa_numbers v;

	if (!no_secret_part(o, e) || !for_signatures(o, e) ||
	    !read_kid(k, o, e) || !read_alg(k, o, e))
		return false;
	if (jwk_set_find(set, str_of(k->kid)))
		return err_set(e, ERR_CONF, "has the kid of another key");
	if (!(jwa_crv(k->alg) ? read_ec(k, &v, o, set->a, e)
			      : read_rsa(k, &v, o, set->a, e)) ||
	    !make_key(k, &v, e))
		return false;
	name_credential(set->a, k);
	set->n++;
	return true;
}

static bool
read_keys(struct jwk_set *set, const struct json_t *keys, struct err *e)
{
	struct err why = { .kind = ERR_NONE };
	size_t i, n = js_count(keys);

	if (!keys || !n)
		return err_set(e, ERR_CONF,
		    "The key set has no keys: {\"keys\":[...]} is expected.");
	if (n > JWK_KEYS_MAX)
		return err_set(e, ERR_CONF,
		    "The key set has %zu keys; at most %d are taken.", n,
		    JWK_KEYS_MAX);
	for (i = 0; i < n; i++)
		if (!read_key(set, js_at(keys, i), &why))
			return err_set(e, ERR_CONF,
			    "Key %zu of the key set %s.", i + 1, why.said);
	return true;
}

struct jwk_set *
jwk_set_read(struct str json, struct err *e)
{
	struct jwk_set *set = calloc(1, sizeof *set);
	struct arena *reading = arena_new();
	struct err why = { .kind = ERR_NONE };
	const struct json_t *o;

	if (!set)
		abort();
	atomic_init(&set->holders, 1);
	set->a = arena_new();
	o = js_read(reading, json, JWK_SET_BYTES_MAX, &why);
	if (!o)
		err_set(e, ERR_CONF,
		    "The key set is not one JSON object of at most %zu bytes "
		    "with each member once.",
		    JWK_SET_BYTES_MAX);
	if (!o || !read_keys(set, js_array(o, "keys"), e)) {
		jwk_set_free(set);
		set = NULL;
	}
	arena_free(reading);
	return set;
}

void
jwk_set_free(void *p)
{
	struct jwk_set *set = p;
	size_t i;

	if (!set || atomic_fetch_sub(&set->holders, 1) > 1)
		return;
	for (i = 0; i < JWK_KEYS_MAX; i++)
		jwa_key_free(set->key[i].key);
	arena_free(set->a);
	free(set);
}

const struct jwk_set *
jwk_set_hold(const struct jwk_set *set)
{
	atomic_fetch_add(&((struct jwk_set *)(uintptr_t)set)->holders, 1);
	return set;
}

size_t
jwk_set_count(const struct jwk_set *set)
{
	return set->n;
}

const struct jwk *
jwk_set_at(const struct jwk_set *set, size_t i)
{
	return &set->key[i];
}

const struct jwk *
jwk_set_find(const struct jwk_set *set, struct str kid)
{
	size_t i;

	for (i = 0; i < set->n; i++)
		if (str_is(kid, set->key[i].kid))
			return &set->key[i];
	return NULL;
}

static void
write_key(struct buf *b, const struct jwk *k)
{
	const char *crv = jwa_crv(k->alg);

	if (crv)
		buf_fmt(b,
		    "{\"kty\":\"EC\",\"crv\":\"%s\",\"x\":\"%s\",\"y\":\"%s\"",
		    crv, k->first, k->second);
	else
		buf_fmt(b, "{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"%s\"",
		    k->first, k->second);
	buf_fmt(b, ",\"use\":\"sig\",\"alg\":\"%s\",\"kid\":\"%s\"}",
	    jwa_name(k->alg), k->kid);
}

const char *
jwk_set_write(struct arena *a, const struct jwk_set *set)
{
	struct buf b = buf_new(a, WRITTEN_MAX);
	size_t i;

	buf_str(&b, "{\"keys\":[");
	for (i = 0; i < set->n; i++) {
		buf_str(&b, i ? "," : "");
		write_key(&b, &set->key[i]);
	}
	buf_str(&b, "]}");
	return buf_text(&b);
}

const char *
jwk_set_creds(struct arena *a, const struct jwk_set *set)
{
	struct buf b = buf_new(a, JWK_KEYS_MAX * (JWK_CRED_LEN + 1));
	size_t i;

	for (i = 0; i < set->n; i++)
		buf_fmt(&b, "%s%s", i ? " " : "", set->key[i].cred);
	return buf_text(&b);
}

const char *
jwk_kid(const struct jwk *k)
{
	return k->kid;
}

enum jwa
jwk_alg(const struct jwk *k)
{
	return k->alg;
}

const char *
jwk_cred(const struct jwk *k)
{
	return k->cred;
}

bool
jwk_verify(const struct jwk *k, struct str input, struct str sig)
{
	return jwa_verify(k->key, input, sig);
}
