/* asker.c - who asks at an OAuth endpoint: form, credentials, client
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/asker.h"

#include <sys/stat.h>
#include <unistd.h>

#include "ext/crypt.h"
#include "ext/prepare.h"

static struct gateway *gateway;
static struct secret_peppers *peppers;

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
asker_start(struct arena *a, const struct conf *conf, bool cgi, struct err *e)
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
asker_stop(void)
{
	gateway_close(gateway);
	secret_peppers_free(peppers);
}

bool
asker_settle(struct work *w)
{
	return gateway_settle(gateway, w);
}

void
asker_refused(struct work *w)
{
	gateway_refused(gateway, w);
}

struct gateway *
asker_gateway(void)
{
	return gateway;
}

void
asker_begin(struct asker *by, struct work *w, const char *interaction)
{
	by->w = w;
	by->row = gateway_row(w);
	by->row->interaction = str_of(interaction);
	by->now_s = w->req->start_us / 1000000;
	by->end_s = INT64_MAX;
}

static bool
read_body(struct asker *by)
{
	struct work *w = by->w;
	const struct conf *c = w->conf;

	if (form_in_query(w->a, w->req->query))
		return err_set(&w->err, ERR_QUERY_SECRET, NULL);
	if (req_media(w->req, "application/x-www-form-urlencoded"))
		return serve_body(w, (size_t)c->token_body_bytes, &by->body) &&
		       form_read(&by->form, w->a, by->body, c, &w->err);
	if (req_media(w->req, "application/json"))
		return serve_body(w, (size_t)c->token_body_bytes, &by->body) &&
		       form_read_json(&by->form, w->a, by->body, c, &w->err);
	return err_set(&w->err, ERR_MEDIA,
	    "Send the token request as application/x-www-form-urlencoded.");
}

/* RFC 6749 2.3: one method per request. */
static bool
read_basic(struct asker *by)
{
	struct work *w = by->w;
	struct form *f = &by->form;
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
one_credential(const struct asker *by)
{
	return !by->form.client_assertion.at || !by->form.client_secret.at ||
	       err_set(&by->w->err, ERR_MALFORMED,
		   "Send one credential: a secret or an assertion.");
}

static bool
client_fits(struct asker *by, const struct directory_client *c, struct err *e)
{
	const struct secret *s = NULL;
	struct err wrong = { .kind = ERR_NONE };
	bool fits = secret_check(peppers, c->secrets, c->known ? c->n : 0,
	    by->form.client_secret, by->now_s, &s, &wrong);

	if (s)
		by->row->cred = (struct str){ s->key_id, SECRET_KEY_ID_LEN };
	if (!c->known && wrong.kind != ERR_SECRET_MALFORMED)
		return err_set(e, ERR_CLIENT_UNKNOWN, NULL);
	if (c->disabled)
		return err_set(e, ERR_CLIENT_DISABLED, NULL);
	if (!fits) {
		*e = wrong;
		return false;
	}
	by->end_s = s->end_s;
	return true;
}

static bool
asked(struct asker *by, enum directory_how how, struct err *e)
{
	int64_t told = directory_number(gateway->directory);
	const struct directory_client *c =
	    directory_client(gateway->directory, by->w->a, &by->client, how, e);

	by->fresh = how == DIRECTORY_FRESH;
	if (c)
		by->change = by->fresh ? c->change : told;
	return c && client_fits(by, c, e);
}

/* A refusal is never decided by what is cached, and a stranger's path through
 * here is the same whether the client exists or not: check, query, check. */
bool
asker_known(struct asker *by)
{
	struct work *w = by->w;
	struct err first = { .kind = ERR_NONE };
	struct guid id;
	bool known = guid_read(&id, by->form.client_id);

	if (!by->form.client_id.at || !by->form.client_secret.at)
		return err_set(&w->err, ERR_CLIENT_ABSENT, NULL);
	by->client = known ? id : (struct guid){ { 0 } };
	by->row->has_client = known;
	by->row->client = by->client;
	if (!asked(by, DIRECTORY_CACHED, &first)) {
		if (first.kind == ERR_SECRET_MALFORMED) {
			w->err = first; /* a typo, whoever the client is */
			return false;
		}
		if (!asker_again(by))
			return false;
	}
	return gateway_draw(gateway, w, LIMIT_CLIENT, &by->client, 1);
}

bool
asker_again(struct asker *by)
{
	return asked(by, DIRECTORY_FRESH, &by->w->err);
}

bool
asker_form(struct asker *by)
{
	return read_body(by) &&  /* one form, each parameter once */
	       read_basic(by) && /* or the credentials in the header */
	       one_credential(by);
}

/* Where the secret stood in this arena, once it was read. */
void
asker_end(struct asker *by)
{
	struct str *parts[] = { &by->body, &by->form.client_secret };
	size_t n;

	for (n = 0; n < COUNT(parts); n++)
		if (parts[n]->len)
			crypt_wipe(
			    (void *)(uintptr_t)parts[n]->at, parts[n]->len);
}
