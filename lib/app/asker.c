/* asker.c - who asks at an OAuth endpoint: form, credentials, client
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/asker.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "ext/crypt.h"
#include "ext/prepare.h"
#include "gate/meter.h"

#define SKEW_MAX_S 60 /* of an assertion, whatever tokens are given */

static struct gateway *gateway;
static struct secret_peppers *peppers;
static struct assertion_rules assertions;

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
	if ((cgi && !own_user(conf, e)) || !meter_open(conf, "token", e))
		return false;
	assertions = (struct assertion_rules){ .issuer = conf->public_base,
		.token_url =
		    arena_printf(a, "%s/oauth2/token", conf->public_base),
		.skew_s = conf->token_skew_s < SKEW_MAX_S ? conf->token_skew_s
		                                          : SKEW_MAX_S };
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
	meter_close();
}

bool
asker_settle(struct work *w)
{
	return gateway_settle(gateway, w);
}

bool
asker_settle_later(struct work *w)
{
	return gateway_settle_later(gateway, w);
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
	if (f->client_secret.at || f->client_assertion.at ||
	    f->client_assertion_type.at ||
	    (f->client_id.at && !str_eq(f->client_id, id)))
		return err_set(&w->err, ERR_MALFORMED,
		    "Authenticate once: with client_id and client_secret in "
		    "the body, or as Basic, or with an assertion.");
	f->client_id = id.len ? id : STR_NONE;
	f->client_secret = secret.len ? secret : STR_NONE;
	return true;
}

static bool
one_credential(const struct asker *by)
{
	const struct form *f = &by->form;

	if (f->client_assertion.at && f->client_secret.at)
		return err_set(&by->w->err, ERR_MALFORMED,
		    "Send one credential: a secret or an assertion.");
	return !f->client_assertion.at == !f->client_assertion_type.at ||
	       err_set(&by->w->err, ERR_MALFORMED,
		   "client_assertion and client_assertion_type belong "
		   "together.");
}

static void
note_cred(struct asker *by, const char *cred)
{
	memcpy(by->cred, cred, SECRET_KEY_ID_LEN);
	by->row->cred = (struct str){ by->cred, SECRET_KEY_ID_LEN };
}

static void
note_client(struct asker *by, const struct guid *client)
{
	by->client = *client;
	by->row->has_client = true;
	by->row->client = *client;
}

/* ---- by secret --------------------------------------------------------------- */

/* The same work for a client that is not there; only then is it looked at why
 * it is refused. The words for the log stay, they are as long as any. */
static bool
client_fits(struct asker *by, const struct directory_client *c, struct err *e)
{
	bool same, fits = secret_check(peppers, c->has ? &c->secret : NULL,
		       by->form.client_secret, by->now_s, &same, e);

	if (same)
		note_cred(by, c->secret.key_id);
	if (!c->known || c->disabled) {
		e->kind = c->known ? ERR_CLIENT_DISABLED : ERR_CLIENT_UNKNOWN;
		return false;
	}
	if (!fits)
		return false;
	by->end_s = c->secret.end_s;
	by->secret = &c->secret;
	return true;
}

static bool
secret_good(struct asker *by, enum directory_how how, struct err *e)
{
	int64_t told = directory_number(gateway->directory);
	const struct directory_client *c = directory_client(
	    gateway->directory, by->w->a, &by->client, by->key_id, how, e);

	if (c)
		by->change = c->change > told ? c->change : told;
	return c && client_fits(by, c, e);
}

/* A typo is told before anybody is looked for: whoever the client is. */
static bool
read_secret(struct asker *by)
{
	struct guid id;

	if (!by->form.client_id.at || !by->form.client_secret.at)
		return err_set(&by->w->err, ERR_CLIENT_ABSENT, NULL);
	if (guid_read(&id, by->form.client_id))
		note_client(by, &id);
	return secret_read(by->form.client_secret, by->key_id, &by->w->err);
}

/* ---- from one pepper to the next ------------------------------------------------- */

#define LOOK_MS 1000 /* between two questions which pepper is in use */

/* 0: none was named, or not known. One thread asks, the others do not wait. */
static int
pepper_in_use(struct asker *by)
{
	static _Atomic int64_t looked_ms;
	static atomic_int version;
	int64_t now_ms = clock_mono_ms(), last = atomic_load(&looked_ms);
	struct err e = { .kind = ERR_NONE };
	const struct db_rows *rows;

	if ((!last || now_ms - last >= LOOK_MS) &&
	    atomic_compare_exchange_strong(&looked_ms, &last, now_ms) &&
	    (rows = db_ask(
		 gateway->db, by->w->a, "pepper_in_use", NULL, 0, &e)))
		atomic_store(&version, (int)db_int(rows, 0, 0));
	return atomic_load(&version);
}

