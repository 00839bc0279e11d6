/* directory_credential.c - what it takes to be let in by a tenant's server
 * SPDX-License-Identifier: Apache-2.0 */
#include "gate/directory_credential.h"

#include <stdlib.h>
#include <string.h>

static char *
owned(struct str s)
{
	char *text = strndup(s.at ? s.at : "", s.len);

	if (!text)
		abort();
	return text;
}

static void
free_text(const char *text)
{
	free((char *)(uintptr_t)text);
}

static void
free_secret(const char *secret)
{
	credential_free((char *)(uintptr_t)secret);
}

static void
free_token(struct credential_token *t)
{
	if (!t)
		return;
	free_text(t->url);
	free_text(t->client);
	free_text(t->scope);
	free_text(t->resource);
	free_text(t->audience);
	free_text(t->kid);
	free_text(t->alg);
	free_secret(t->secret);
	free(t);
}

static void
free_tls(struct fetch_tls *t)
{
	if (!t)
		return;
	free_text(t->chain);
	free_secret(t->key);
	free_text(t->ca);
	free(t);
}

void
directory_credential_forget(struct directory_credential *w)
{
	free_tls((struct fetch_tls *)(uintptr_t)w->tls);
	free_secret(w->line);
	free_token((struct credential_token *)(uintptr_t)w->token);
	free_text(w->shut);
}

static struct credential_token *
token_of(const struct db_rows *rows, size_t first, enum credential_kind kind)
{
	struct credential_token *t = calloc(1, sizeof *t);
	const size_t at = first;

	if (!t)
		abort();
	t->kind = kind;
	t->url = owned(db_text(rows, 0, at + DIRECTORY_TOKEN_URL));
	t->client = owned(db_text(rows, 0, at + DIRECTORY_TOKEN_CLIENT));
	t->basic = str_is(db_text(rows, 0, at + DIRECTORY_TOKEN_AUTH), "basic");
	t->scope = owned(db_text(rows, 0, at + DIRECTORY_TOKEN_SCOPE));
	t->resource = owned(db_text(rows, 0, at + DIRECTORY_TOKEN_RESOURCE));
	t->audience = owned(db_text(rows, 0, at + DIRECTORY_TOKEN_AUDIENCE));
	t->kid = owned(db_text(rows, 0, at + DIRECTORY_TOKEN_KID));
	t->alg = owned(db_text(rows, 0, at + DIRECTORY_TOKEN_ALG));
	return t;
}

static char *
opened(struct directory_credential *w, const char *dir,
    const struct credential_for *of, struct str box)
{
	struct err e = { .kind = ERR_NONE };
	char *secret = credential_open(dir, of, box, &e);

	if (!secret)
		w->shut = owned(str_of(e.why));
	return secret;
}

static bool
fill_tls(struct directory_credential *w, const char *dir,
    struct credential_for of, const struct db_rows *rows, size_t first)
{
	struct str box = db_text(rows, 0, first + DIRECTORY_TLS_BOX);
	struct fetch_tls *t;

	if (db_null(rows, 0, first + DIRECTORY_TLS_CA))
		return true;
	if (!(w->tls = t = calloc(1, sizeof *t)))
		abort();
	t->chain = owned(db_text(rows, 0, first + DIRECTORY_TLS_CHAIN));
	t->ca = owned(db_text(rows, 0, first + DIRECTORY_TLS_CA));
	of.kind = CREDENTIAL_CERTIFICATE;
	if (box.len && (t->key = opened(w, dir, &of, box)))
		return true;
	t->key = owned(STR(""));
	if (!box.len)
		return true;
	free_text(t->chain); /* of no use without its key */
	t->chain = owned(STR(""));
	return false;
}

static bool
fill_shown(struct directory_credential *w, const char *dir,
    struct credential_for of, const struct db_rows *rows, size_t first)
{
	struct str box = db_text(rows, 0, first + DIRECTORY_BOX);
	struct credential_token *t;

	if (!credential_kind_read(
		db_text(rows, 0, first + DIRECTORY_AUTH), &of.kind) ||
	    of.kind == CREDENTIAL_NONE)
		return true;
	if (of.kind == CREDENTIAL_SMART &&
	    db_null(rows, 0, first + DIRECTORY_BOX)) {
		w->shut = owned(STR("it has no key in use; `wardgate key make "
				    "provider` makes one"));
		return false;
	}
	if (of.kind != CREDENTIAL_OAUTH && of.kind != CREDENTIAL_SMART)
		return (w->line = opened(w, dir, &of, box)) != NULL;
	t = token_of(rows, first, of.kind);
	of.token_url = t->url;
	if ((t->secret = opened(w, dir, &of, box)))
		w->token = t;
	else
		free_token(t);
	return w->token != NULL;
}

bool
directory_credential_fill(struct directory_credential *w, const char *dir,
    struct credential_for of, const struct db_rows *rows, size_t first)
{
	return fill_tls(w, dir, of, rows, first) &&
	       fill_shown(w, dir, of, rows, first);
}
