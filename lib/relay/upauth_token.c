/* upauth_token.c - one request to a token endpoint, and what its answer is worth
 * SPDX-License-Identifier: Apache-2.0 */
#include "relay/upauth_token.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/enc.h"
#include "ext/crypt.h"
#include "ext/js.h"
#include "ext/jws_client.h"

#define ANSWER_MAX    ((size_t)64 * 1024)
#define ASSERTION_MAX ((size_t)16 * 1024) /* and all names of the form */
#define BASIC         "Authorization: Basic "
#define BEARER        "Authorization: Bearer "
#define JWT_BEARER    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

/* ---- what comes back --------------------------------------------------------- */

static bool
no_token(struct err *e, const char *why)
{
	return err_why(
	    e, ERR_UPSTREAM_TOKEN, "the token endpoint answered %s", why);
}

static bool
is_token(struct str s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if (s.at[i] <= ' ' || s.at[i] > '~')
			return false;
	return s.len > 0 && s.len <= UPAUTH_TOKEN_MAX;
}

static bool
read_life(const struct json_t *o, unsigned *life_s, struct err *e)
{
	struct str text;
	int64_t n = UPAUTH_LIFE_UNSAID_S;
	uint64_t digits;

	if (js_text(o, "expires_in", &text)) {
		if (!str_number(text, 18, &digits))
			return no_token(e, "an expires_in that is no number");
		n = (int64_t)digits;
	} else if (!js_integer(o, "expires_in", &n) &&
		   js_has(o, "expires_in")) {
		return no_token(e, "an expires_in that is no number");
	}
	if (n <= 0)
		return no_token(e, "a token that has expired");
	*life_s = n > UPAUTH_LIFE_MAX_S ? UPAUTH_LIFE_MAX_S : (unsigned)n;
	return true;
}

static bool
read_type(const struct json_t *o, struct err *e)
{
	struct str type;

	if (!js_has(o, "token_type"))
		return true; /* RFC 6749 demands it; not every server reads it */
	return (js_text(o, "token_type", &type) &&
		   str_is_nocase(type, "Bearer")) ||
	       no_token(e, "a token_type other than Bearer");
}

bool
upauth_token_read(
    struct arena *a, struct str body, struct upauth_token *t, struct err *e)
{
	struct err why = { .kind = ERR_NONE };
	const struct json_t *o = js_read(a, body, ANSWER_MAX, &why);
	struct str token;

	if (!o)
		return no_token(e, "no JSON object");
	if (!js_text(o, "access_token", &token))
		return no_token(e, "without an access_token");
	if (!is_token(token))
		return no_token(
		    e, "an access_token that no header field can hold");
	if (!read_type(o, e) || !read_life(o, &t->life_s, e))
		return false;
	if (!(t->line = malloc(sizeof BEARER + token.len)))
		abort();
	memcpy(t->line, BEARER, sizeof BEARER - 1);
	memcpy(t->line + sizeof BEARER - 1, token.at, token.len);
	t->line[sizeof BEARER - 1 + token.len] = '\0';
	return true;
}

/* ---- what is asked -------------------------------------------------------------- */

/* Room that never has to grow, so that one wipe gets all of it. */
static struct buf
wiped_later(struct arena *a, size_t room)
{
	struct buf b = buf_new(a, room);

	buf_room(&b, room);
	return b;
}

static size_t
encoded_len(const char *text)
{
	return 3 * strlen(text) + sizeof "&client_secret=";
}

static void
pair(struct buf *b, const char *name, const char *value)
{
	if (!*value)
		return;
	buf_fmt(b, "&%s=", name);
	enc_percent(b, str_of(value));
}

/* Signed anew for each request: a jti is good for one. */
static bool
assertion(struct arena *a, const struct credential_token *how, struct buf *b,
    struct err *e)
{
	const struct jws_claims claims = { .alg = how->alg,
		.kid = how->kid,
		.client = how->client,
		.audience = how->url,
		.end_s = clock_now_s() + UPAUTH_ASSERTION_S };
	const char *compact = jws_client_sign(a, &claims, how->secret, e);

	if (!compact)
		return false;
	pair(b, "client_assertion_type", JWT_BEARER);
	pair(b, "client_assertion", compact);
	return true;
}

static struct buf
form_of(struct arena *a, const struct credential_token *how)
{
	struct buf b = wiped_later(
	    a, ASSERTION_MAX + encoded_len(how->client) +
		   encoded_len(how->secret) + encoded_len(how->scope) +
		   encoded_len(how->resource) + encoded_len(how->audience));

	buf_str(&b, "grant_type=client_credentials");
	pair(&b, "scope", how->scope);
	pair(&b, "resource", how->resource);
	pair(&b, "audience", how->audience);
	if (how->kind == CREDENTIAL_OAUTH && !how->basic) {
		pair(&b, "client_id", how->client);
		pair(&b, "client_secret", how->secret);
	}
	return b;
}

