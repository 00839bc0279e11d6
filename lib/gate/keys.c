/* keys.c - one immutable set of keys, read from two folders
 * SPDX-License-Identifier: Apache-2.0 */
#include "gate/keys.h"

#include <dirent.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/log.h"
#include "ext/crypt.h"

#define JWKS_BYTES_MAX ((size_t)KEYS_MAX * 400)

struct keys {
	struct keys *self; /* the same, writable for its last holder */
	atomic_int holders;
	size_t n;
	struct jws_key *at[KEYS_MAX]; /* by kid, ascending */
	struct jws_key *signing;
};

/* ---- one set ---------------------------------------------------------------
 */

struct keys *
keys_new(void)
{
	struct keys *s = calloc(1, sizeof *s);

	if (!s)
		abort(); /* as arena_get does */
	s->self = s;
	atomic_init(&s->holders, 1);
	return s;
}

void
keys_share(struct keys *s)
{
	atomic_fetch_add(&s->holders, 1);
}

void
keys_release(const struct keys *given)
{
	struct keys *s = given ? given->self : NULL;
	size_t i;

	if (!s || atomic_fetch_sub(&s->holders, 1) > 1)
		return;
	for (i = 0; i < s->n; i++)
		jws_key_free(s->at[i]);
	jws_key_free(s->signing);
	free(s);
}

