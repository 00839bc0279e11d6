/* own_token.c - a client asks about a token of its own: what it is, or its end
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/own_token.h"

#include "app/asker.h"

#define ANSWER_BYTES_MAX ((size_t)4096)
#define FULL_RETRY_S     60
#define SECOND_US        1000000

static const struct claims *
believed(const struct asker *by)
{
	struct gateway *g = asker_gateway();
	struct err e = { .kind = ERR_NONE };
	const struct claims *c = token_read(
	    by->w->a, g->keyring, &g->rules, by->form.token, by->now_s, &e);

	/* A key that was published a moment ago is worth one look. */
	if (!c && e.kind == ERR_TOKEN_KEY && keyring_refresh(g->keyring)) {
		err_clear(&e);
		c = token_read(by->w->a, g->keyring, &g->rules, by->form.token,
		    by->now_s, &e);
	}
	return c;
}

/* The token of the form, if it is one of this client's; else *c is NULL. The
 * trail names the token in any case, for it is ours. */
static bool
read_token(const struct asker *by, const struct claims **c)
{
	struct audit_row *row = by->row;

	*c = NULL;
	if (!by->form.token.at)
		return err_set(&by->w->err, ERR_MALFORMED,
		    "token is missing: send the access token in the body.");
	if (!(*c = believed(by)))
		return true;
	row->jti = str_of((*c)->jti);
	if (guid_eq(&(*c)->client, &by->client)) {
		row->has_tenant = true;
		row->tenant = (*c)->tenant;
	} else {
		*c = NULL;
	}
	return true;
}

/* ---- introspection ------------------------------------------------------------- */

/* The facade forgives clocks that differ; here a token ends when it says. */
static bool
ask_active(struct asker *by, const struct claims *c, bool *active)
{
	const struct db_arg args[] = { db_arg_guid(&c->client),
		db_arg_guid(&c->tenant), db_arg_text(str_of(c->cred)),
		db_arg_text(str_of(c->jti)), db_arg_int(c->change) };
	const struct db_rows *rows = db_ask(asker_gateway()->db, by->w->a,
	    "token_in_force", args, COUNT(args), &by->w->err);

	if (!rows)
		return false;
	*active = db_count(rows) && db_bool(rows, 0, 0) && c->exp_s > by->now_s;
	return true;
}

/* Issuer and audience come from the settings, which admit no quote; all else
 * is of our own making. */
static void
put_claims(struct buf *b, const struct claims *c)
{
	const struct token_rules *r = &asker_gateway()->rules;
	char client[GUID_LEN + 1];

	guid_write(client, &c->client);
	buf_fmt(b,
	    ",\"scope\":\"%s\",\"client_id\":\"%s\",\"token_type\":\"Bearer\","
	    "\"exp\":%lld,\"iat\":%lld,\"nbf\":%lld,\"sub\":\"%s\","
	    "\"aud\":\"%s\",\"iss\":\"%s\",\"jti\":\"%s\"",
	    scope_text(b->a, &c->scope, &c->tenant), client,
	    (long long)c->exp_s, (long long)c->iat_s, (long long)c->nbf_s,
	    client, r->audience, r->issuer, c->jti);
}

static bool
tell(struct asker *by)
{
	struct work *w = by->w;
	struct buf b = buf_new(w->a, ANSWER_BYTES_MAX);
	const struct claims *c;
	bool active = false;

	if (!read_token(by, &c) || (c && !ask_active(by, c, &active)))
		return false;
	buf_str(&b, active ? "{\"active\":true" : "{\"active\":false");
	if (active)
		put_claims(&b, c);
	buf_char(&b, '}');
	if (b.failed)
		return err_why(&w->err, ERR_BROKEN, "answer too large");
	w->resp->type = "application/json;charset=UTF-8";
	w->resp->body = (struct str){ b.at, b.len };
	return true;
}

/* ---- revocation ----------------------------------------------------------------- */

static bool
store(struct asker *by, const struct claims *c)
{
	struct work *w = by->w;
	const struct db_arg args[] = { db_arg_guid(&c->client),
		db_arg_text(str_of(c->jti)),
		db_arg_time(c->exp_s * SECOND_US) };
	const struct db_rows *rows = db_ask(asker_gateway()->db, w->a,
	    "revoke_own_token", args, COUNT(args), &w->err);

	if (!rows)
		return false;
	if (!str_is(db_text(rows, 0, 0), "full")) /* revoked, unchanged */
		return true;
	err_why(&w->err, ERR_BUSY, "the client has revoked too many tokens");
	w->err.retry_after_s = FULL_RETRY_S;
	return false;
}

/* What is not there, or not this client's, is as good as revoked (2.2). */
static bool
end_token(struct asker *by)
{
	const struct claims *c;

	return read_token(by, &c) && (!c || store(by, c));
}

static bool
serve_client(
    struct work *w, const char *interaction, bool (*answer)(struct asker *))
{
	struct asker *by = arena_get(w->a, sizeof *by);
	bool fine;

	asker_begin(by, w, interaction);
	fine = asker_form(by) &&  /* what is asked */
	       asker_known(by) && /* who asks */
	       answer(by);
	asker_end(by);
	return fine;
}

bool
own_token_tell(struct work *w)
{
	return serve_client(w, "introspect", tell);
}

bool
own_token_revoke(struct work *w)
{
	return serve_client(w, "revoke", end_token);
}
