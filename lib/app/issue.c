/* issue.c - the token endpoint: client credentials in, access token out
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/issue.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/form.h"
#include "app/gateway.h"
#include "ext/crypt.h"
#include "ext/prepare.h"

static struct gateway *gateway;
static struct secret_peppers *peppers;

/* One request on its way through the ladder below. */
struct issue {
	struct work *w;
	struct audit_row *row;
	struct str body;
	struct form form;
	struct claims claims;
	int64_t now_s;
	int64_t end_s; /* nothing that was used outlives this */
};

/* Whoever starts `token` by hand gets its keys only as its own user. */
static bool
own_user(const struct conf *conf, struct err *e)
{
	struct stat st;

	if (!stat(conf->signing_key_dir, &st) && st.st_uid == geteuid())
		return true;
	return err_set(e, ERR_CONF,
	    "As plain CGI, token runs only under the user that owns %s.",
	    conf->signing_key_dir);
}

bool
issue_start(struct arena *a, const struct conf *conf, bool cgi, struct err *e)
{
	if (cgi && !own_user(conf, e))
		return false;
	peppers = secret_peppers_open(conf->pepper_dir, e);
	gateway = peppers ? gateway_open(
				a, conf, "token", prepare_token, true, cgi, e)
	                  : NULL;
	return gateway != NULL;
}

void
issue_stop(void)
{
	gateway_close(gateway);
	secret_peppers_free(peppers);
}

bool
issue_settle(struct work *w)
{
	return gateway_settle(gateway, w);
}

static bool
read_body(struct issue *i)
{
	struct work *w = i->w;
	const struct conf *c = w->conf;

	if (form_in_query(w->a, w->req->query))
		return err_set(&w->err, ERR_QUERY_SECRET, NULL);
	if (req_media(w->req, "application/x-www-form-urlencoded"))
		return serve_body(w, (size_t)c->token_body_bytes, &i->body) &&
		       form_read(&i->form, w->a, i->body, c, &w->err);
	if (req_media(w->req, "application/json"))
		return serve_body(w, (size_t)c->token_body_bytes, &i->body) &&
		       form_read_json(&i->form, w->a, i->body, c, &w->err);
	return err_set(&w->err, ERR_MEDIA,
	    "Send the token request as application/x-www-form-urlencoded.");
}

/* RFC 6749 2.3: one method per request. */
static bool
read_basic(struct issue *i)
{
	struct work *w = i->w;
	struct form *f = &i->form;
	struct str id, secret, scheme, rest;

	if (!w->req->authorization.len)
		return true;
	scheme = str_cut(w->req->authorization, ' ', &rest);
	if (!str_is_nocase(scheme, "basic"))
		return err_set(&w->err, ERR_MALFORMED,
		    "The Authorization scheme here is Basic, or none with the "
		    "secret in the body.");
	if (!form_basic(w->a, w->req->authorization, &id, &secret, &w->err))
		return false;
	if (f->client_secret.at ||
	    (f->client_id.at && !str_eq(f->client_id, id)))
		return err_set(&w->err, ERR_MALFORMED,
		    "Send client_id and client_secret once: in the body or as "
		    "Basic, not both.");
	f->client_id = id.len ? id : STR_NONE;
	f->client_secret = secret.len ? secret : STR_NONE;
	return true;
}

static bool
read_grant(struct issue *i)
{
	struct err *e = &i->w->err;
	struct form *f = &i->form;

	if (!f->grant_type.at)
		return err_set(e, ERR_MALFORMED, "grant_type is missing.");
	if (!str_is(f->grant_type, "client_credentials"))
		return err_set(e, ERR_GRANT_TYPE, NULL);
	if (f->client_assertion.at && f->client_secret.at)
		return err_set(e, ERR_MALFORMED,
		    "Send one credential: a secret or an assertion.");
	return true;
}

static bool
client_fits(struct issue *i, const struct directory_client *c, struct err *e)
{
	const struct secret *s = NULL;
	struct err wrong = { .kind = ERR_NONE };
	bool fits = secret_check(peppers, c->secrets, c->known ? c->n : 0,
	    i->form.client_secret, i->now_s, &s, &wrong);

	if (s)
		i->row->cred = (struct str){ s->key_id, SECRET_KEY_ID_LEN };
	if (!c->known && wrong.kind != ERR_SECRET_MALFORMED)
		return err_set(e, ERR_CLIENT_UNKNOWN, NULL);
	if (c->disabled)
		return err_set(e, ERR_CLIENT_DISABLED, NULL);
	if (!fits) {
		*e = wrong;
		return false;
	}
	i->end_s = s->end_s;
	return true;
}

/* A refusal is never decided by what is cached, and a stranger's path through
 * here is the same whether the client exists or not: check, query, check. */