const struct jws_key *
keys_find(const struct keys *s, struct str kid)
{
	size_t low = 0, high = s->n, mid;
	int order;

	if (kid.len != JWS_KID_LEN)
		return NULL;
	while (low < high) {
		mid = low + (high - low) / 2;
		order = memcmp(kid.at, jws_kid(s->at[mid]), JWS_KID_LEN);
		if (!order)
			return s->at[mid];
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

const struct jws_key *
keys_signing(const struct keys *s)
{
	return s->signing;
}

size_t
keys_count(const struct keys *s)
{
	return s->n;
}

const struct jws_key *
keys_at(const struct keys *s, size_t i)
{
	return i < s->n ? s->at[i] : NULL;
}

char *
keys_jwks(struct arena *a, const struct keys *s)
{
	struct buf b = buf_new(a, JWKS_BYTES_MAX);
	size_t i;

	buf_str(&b, "{\"keys\":[");
	for (i = 0; i < s->n; i++) {
		if (i)
			buf_char(&b, ',');
		buf_str(&b, jws_jwk(a, s->at[i]));
	}
	buf_str(&b, "]}");
	return buf_text(&b);
}

/* ---- reading files
 * ------------------------------------------------------------ */

/* Who may write a public key may mint tokens. */
static bool
only_ours_to_write(const char *path, struct err *e)
{
	struct stat st;

	if (stat(path, &st))
		return err_set(e, ERR_CONF, "%s: cannot be read: %s.", path,
		    strerror(errno));
	if (st.st_mode & (S_ISDIR(st.st_mode) ? S_IWOTH : S_IWGRP | S_IWOTH))
		return err_set(e, ERR_CONF,
		    "%s: others may write it, and so let tokens of their own "
		    "in; run `chmod go-w %s`.",
		    path, path);
	return true;
}

/* pem has room for JWS_PEM_MAX bytes. A longer file is cut, and then is no
 * PEM any more. */
static bool
slurp(const char *path, char *pem, struct str *text, struct err *e)
{
	FILE *f = fopen(path, "re");

	if (!f)
		return err_set(e, ERR_CONF, "%s: cannot be read: %s.", path,
		    strerror(errno));
	setvbuf(f, NULL, _IONBF, 0); /* leaves no second copy of a secret */
	*text = (struct str){ pem, fread(pem, 1, JWS_PEM_MAX, f) };
	fclose(f);
	return true;
}

struct jws_key *
keys_file(const char *dir, const char *kid, bool private, struct err *e)
{
	struct arena *a = arena_new();
	struct err why = { 0 };
	char *path = arena_printf(a, "%s/%s.pem", dir, kid);
	char pem[JWS_PEM_MAX];
	struct jws_key *k = NULL;
	struct str text;

	if (!(private ? conf_secret_file : only_ours_to_write)(path, e) ||
	    !slurp(path, pem, &text, e))
		goto out;
	k = (private ? jws_key_private : jws_key_public)(text, &why);
	crypt_wipe(pem, sizeof pem);
	if (!k) {
		err_set(e, ERR_CONF, "%s: %s%s.", path, why.said, why.why);
	} else if (strcmp(jws_kid(k), kid) != 0) {
		err_set(e, ERR_CONF,
		    "%s: holds the key %s; a key file is named by its kid.",
		    path, jws_kid(k));
		jws_key_free(k);
		k = NULL;
	}
out:
	arena_free(a);
	return k;
}

static bool
withdrawn(const struct keyring_wish *wish, const char *kid)
{
	size_t i;

	for (i = 0; wish && i < wish->withdrawn_n; i++)
		if (!strcmp(wish->withdrawn[i], kid))
			return true;
	return false;
}

static void
keep_sorted(struct keys *s, struct jws_key *k)
{
	size_t i = s->n++;

	for (; i > 0 && strcmp(jws_kid(s->at[i - 1]), jws_kid(k)) > 0; i--)
		s->at[i] = s->at[i - 1];
	s->at[i] = k;
}

/* A file in the public folder: true if it was loaded, or is none of ours. */
static bool
take(struct keys *s, const char *dir, const char *name,
    const struct keyring_wish *wish, struct err *e)
{
	char kid[JWS_KID_LEN + 1] = "";
	size_t len = strlen(name);
	struct jws_key *k;

	if (name[0] == '.' || len < 4 || strcmp(name + len - 4, ".pem") != 0)
		return true;
	if (len != JWS_KID_LEN + 4)
		return err_set(e, ERR_CONF,
		    "%s/%.100s: a key file is named by its kid, of %d "
		    "characters, and .pem.",
		    dir, name, JWS_KID_LEN);
	memcpy(kid, name, JWS_KID_LEN);
	if (withdrawn(wish, kid))
		return true;
	if (s->n == KEYS_MAX)
		return err_set(
		    e, ERR_CONF, "%s: more than %d keys.", dir, KEYS_MAX);
	if (!(k = keys_file(dir, kid, false, e)))
		return false;
	keep_sorted(s, k);
	return true;
}

bool
keys_read(struct keys *s, const char *dir, const struct keyring_wish *wish,
    bool strict, struct err *e)
{
	struct err bad = { 0 };
	struct dirent *entry;
	DIR *d;

	if (!only_ours_to_write(dir, e))
		return false;
	if (!(d = opendir(dir)))
		return err_set(e, ERR_CONF, "%s: cannot be read: %s.", dir,
		    strerror(errno));
	while (!(strict && bad.kind) && (entry = readdir(d))) {
		err_clear(&bad);
		if (!take(s, dir, entry->d_name, wish, &bad) && !strict)
			log_event(LOG_ERROR, "key_refused", LOG_WHY, bad.said,
			    LOG_END);
	}
	closedir(d);
	if (strict && bad.kind)
		return err_set(e, bad.kind, "%s", bad.said);
	return s->n > 0 ||
	       err_set(e, ERR_CONF,
		   "%s: holds no key that verifies; make one with `wardgate "
		   "key make signing`.",
		   dir);
}

/* What the private half signs, the published half must verify. */
static bool
halves_fit(const struct jws_key *private, const struct jws_key *public)
{
	char sig[JWS_SIG_LEN];

	return jws_sign(private, STR("wardgate.check"), sig, NULL) &&
	       jws_verify(public, STR("wardgate.check"),
		   (struct str){ sig, sizeof sig });
}

bool
keys_read_signing(
    struct keys *s, const char *dir, const char *kid, struct err *e)
{
	const struct jws_key *public = keys_find(s, str_of(kid));

	if (!dir)
		return err_why(e, ERR_BROKEN, "no folder of signing keys");
	if (!public)
		return err_set(e, ERR_CONF,
		    "The key %.60s is to sign, but its public half is not "
		    "among the published keys, or is withdrawn.",
		    kid);
	if (!(s->signing = keys_file(dir, kid, true, e)))
		return false;
	if (halves_fit(s->signing, public))
		return true;
	jws_key_free(s->signing);
	s->signing = NULL;
	return err_set(
	    e, ERR_CONF, "The two halves of the key %s do not fit.", kid);
}