/* RFC 6749 2.3.1: both form-encoded first. */
static struct buf
basic_of(struct arena *a, const struct credential_token *how)
{
	struct buf pair =
	    wiped_later(a, encoded_len(how->client) + encoded_len(how->secret));
	struct buf line;
	size_t n;

	enc_percent(&pair, str_of(how->client));
	buf_char(&pair, ':');
	enc_percent(&pair, str_of(how->secret));
	n = (pair.len + 2) / 3 * 4;
	line = wiped_later(a, sizeof BASIC + n);
	buf_str(&line, BASIC);
	buf_filled(&line, enc_b64(buf_room(&line, n), pair.at, pair.len));
	buf_text(&line);
	crypt_wipe(pair.at, pair.len);
	return line;
}

/* Our certificate is for the hospital's server, and its CA vouches for that: a
 * token endpoint elsewhere is met like any other server. */
static bool
elsewhere(struct arena *a, const char *base_url, const struct fetch_url *u)
{
	struct fetch_url base;

	return !fetch_url_read(a, str_of(base_url), &base) ||
	       base.https != u->https || base.port != u->port ||
	       strcmp(base.host, u->host) != 0;
}

/* Its origin as the base, so that path and query stay as they were given. */
static bool
endpoint(struct arena *a, const char *url, struct upstream_target *to,
    struct upstream_ask *ask)
{
	struct fetch_url u, origin;

	if (!fetch_url_read(a, str_of(url), &u))
		return false;
	if (elsewhere(a, to->base_url, &u))
		to->tls = NULL;
	origin = u;
	origin.path = "/";
	origin.query = NULL;
	to->base_url = fetch_url_write(a, &origin);
	ask->path = str_of(*u.path ? u.path + 1 : "");
	ask->query = u.query ? str_of(u.query) : STR_NONE;
	return true;
}

/* ---- the request ------------------------------------------------------------------ */

/* Of what went wrong, whose affair it is. */
bool
upauth_token_told(struct err *e, const struct err *was)
{
	switch (was->kind) {
	case ERR_BUSY:
	case ERR_DEADLINE:
	case ERR_BROKEN:
		return err_why(e, was->kind, "%s", was->why);
	case ERR_UPSTREAM_CONNECT:
	case ERR_UPSTREAM_TIMEOUT:
	case ERR_UPSTREAM_BUSY:
	case ERR_UPSTREAM_LIMIT:
	case ERR_UPSTREAM_OPEN:
	case ERR_UPSTREAM_FAILED:
		return err_why(e, ERR_UPSTREAM_TOKEN_AWAY,
		    "the token endpoint: %.250s", was->why);
	default:
		return err_why(e, ERR_UPSTREAM_TOKEN,
		    "the token endpoint: %.250s", was->why);
	}
}

/* Bytes that the arena would leave behind. */
static void
wipe(struct str s)
{
	crypt_wipe((char *)(uintptr_t)s.at, s.len);
}

static bool
asked(upauth_door *call, struct engine *en, struct arena *a,
    const struct upstream_ask *ask, struct upauth_token *t, struct err *e)
{
	struct err why = { .kind = ERR_NONE };
	const struct upstream_answer *answer = call(en, a, ask, &why);
	bool good;

	if (!answer)
		return upauth_token_told(e, &why);
	if (answer->status != 200)
		return no_token(e, "another status than 200");
	good = upauth_token_read(a, answer->body, t, e);
	wipe(answer->body);
	return good;
}

static bool
shown(upauth_door *call, struct engine *en, struct arena *a,
    struct upstream_ask *ask, struct upstream_target *to,
    const struct credential_token *how, struct upauth_token *t, struct err *e)
{
	struct buf body = form_of(a, how);
	struct buf line = { 0 };
	bool good =
	    how->kind != CREDENTIAL_SMART || assertion(a, how, &body, e);

	if (how->basic)
		line = basic_of(a, how);
	ask->body = (struct str){ body.at, body.len };
	ask->once = how->kind == CREDENTIAL_SMART; /* its jti is used then */
	to->credential = line.at;
	good = good && asked(call, en, a, ask, t, e);
	crypt_wipe(body.at, body.len);
	crypt_wipe(line.at, line.len);
	return good;
}

bool
upauth_token_ask(upauth_door *call, struct engine *en,
    const struct upstream_ask *outer, int64_t deadline_ms,
    struct upauth_token *t, struct err *e)
{
	struct arena *a = arena_new();
	struct upstream_target to = *outer->to;
	struct upstream_ask ask = { .to = &to,
		.method = UPSTREAM_POST_FORM,
		.accept = "application/json",
		.traceparent = outer->traceparent,
		.request_id = outer->request_id,
		.deadline_ms = deadline_ms,
		.body_bytes_max = ANSWER_MAX };
	bool good;

	to.token = NULL;
	to.cell = 0; /* no call to the provider */
	to.apart = true;
	good = endpoint(a, outer->to->token->url, &to, &ask)
	           ? shown(call, en, a, &ask, &to, outer->to->token, t, e)
	           : err_why(e, ERR_UPSTREAM_TOKEN,
			 "the token endpoint's address is no URL");
	arena_free(a);
	return good;
}
