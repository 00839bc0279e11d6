/* assertion.c - a client proves itself by a JWT that it signed
 * SPDX-License-Identifier: Apache-2.0 */
#include "gate/assertion.h"

#include "ext/js.h"

static bool
malformed(struct err *e, const char *why)
{
	return err_why(e, ERR_ASSERTION_MALFORMED, "%s", why);
}

/* ---- parts --------------------------------------------------------------- */

struct parts {
	struct str header, payload, signature; /* base64url */
	struct str signed_;                    /* header.payload */
};

static bool
split(struct parts *p, struct str compact, struct err *e)
{
	struct str rest;

	if (!compact.at || compact.len > ASSERTION_BYTES_MAX)
		return malformed(e, "absent or too long");
	p->header = str_cut(compact, '.', &rest);
	p->payload = str_cut(rest, '.', &rest);
	p->signature = rest;
	if (!p->header.len || !p->payload.len || !p->signature.len)
		return malformed(e, "not three parts");
	p->signed_ =
	    (struct str){ compact.at, compact.len - p->signature.len - 1 };
	return true;
}

static const struct json_t *
object_of(struct arena *a, struct str part)
{
	size_t n = ENC_B64_ROOM(part.len);
	char *text = arena_raw(a, n);
	struct err why = { .kind = ERR_NONE };

	return dec_b64url(text, &n, part) ? js_read(a, (struct str){ text, n },
						ASSERTION_BYTES_MAX, &why)
	                                  : NULL;
}

/* RFC 7515 4.1.11: what we do not understand must not be there; b64 (RFC 7797)
 * would be named by it. Keys that a header brings along, or where it says they
 * lie (jwk, x5c, x5u), are not looked at; nor is jku, but for whether it is the
 * registered one (SMART App Launch 2.2, "Signature Verification"). */
static bool
read_header(
    struct assertion *to, struct arena *a, struct str part, struct err *e)
{
	const struct json_t *o = object_of(a, part);
	struct str alg, typ;

	if (!o)
		return malformed(e, "the header is not a JSON object");
	if (js_has(o, "crit") || js_has(o, "b64"))
		return malformed(e, "the header has crit or b64");
	if (!js_text(o, "alg", &alg) || !jwa_read(&to->alg, alg))
		return malformed(e, "alg is none of ours");
	if (!js_text(o, "kid", &to->kid))
		return malformed(e, "kid is missing or no text");
	to->jku = STR_NONE;
	if (js_has(o, "jku") && !js_text(o, "jku", &to->jku))
		return malformed(e, "jku is no text");
	if (js_has(o, "typ") &&
	    (!js_text(o, "typ", &typ) ||
		!(str_is_nocase(typ, "JWT") ||
		    str_is_nocase(typ, "client-authentication+jwt"))))
		return malformed(e, "typ is of another kind of token");
	return true;
}

/* ---- claims -------------------------------------------------------------- */

static bool
read_who(struct assertion *to, const struct json_t *o, struct err *e)
{
	struct str iss, sub;

	if (!js_text(o, "iss", &iss) || !js_text(o, "sub", &sub) ||
	    !str_eq(iss, sub) || !guid_read(&to->client, sub))
		return err_why(e, ERR_ASSERTION_CLAIMS,
		    "iss and sub are not one client_id");
	if (!js_text(o, "jti", &to->jti) || !to->jti.len ||
	    to->jti.len > ASSERTION_JTI_MAX)
		return err_why(e, ERR_ASSERTION_CLAIMS,
		    "jti is missing, no text, empty or too long");
	return true;
}

/* One string: in a list somebody else could stand too, to whom it was sent
 * first. A list of one is what some libraries write. */
static bool
read_audience(
    const struct assertion_rules *r, const struct json_t *o, struct err *e)
{
	const struct json_t *list = js_array(o, "aud");
	struct str aud;

	if (!js_text(o, "aud", &aud) &&
	    (js_count(list) != 1 || !js_value_text(js_at(list, 0), &aud)))
		return err_why(
		    e, ERR_ASSERTION_AUDIENCE, "aud is not one text");
	return str_is(aud, r->issuer) || str_is(aud, r->token_url) ||
	       err_why(e, ERR_ASSERTION_AUDIENCE, "aud is somebody else");
}

/* Absent: 0, which is long ago. */
static bool
read_time(const struct json_t *o, const char *name, int64_t *to, struct err *e)
{
	*to = 0;
	return !js_has(o, name) ||
	       (js_integer(o, name, to) && *to >= 0 && *to <= INT32_MAX * 8L) ||
	       err_why(e, ERR_ASSERTION_CLAIMS, "%s is no usable time", name);
}

static bool
read_times(struct assertion *to, const struct assertion_rules *r,
    const struct json_t *o, int64_t now_s, struct err *e)
{
	int64_t exp, iat, nbf;

	if (!read_time(o, "exp", &exp, e) || !read_time(o, "iat", &iat, e) ||
	    !read_time(o, "nbf", &nbf, e))
		return false;
	if (!js_has(o, "exp") || (iat && exp <= iat))
		return err_why(e, ERR_ASSERTION_CLAIMS,
		    "exp is missing, or not after iat");
	if (now_s >= exp + r->skew_s)
		return err_why(e, ERR_ASSERTION_EXPIRED, "expired");
	if (iat > now_s + r->skew_s || nbf > now_s + r->skew_s)
		return err_why(e, ERR_ASSERTION_EARLY, "from the future");
	if (exp > now_s + ASSERTION_LIFE_S + r->skew_s ||
	    (iat && exp - iat > ASSERTION_LIFE_S))
		return err_why(e, ERR_ASSERTION_LIFE, "good for more than %d s",
		    ASSERTION_LIFE_S);
	to->end_s = exp + r->skew_s;
	return true;
}

/* Types before values, times before the rest: what is old is told as old. */
static bool
read_claims(struct assertion *to, struct arena *a,
    const struct assertion_rules *r, struct str part, int64_t now_s,
    struct err *e)
{
	const struct json_t *o = object_of(a, part);

	if (!o)
		return malformed(e, "the claims are not a JSON object");
	return read_who(to, o, e) && read_audience(r, o, e) &&
	       read_times(to, r, o, now_s, e);
}

bool
assertion_read(struct assertion *to, struct arena *a,
    const struct assertion_rules *r, struct str compact, int64_t now_s,
    struct err *e)
{
	struct parts p;

	if (!split(&p, compact, e))
		return false;
	to->signed_ = p.signed_;
	to->signature = p.signature;
	return read_header(to, a, p.header, e) &&
	       read_claims(to, a, r, p.payload, now_s, e);
}

/* ---- whose it is --------------------------------------------------------- */

const struct jwk *
assertion_key(const struct assertion *t, const struct jwk_set *keys,
    const char *url, struct err *e)
{
	const struct jwk *k = keys ? jwk_set_find(keys, t->kid) : NULL;

	if (t->jku.at && !(url && str_is(t->jku, url)))
		err_why(e, ERR_ASSERTION_KEY,
		    "jku is not the address that the client registered");
	else if (!k)
		err_why(e, ERR_ASSERTION_KEY, "the client has no such kid");
	else if (jwk_alg(k) != t->alg)
		err_why(e, ERR_ASSERTION_KEY,
		    "the key is registered for %s, the assertion says %s",
		    jwa_name(jwk_alg(k)), jwa_name(t->alg));
	else if (!jwk_verify(k, t->signed_, t->signature))
		err_why(e, ERR_ASSERTION_SIGNATURE,
		    "the signature is not the key's");
	else
		return k;
	return NULL;
}