static bool
authenticate(struct issue *i)
{
	struct work *w = i->w;
	struct err first = { .kind = ERR_NONE };
	const struct directory_client *c;
	struct guid id;
	bool known = guid_read(&id, i->form.client_id);

	if (!i->form.client_id.at || !i->form.client_secret.at)
		return err_set(&w->err, ERR_CLIENT_ABSENT, NULL);
	i->claims.client = known ? id : (struct guid){ { 0 } };
	i->row->has_client = known;
	i->row->client = i->claims.client;
	c = directory_client(gateway->directory, w->a, &i->claims.client,
	    DIRECTORY_CACHED, &w->err);
	if (client_fits(i, c, &first))
		return true;
	if (first.kind == ERR_SECRET_MALFORMED) {
		w->err = first; /* a typo, whoever the client is */
		return false;
	}
	c = directory_client(gateway->directory, w->a, &i->claims.client,
	    DIRECTORY_FRESH, &w->err);
	return c && client_fits(i, c, &w->err);
}

static bool
read_scope(struct issue *i)
{
	struct work *w = i->w;
	struct str scope = str_trim(i->form.scope, " \t\r\n");

	if (i->form.scope.len > (size_t)w->conf->scope_bytes ||
	    !guid_read(&i->claims.tenant, scope) ||
	    !guid_usable(&i->claims.tenant))
		return err_set(&w->err, ERR_SCOPE_MALFORMED,
		    scope.len ? NULL
			      : "scope is missing: send the tenant ID of the "
				"hospital, one GUID.");
	i->row->has_tenant = true;
	i->row->tenant = i->claims.tenant;
	return true;
}

static bool
link_allows(struct issue *i, const struct directory_link *l, struct err *e)
{
	if (l->tenant == TENANT_UNKNOWN)
		return err_set(e, ERR_TENANT_UNKNOWN, NULL);
	if (l->grant != GRANT_LIVE || l->grant_end_s <= i->now_s)
		return err_set(e, ERR_TENANT_NOT_GRANTED, NULL);
	if (l->tenant == TENANT_SUSPENDED)
		return err_set(e, ERR_TENANT_SUSPENDED, NULL);
	if (l->grant_end_s < i->end_s)
		i->end_s = l->grant_end_s;
	return true;
}

static bool
authorize(struct issue *i)
{
	struct work *w = i->w;
	struct err first = { .kind = ERR_NONE };
	const struct directory_link *l =
	    directory_link(gateway->directory, w->a, &i->claims.client,
		&i->claims.tenant, DIRECTORY_CACHED, &w->err);

	if (link_allows(i, l, &first))
		return true;
	l = directory_link(gateway->directory, w->a, &i->claims.client,
	    &i->claims.tenant, DIRECTORY_FRESH, &w->err);
	return l && link_allows(i, l, &w->err);
}

static bool
answer(struct issue *i)
{
	struct work *w = i->w;
	struct buf b = buf_new(w->a, 4096);
	char tenant[GUID_LEN + 1];
	struct str token;
	int64_t end_s = i->now_s + w->conf->token_life_s;

	memcpy(i->claims.cred, i->row->cred.at, SECRET_KEY_ID_LEN);
	i->claims.iat_s = i->now_s;
	i->claims.exp_s = end_s < i->end_s ? end_s : i->end_s;
	token = token_make(
	    w->a, gateway->keyring, &gateway->rules, &i->claims, &w->err);
	if (!token.at)
		return false;
	i->row->jti = (struct str){ i->claims.jti, TOKEN_JTI_LEN };
	buf_str(&b, "{\"access_token\":\"");
	buf_put(&b, token.at, token.len);
	buf_fmt(&b,
	    "\",\"token_type\":\"Bearer\",\"expires_in\":%lld,\"scope\":\"%"
	    "s\"}",
	    (long long)(i->claims.exp_s - i->claims.iat_s),
	    guid_write(tenant, &i->claims.tenant));
	w->resp->type = "application/json;charset=UTF-8";
	w->resp->body = (struct str){ b.at, b.len };
	return true;
}

/* Where the secret stood in this arena, once it was read. */
static void
wipe(struct issue *i)
{
	struct str *parts[] = { &i->body, &i->form.client_secret };
	size_t n;

	for (n = 0; n < COUNT(parts); n++)
		if (parts[n]->len)
			crypt_wipe(
			    (void *)(uintptr_t)parts[n]->at, parts[n]->len);
}

bool
issue_token(struct work *w)
{
	struct issue *i = arena_get(w->a, sizeof *i);
	bool fine;

	i->w = w;
	i->row = gateway_row(w);
	i->row->interaction = STR("token");
	i->now_s = w->req->start_us / 1000000;
	i->end_s = INT64_MAX;
	fine = read_body(i) &&    /* one form, each parameter once */
	       read_basic(i) &&   /* or the credentials in the header */
	       read_grant(i) &&   /* client_credentials only */
	       authenticate(i) && /* who asks */
	       read_scope(i) &&   /* for which tenant */
	       authorize(i) &&    /* linked, and not suspended */
	       answer(i);
	wipe(i);
	return fine;
}
