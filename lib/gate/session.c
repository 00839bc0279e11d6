/* session.c - who is signed in to the portal, and the proof a form carries
 * SPDX-License-Identifier: Apache-2.0 */
#include "gate/session.h"

#include <string.h>

#include "web/req.h"

static const char *const stages[] = {
	[SESSION_CODE] = "code",
	[SESSION_ENROL] = "enrol",
	[SESSION_FULL] = "full",
};

unsigned
session_roles(const struct str *names, size_t n)
{
	static const struct {
		const char *name;
		unsigned role;
	} known[] = { { "developer", ROLE_DEVELOPER },
		{ "operator", ROLE_OPERATOR }, { "auditor", ROLE_AUDITOR },
		{ "admin", ROLE_ADMIN } };
	unsigned roles = 0;
	size_t i, k;

	for (i = 0; i < n; i++)
		for (k = 0; k < COUNT(known); k++)
			if (str_is(names[i], known[k].name))
				roles |= known[k].role;
	return roles;
}

/* ---- the cookie ---------------------------------------------------------------- */

bool
session_cookie(struct str cookies, unsigned char hash[CRYPT_SHA256_BYTES])
{
	struct str cookie = req_cookie(cookies, SESSION_COOKIE);
	unsigned char bytes[ENC_B64_ROOM(SESSION_COOKIE_LEN)];
	size_t n = sizeof bytes;

	if (cookie.len != SESSION_COOKIE_LEN || !dec_b64url(bytes, &n, cookie))
		return false;
	crypt_sha256(hash, bytes, n);
	crypt_wipe(bytes, sizeof bytes);
	return true;
}

/* ---- rows ---------------------------------------------------------------------- */

static struct db_arg
hash_arg(const struct session *s)
{
	return s ? db_arg_bytes(
		       (struct str){ (const char *)s->hash, sizeof s->hash })
	         : db_arg_null();
}

static void
take(struct session *s, struct arena *a, const struct db_rows *rows)
{
	struct str stage = db_text(rows, 0, 2), *roles;
	size_t n = db_texts(rows, a, 0, 5, &roles);
	enum session_stage i;

	for (i = SESSION_CODE; i <= SESSION_FULL; i++)
		if (str_is(stage, stages[i]))
			s->stage = i;
	s->account = db_guid(rows, 0, 0);
	s->id = db_guid(rows, 0, 1);
	s->login = db_text(rows, 0, 3);
	s->name = db_text(rows, 0, 4);
	s->roles = session_roles(roles, n);
	s->lang = db_text(rows, 0, 6);
	s->has_totp = db_bool(rows, 0, 7);
	s->proved = db_bool(rows, 0, 8);
	s->idle_end_us = db_time(rows, 0, 9);
	s->life_end_us = db_time(rows, 0, 10);
}

bool
session_add(struct session_asks *with, struct arena *a, const char *statement,
    const struct db_arg *args, size_t n)
{
	struct db_arg *kept = arena_raw(a, (n + 1) * sizeof *kept);

	if (!with->n)
		with->n = 1;
	if (with->n == COUNT(with->at))
		return false;
	memcpy(kept, args, n * sizeof *kept);
	with->at[with->n++] = (struct db_ask){ statement, kept, n };
	return true;
}

/* What cannot even be sent - a text that is none - does not keep anybody from
 * being known. */
static bool
ask(struct session_asks *with, struct db *db, struct arena *a, struct err *e)
{
	size_t n = with->n ? with->n : 1;

	if (db_ask_all(db, a, with->at, n, with->rows, &with->err) ||
	    with->rows[0])
		return true;
	if (with->err.kind == ERR_MALFORMED)
		return db_ask_all(db, a, with->at, 1, with->rows, e);
	*e = with->err;
	return false;
}

bool
session_find(struct session *s, struct db *db, struct arena *a,
    const struct conf *conf, struct str cookies, struct session_asks *with,
    struct err *e)
{
	*s = (struct session){ .stage = SESSION_NONE };
	if (session_cookie(cookies, s->hash)) {
		const struct db_arg args[] = { hash_arg(s),
			db_arg_int(conf->portal_idle_s),
			db_arg_int(conf->portal_life_s),
			db_arg_int(conf->portal_proof_s) };

		with->at[0] = (struct db_ask){ "session_find", args, 4 };
		if (!ask(with, db, a, e))
			return false;
		if (db_count(with->rows[0]))
			take(s, a, with->rows[0]);
	}
	if (s->stage != SESSION_FULL)
		with->n = 0;
	return true;
}

bool
session_open(struct db *db, struct arena *a, const struct guid *account,
    enum session_stage stage, struct str source, struct str agent,
    const struct session *before, struct str phrase,
    char cookie[SESSION_COOKIE_LEN + 1], struct err *e)
{
	unsigned char bytes[32];
	struct session made;
	const struct db_rows *rows;
	bool fine;

	crypt_random(bytes, sizeof bytes);
	crypt_sha256(made.hash, bytes, sizeof bytes);
	cookie[enc_b64url(cookie, bytes, sizeof bytes)] = 0;
	crypt_wipe(bytes, sizeof bytes);
	rows = db_ask(db, a, "session_open",
	    (const struct db_arg[]){ hash_arg(&made), db_arg_guid(account),
		db_arg_text(str_of(stages[stage])),
		db_arg_text(source.len ? source : STR_NONE),
		db_arg_text(agent.at && utf8_valid(agent) ? agent : STR_NONE),
		hash_arg(before),
		phrase.at ? db_arg_text(phrase) : db_arg_null() },
	    7, e);
	fine =
	    rows && (db_bool(rows, 0, 0) || err_set(e, ERR_SIGNED_OUT, NULL));
	if (!fine)
		crypt_wipe(cookie, SESSION_COOKIE_LEN + 1);
	return fine;
}

bool
session_end(
    struct db *db, struct arena *a, const struct session *s, struct err *e)
{
	const struct db_arg hash = hash_arg(s);

	return db_ask(db, a, "session_end", &hash, 1, e) != NULL;
}

/* ---- forms --------------------------------------------------------------------- */

const char *
session_proof(
    struct arena *a, const struct crypt_hmac *key, const struct session *s)
{
	unsigned char mac[CRYPT_SHA256_BYTES];
	char *text = arena_get(a, ENC_B64_LEN(sizeof mac) + 1);

	crypt_hmac(key, s->hash, sizeof s->hash, mac);
	enc_b64url(text, mac, sizeof mac);
	return text;
}

bool
session_proves(
    const struct crypt_hmac *key, const struct session *s, struct str proof)
{
	unsigned char mac[CRYPT_SHA256_BYTES];
	char text[ENC_B64_LEN(sizeof mac)];

	crypt_hmac(key, s->hash, sizeof s->hash, mac);
	enc_b64url(text, mac, sizeof mac);
	return proof.len == sizeof text &&
	       crypt_same(text, proof.at, sizeof text);
}
