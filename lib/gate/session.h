/* session.h - who is signed in to the portal, and the proof a form carries
 * SPDX-License-Identifier: Apache-2.0
 *
 * A cookie holds 256 random bits; the database knows their SHA-256. At every
 * step (passphrase, code, proof again) the cookie is a new one and the old one
 * ends. Form proofs are an HMAC over the session's hash, so nothing is kept for
 * them: the synchronizer token of OWASP, bound to one session. */
#ifndef GATE_SESSION_H
#define GATE_SESSION_H

#include "base/conf.h"
#include "ext/crypt.h"
#include "ext/db.h"

#define SESSION_COOKIE     "__Host-wardgate"
#define SESSION_COOKIE_LEN 43 /* base64url of 32 bytes */

enum session_stage {
	SESSION_NONE,  /* nobody */
	SESSION_CODE,  /* the passphrase was right; a code is missing */
	SESSION_ENROL, /* a phone has to be set up before anything else */
	SESSION_FULL
};

/* Roles as bits. */
enum session_role {
	ROLE_DEVELOPER = 1,
	ROLE_OPERATOR = 2,
	ROLE_AUDITOR = 4,
	ROLE_ADMIN = 8,
	ROLE_ANY = 15
};

struct session {
	enum session_stage stage;
	unsigned char hash[CRYPT_SHA256_BYTES];
	struct guid account, id;
	struct str login, name, lang;
	unsigned roles;
	bool has_totp;
	bool proved; /* passphrase or code were given a short while ago */
	/* when it ends if it is not used, and in any case; UTC since 1970 */
	int64_t idle_end_us, life_end_us;
};

/* session_roles - bits of what is stored; role names with blanks between. */
unsigned session_roles(const struct str *names, size_t n);

/* What is asked in the same go, before it is known who asks: there a null
 * account stands for whoever is signed in (wardgate.asking), and for nobody who
 * is not. What changes anything has no place here: a page looks at who asks
 * first. */
struct session_asks {
	struct db_ask at[DB_ASKS_MAX]; /* the first is the session's own */
	const struct db_rows *rows[DB_ASKS_MAX];
	size_t n;       /* 0: nothing was added */
	struct err err; /* of the first that failed */
};

/* session_add - true: it is asked along; false: there is no room. args are
 * copied, their texts borrowed. */
bool session_add(struct session_asks *with, struct arena *a,
    const char *statement, const struct db_arg *args, size_t n);

/* session_find - who is behind a Cookie field, and what is asked along; with->n
 * is 0 after it unless somebody is signed in. SESSION_NONE: nobody, or the field
 * is ambiguous. false: ERR_DB. */
bool session_find(struct session *s, struct db *db, struct arena *a,
    const struct conf *conf, struct str cookies, struct session_asks *with,
    struct err *e);

/* session_cookie - the hash of ours among the cookies of a request, as they stand
 * in its field. false: there is none, or there are two, or it is malformed. */
bool session_cookie(struct str cookies, unsigned char hash[CRYPT_SHA256_BYTES]);

/* session_open - a new one of `account`, at that stage.
 *   before  the one whose place it takes; NULL: none
 *   phrase  the stored passphrase that opens it (gate/account); absent: it
 *           follows from `before`; neither: the web server says who it is,
 *           and nothing is proved
 *   cookie  receives what the browser keeps
 * ERR_SIGNED_OUT: the one before has ended meanwhile, the passphrase was
 * changed, or the account disabled. */
bool session_open(struct db *db, struct arena *a, const struct guid *account,
    enum session_stage stage, struct str source, struct str agent,
    const struct session *before, struct str phrase,
    char cookie[SESSION_COOKIE_LEN + 1], struct err *e);

/* session_end - signs out. */
bool session_end(
    struct db *db, struct arena *a, const struct session *s, struct err *e);

/* session_proof - what a form of this session carries, borrowed from a.
 * session_proves - is it that? */
const char *session_proof(
    struct arena *a, const struct crypt_hmac *key, const struct session *s);
bool session_proves(
    const struct crypt_hmac *key, const struct session *s, struct str proof);

#endif
