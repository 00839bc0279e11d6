/* issue.c - the token endpoint: client credentials in, access token out
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/issue.h"

#include <string.h>

#include "app/asker.h"

#define SECOND_US       1000000
#define ASSERTED_LIFE_S 300 /* SMART App Launch 2.2, "Issue access token" */

/* One request on its way through the ladder below. */
struct issue {
	struct asker by;
	struct claims claims;
	uint32_t may;  /* what the grant covers */
	int64_t end_s; /* nothing that was used outlives this */
};

static bool
read_grant(const struct issue *i)
{
	struct err *e = &i->by.w->err;
	const struct form *f = &i->by.form;

	if (!f->grant_type.at)
		return err_set(e, ERR_MALFORMED, "grant_type is missing.");
	return str_is(f->grant_type, "client_credentials") ||
	       err_set(e, ERR_GRANT_TYPE, NULL);
}

static bool
read_scope(struct issue *i)
{
	struct work *w = i->by.w;
	struct str scope = str_trim(i->by.form.scope, " \t\r\n");

	if (!scope.len)
		return err_set(&w->err, ERR_SCOPE_MALFORMED,
		    "scope is missing: send the tenant ID of the hospital, "
		    "one GUID.");
	if (i->by.form.scope.len > (size_t)w->conf->scope_bytes)
		return err_set(&w->err, ERR_SCOPE_MALFORMED, NULL);
	if (!scope_read(&i->claims.scope, &i->claims.tenant, scope, &w->err))
		return false;
	i->by.row->has_tenant = true;
	i->by.row->tenant = i->claims.tenant;
	return true;
}

static bool
link_allows(struct issue *i, const struct directory_link *l, struct err *e)
{
	if (l->tenant == TENANT_UNKNOWN)
		return err_set(e, ERR_TENANT_UNKNOWN, NULL);
	if (l->grant != GRANT_LIVE || l->grant_end_s <= i->by.now_s)
		return err_set(e, ERR_TENANT_NOT_GRANTED, NULL);
	if (l->tenant == TENANT_SUSPENDED)
		return err_set(e, ERR_TENANT_SUSPENDED, NULL);
	if (!(i->claims.scope.may & l->may))
		return err_set(e, ERR_SCOPE_REFUSED, NULL);
	i->may = l->may;
	if (l->grant_end_s < i->end_s)
		i->end_s = l->grant_end_s;
	return true;
}

static bool
asked(struct issue *i, enum directory_how how, int64_t *change, struct err *e)
{
	struct directory *d = asker_gateway()->directory;
	int64_t told = directory_number(d);
	const struct directory_link *l = directory_link(
	    d, i->by.w->a, &i->by.client, &i->claims.tenant, how, e);

	if (l)
		*change = l->change > told ? l->change : told;
	return l && link_allows(i, l, e);
}

/* The token carries the change number at which all this was true: what is
 * revoked later has a higher one. */
static bool
authorize(struct issue *i)
{
	struct err first = { .kind = ERR_NONE };
	int64_t change;

	if (!asked(i, DIRECTORY_CACHED, &change, &first) &&
	    !asked(i, DIRECTORY_FRESH, &change, &i->by.w->err))
		return false;
	i->claims.change = change < i->by.change ? change : i->by.change;
	if (i->by.end_s < i->end_s)
		i->end_s = i->by.end_s;
	return true;
}

static bool
in_bounds(struct issue *i)
{
	return gateway_draw(
	    asker_gateway(), i->by.w, LIMIT_TENANT, &i->claims.tenant, 1);
}

/* Absent: no token could be made. */
static bool
write_answer(struct issue *i, struct str token)
{
	struct work *w = i->by.w;
	struct buf b = buf_new(w->a, 4096);

	if (!token.at)
		return false;
	buf_str(&b, "{\"access_token\":\"");
	buf_put(&b, token.at, token.len);
	buf_fmt(&b,
	    "\",\"token_type\":\"Bearer\",\"expires_in\":%lld,\"scope\":\"%"
	    "s\"}",
	    (long long)(i->claims.exp_s - i->claims.iat_s),
	    scope_text(w->a, &i->claims.scope, &i->claims.tenant));
	w->resp->type = "application/json;charset=UTF-8";
	w->resp->body = (struct str){ b.at, b.len };
	return true;
}

/* Columns of token_stands. */
enum { S_N, S_ENDS };

static bool
stands_now(struct issue *i, struct err *e)
{
	struct claims *c = &i->claims;
	const struct db_arg args[] = { db_arg_guid(&c->client),
		db_arg_guid(&c->tenant), db_arg_text(str_of(c->cred)),
		db_arg_text(str_of(c->jti)) };
	const struct db_rows *rows = db_ask(asker_gateway()->db, i->by.w->a,
	    "token_stands", args, COUNT(args), e);
	int64_t end_s;

	if (!rows || db_null(rows, 0, S_N))
		return false;
	c->change = db_int(rows, 0, S_N);
	end_s = db_null(rows, 0, S_ENDS) ? INT64_MAX
	                                 : db_time(rows, 0, S_ENDS) / SECOND_US;
	if (end_s < c->exp_s)
		c->exp_s = end_s;
	return c->exp_s > c->iat_s;
}

/* Something has changed that was not known when this was decided. It may be what
 * the token stands on, ended and given again, or told to end its tokens so far:
 * then this one would be dead before it arrives, and whoever asks because his
 * last token was refused would be refused again. So it is looked at again, and
 * the same token signed with what is true now. Otherwise it stays as it is, and
 * as dead as what it stands on. */
static void
freshen(struct work *w, void *ctx)
{
	struct gateway *g = asker_gateway();
	struct issue *i = ctx;
	struct err e = { .kind = ERR_NONE };

	if (stands_now(i, &e))
		write_answer(i,
		    token_again(w->a, g->keyring, &g->rules, &i->claims, &e));
}

/* Who signs each request can do so often. */
static int64_t
life_s(const struct issue *i)
{
	int64_t life = i->by.w->conf->token_life_s;

	return i->by.form.client_assertion.at && life > ASSERTED_LIFE_S
	           ? ASSERTED_LIFE_S
	           : life;
}

static bool
answer(struct issue *i)
{
	struct work *w = i->by.w;
	struct gateway *g = asker_gateway();
	int64_t end_s = i->by.now_s + life_s(i);

	i->claims.client = i->by.client;
	memcpy(i->claims.cred, i->by.row->cred.at, SECRET_KEY_ID_LEN);
	if (i->claims.scope.named)
		i->claims.scope.may &= i->may;
	i->claims.iat_s = i->by.now_s;
	i->claims.exp_s = end_s < i->end_s ? end_s : i->end_s;
	if (!write_answer(i,
		token_make(w->a, g->keyring, &g->rules, &i->claims, &w->err)))
		return false;
	i->by.row->jti = (struct str){ i->claims.jti, TOKEN_JTI_LEN };
	gateway_when_changed(w, i->claims.change, freshen, i);
	return true;
}

bool
issue_token(struct work *w)
{
	struct issue *i = arena_get(w->a, sizeof *i);
	bool fine;

	asker_begin(&i->by, w, "token");
	i->end_s = INT64_MAX;
	fine = asker_form(&i->by) &&  /* what is asked */
	       read_grant(i) &&       /* client_credentials only */
	       asker_known(&i->by) && /* who asks */
	       read_scope(i) &&       /* for which tenant */
	       authorize(i) &&        /* linked, and not suspended */
	       in_bounds(i) &&        /* not more often than it may be asked */
	       answer(i);
	if (fine)
		asker_moved(&i->by);
	asker_end(&i->by);
	return fine;
}
