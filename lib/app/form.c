/* form.c - the parameters of an OAuth request, each at most once
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/form.h"

#include <stddef.h>
#include <string.h>

#include "base/enc.h"
#include "ext/crypt.h"
#include "ext/js.h"

#define BASIC_BYTES_MAX ((size_t)1024)

/* `hyphen` is a second slot: both spellings may stand side by side if they
 * agree. */
enum slot {
	GRANT,
	GRANT_HYPHEN,
	CLIENT_ID,
	SECRET,
	SCOPE,
	ASSERTION_TYPE,
	ASSERTION,
	TOKEN,
	SLOTS
};

static const char *const names[SLOTS] = {
	[GRANT] = "grant_type",
	[GRANT_HYPHEN] = "grant-type",
	[CLIENT_ID] = "client_id",
	[SECRET] = "client_secret",
	[SCOPE] = "scope",
	[ASSERTION_TYPE] = "client_assertion_type",
	[ASSERTION] = "client_assertion",
	[TOKEN] = "token",
};

static int
slot_of(struct str name)
{
	int i;

	for (i = 0; i < SLOTS; i++)
		if (str_is(name, names[i]))
			return i;
	return -1;
}

static bool
settle(struct form *f, const struct str slot[SLOTS], struct err *e)
{
	if (slot[GRANT].len && slot[GRANT_HYPHEN].len &&
	    !str_eq(slot[GRANT], slot[GRANT_HYPHEN]))
		return err_set(e, ERR_REPEATED,
		    "grant_type and grant-type differ; send one of them.");
	f->grant_type = slot[GRANT].len ? slot[GRANT] : slot[GRANT_HYPHEN];
	f->client_id = slot[CLIENT_ID];
	f->client_secret = slot[SECRET];
	f->scope = slot[SCOPE];
	f->client_assertion_type = slot[ASSERTION_TYPE];
	f->client_assertion = slot[ASSERTION];
	f->token = slot[TOKEN];
	return true;
}

/* Arrays are how some frameworks smuggle a second value in. */
static bool
take(struct str slot[SLOTS], bool seen[SLOTS], struct str name,
    struct str value, struct err *e)
{
	struct str rest;
	int i = slot_of(name);

	if (i < 0) {
		name = str_cut(name, '[', &rest);
		return !rest.at || slot_of(name) < 0 ||
		       err_set(e, ERR_MALFORMED,
			   "Parameters of a token request are no arrays.");
	}
	if (seen[i])
		return err_set(
		    e, ERR_REPEATED, "%s stands more than once.", names[i]);
	seen[i] = true;
	slot[i] = value.len ? value : STR_NONE;
	return true;
}

static bool
decode_pair(
    struct arena *a, struct str pair, struct str *name, struct str *value)
{
	struct str raw;

	*name = str_cut(pair, '=', &raw);
	*value = STR_NONE;
	return dec_percent(a, *name, true, name) &&
	       (!raw.at || dec_percent(a, raw, true, value));
}

bool
form_read(struct form *f, struct arena *a, struct str body,
    const struct conf *conf, struct err *e)
{
	struct str slot[SLOTS] = { { NULL, 0 } }, name, value;
	bool seen[SLOTS] = { false };
	int64_t count = 0;

	while (body.at) {
		struct str pair = str_trim(str_cut(body, '&', &body), "\r\n");

		if (!pair.len)
			continue;
		if (++count > conf->token_params)
			return err_set(e, ERR_TOO_MANY,
			    "The request has too many parameters.");
		if (!decode_pair(a, pair, &name, &value))
			return err_set(e, ERR_MALFORMED,
			    "The request body is not properly encoded: "
			    "percent-encoded UTF-8 is expected.");
		if (!take(slot, seen, name, value, e))
			return false;
	}
	return settle(f, slot, e);
}

struct members {
	struct str slot[SLOTS];
	bool seen[SLOTS];
	struct err *e;
};

static bool
take_member(void *ctx, struct str name, const struct json_t *json)
{
	struct members *m = ctx;
	struct str value;

	if (slot_of(name) < 0)
		return true;
	if (!js_value_text(json, &value))
		return err_set(m->e, ERR_MALFORMED, "%s must be a string.",
		    names[slot_of(name)]);
	return take(m->slot, m->seen, name, value, m->e);
}

bool
form_read_json(struct form *f, struct arena *a, struct str body,
    const struct conf *conf, struct err *e)
{
	struct members m = { .e = e };
	const struct json_t *o;
	struct err why = { .kind = ERR_NONE };

	if (!(o = js_read(a, body, (size_t)conf->token_body_bytes, &why)))
		return err_set(e, ERR_MALFORMED,
		    "The request body is not a JSON object with each member "
		    "once.");
	if (js_count(o) > (size_t)conf->token_params)
		return err_set(
		    e, ERR_TOO_MANY, "The request has too many parameters.");
	return js_each(o, take_member, &m) && settle(f, m.slot, e);
}

bool
form_in_query(struct arena *a, struct str query)
{
	struct str name, raw;

	while (query.at) {
		raw = str_cut(str_cut(query, '&', &query), '=', &name);
		if (!dec_percent(a, raw, true, &name))
			continue;
		name = str_cut(name, '[', &raw);
		if (slot_of(name) >= 0)
			return true;
	}
	return false;
}

/* Control characters cannot stand in either part (RFC 7617 2). */
static bool
basic_parts(
    struct arena *a, struct str text, struct str *id, struct str *secret)
{
	struct str raw;

	*id = str_cut(text, ':', &raw);
	return raw.at && str_plain(text) && dec_percent(a, *id, true, id) &&
	       dec_percent(a, raw, true, secret);
}

bool
form_basic(struct arena *a, struct str field, struct str *id,
    struct str *secret, struct err *e)
{
	struct str code;
	size_t n = BASIC_BYTES_MAX;
	char *text = arena_get(a, n);
	bool fine;

	str_cut(field, ' ', &code);
	fine = code.len <= BASIC_BYTES_MAX && dec_b64(text, &n, code) &&
	       basic_parts(a, (struct str){ text, n }, id, secret);
	crypt_wipe(text, BASIC_BYTES_MAX); /* both parts are copies of it */
	return fine ||
	       err_set(e, ERR_MALFORMED,
		   "The Authorization field is not proper Basic: base64 of "
		   "client_id, a colon and client_secret is expected.");
}