void
asker_moved(struct asker *by)
{
	const struct secret *s = by->secret;
	unsigned char hash[SECRET_HASH_BYTES];
	struct err e = { .kind = ERR_NONE };
	int version = s ? pepper_in_use(by) : 0;

	if (!s || s->pepper >= version ||
	    !secret_hash(peppers, version, by->form.client_secret, hash))
		return;
	db_ask(gateway->db, by->w->a, "secret_rehash",
	    (const struct db_arg[]){ db_arg_guid(&by->client),
		db_arg_text(str_of(s->key_id)),
		db_arg_bytes(
		    (struct str){ (const char *)s->hash, sizeof s->hash }),
		db_arg_bytes((struct str){ (const char *)hash, sizeof hash }),
		db_arg_int(version) },
	    5, &e);
	crypt_wipe(hash, sizeof hash);
}

/* ---- by assertion -------------------------------------------------------------- */

static bool
keys_fit(struct asker *by, const struct directory_keys *k, struct err *e)
{
	const struct jwk *key;

	if (!k->known)
		return err_set(e, ERR_CLIENT_UNKNOWN, NULL);
	if (k->disabled)
		return err_set(e, ERR_CLIENT_DISABLED, NULL);
	if (k->set && k->set == by->tried)
		return err_why(e, ERR_ASSERTION_SIGNATURE,
		    "the signature is not the key's");
	if (!(key = assertion_key(&by->assertion, k->set, k->url, e))) {
		if (e->kind == ERR_ASSERTION_SIGNATURE)
			by->tried = k->set; /* once is dear enough */
		return false;
	}
	note_cred(by, jwk_cred(key));
	return true;
}

/* It may have been published since it was fetched last: the keeper looks, and
 * this assertion is refused. No failure here changes that. */
static void
want_keys(struct asker *by)
{
	const struct db_arg client = db_arg_guid(&by->client);
	struct err e = { .kind = ERR_NONE };

	db_ask(gateway->db, by->w->a, "client_jwks_wanted", &client, 1, &e);
}

static bool
assertion_good(struct asker *by, enum directory_how how, struct err *e)
{
	int64_t told = directory_number(gateway->directory);
	const struct directory_keys *k =
	    directory_keys(gateway->directory, by->w->a, &by->client, how, e);

	if (k)
		by->change = k->change > told ? k->change : told;
	if (k && keys_fit(by, k, e))
		return true;
	if (k && k->url && how == DIRECTORY_FRESH &&
	    e->kind == ERR_ASSERTION_KEY)
		want_keys(by);
	return false;
}

/* client_id need not be sent (RFC 7521 4.2); if it is, it is the same one. */
static bool
read_assertion(struct asker *by)
{
	struct err *e = &by->w->err;
	struct assertion *t = &by->assertion;
	struct form *f = &by->form;
	struct guid id;

	if (!str_is(f->client_assertion_type, ASSERTION_TYPE))
		return err_why(e, ERR_ASSERTION_MALFORMED, "of another type");
	if (!assertion_read(
		t, by->w->a, &assertions, f->client_assertion, by->now_s, e))
		return false;
	note_client(by, &t->client);
	return !f->client_id.at ||
	       (guid_read(&id, f->client_id) && guid_eq(&id, &t->client)) ||
	       err_why(e, ERR_ASSERTION_CLAIMS, "client_id is another one");
}

/* Committed before anything is answered, by whatever process and host: so an
 * assertion that was overheard is worth nothing. */
static bool
used_up(struct asker *by)
{
	const struct assertion *t = &by->assertion;
	unsigned char digest[CRYPT_SHA256_BYTES];
	struct work *w = by->w;
	const struct db_arg args[] = { db_arg_guid(&t->client),
		db_arg_bytes((struct str){ (char *)digest, sizeof digest }),
		db_arg_time(t->end_s * 1000000) };
	const struct db_rows *rows;

	crypt_sha256(digest, t->jti.at, t->jti.len);
	rows = db_ask(
	    gateway->db, w->a, "assertion_use", args, COUNT(args), &w->err);
	return rows && (db_bool(rows, 0, 0) ||
			   err_set(&w->err, ERR_ASSERTION_SEEN, NULL));
}

/* ---- either -------------------------------------------------------------------- */

static bool
asked(struct asker *by, enum directory_how how, struct err *e)
{
	return by->form.client_assertion.at ? assertion_good(by, how, e)
	                                    : secret_good(by, how, e);
}

/* A refusal is never decided by what is cached, and a stranger's path through
 * here is the same whether the client exists or not: check, query, check. What
 * is cached is asked for by client and key id, so who shows a key id that the
 * client does not have finds nothing there, like somebody who names no client.
 */
bool
asker_known(struct asker *by)
{
	struct err first = { .kind = ERR_NONE };
	bool signs = by->form.client_assertion.at != NULL;

	if (!(signs ? read_assertion(by) : read_secret(by)))
		return false;
	if (!asked(by, DIRECTORY_CACHED, &first) &&
	    !asked(by, DIRECTORY_FRESH, &by->w->err))
		return false;
	return (!signs || used_up(by)) &&
	       gateway_draw(gateway, by->w, LIMIT_CLIENT, &by->client, 1);
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
	struct str *parts[] = { &by->body, &by->form.client_secret,
		&by->form.client_assertion, &by->form.token };
	size_t n;

	for (n = 0; n < COUNT(parts); n++)
		if (parts[n]->len)
			crypt_wipe(
			    (void *)(uintptr_t)parts[n]->at, parts[n]->len);
}
