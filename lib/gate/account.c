/* account.c - people of the portal: passphrase, phone, recovery, invitation
 * SPDX-License-Identifier: Apache-2.0 */
#include "gate/account_inner.h"

#include <string.h>

#include "base/clock.h"
#include "ext/pass.h"
#include "gate/phrase.h"

/* ---- keys ---------------------------------------------------------------------- */

static struct crypt_hmac *
hmac_for(const unsigned char *root, struct str use)
{
	unsigned char key[CRYPT_KEY_BYTES];
	struct crypt_hmac *made;

	crypt_hkdf(key, sizeof key,
	    (struct str){ (const char *)root, CRYPT_KEY_BYTES }, STR_NONE, use);
	made = crypt_hmac_new(key, sizeof key);
	crypt_wipe(key, sizeof key);
	return made;
}

bool
account_keys_open(struct account_keys *k, const char *path, struct err *e)
{
	unsigned char root[CRYPT_KEY_BYTES];

	if (!crypt_key_file(path, root, e))
		return false;
	crypt_hkdf(k->seal, sizeof k->seal,
	    (struct str){ (const char *)root, sizeof root }, STR_NONE,
	    STR("wardgate portal one-time keys"));
	k->form = hmac_for(root, STR("wardgate portal forms"));
	k->code = hmac_for(root, STR("wardgate portal recovery codes"));
	crypt_wipe(root, sizeof root);
	return true;
}

void
account_keys_free(struct account_keys *k)
{
	crypt_hmac_free(k->form);
	crypt_hmac_free(k->code);
	crypt_wipe(k, sizeof *k);
}

/* ---- waiting after failures ------------------------------------------------------ */

struct trial
account_trial(struct db *db, struct arena *a, struct str who, struct str source)
{
	struct trial t = { .db = db, .a = a, .source = source };

	crypt_sha256(t.who, who.at, who.len);
	return t;
}

static const struct db_rows *
trial_ask(const struct trial *t, const char *statement, struct err *e)
{
	const struct db_arg args[] = {
		db_arg_bytes(
		    (struct str){ (const char *)t->who, sizeof t->who }),
		db_arg_text(t->source.len ? t->source : STR("0.0.0.0"))
	};

	return db_ask(t->db, t->a, statement, args, 2, e);
}

bool
account_trial_may(const struct trial *t, struct err *e)
{
	const struct db_rows *rows = trial_ask(t, "signin_begin", e);
	int64_t wait_s = rows ? db_int(rows, 0, 0) : 0;

	if (!rows || !wait_s)
		return rows != NULL;
	err_set(e, ERR_SIGNIN_WAIT, NULL);
	e->retry_after_s = (unsigned)wait_s;
	return false;
}

bool
account_trial_told(const struct trial *t, bool fits, struct err *e)
{
	struct err later = { .kind = ERR_NONE };

	if (fits)
		return trial_ask(t, "signin_good", e) != NULL;
	if (e->kind != ERR_NONE)
		trial_ask(t, "signin_untried", &later);
	else if (trial_ask(t, "signin_failed", e))
		err_set(e, ERR_SIGNIN, NULL);
	return false;
}

/* ---- passphrases ------------------------------------------------------------------ */

/* Stored anew; *stored is what it was if that does not work. */
static void
pass_moved(const struct trial *t, const struct guid *account, struct str normal,
    struct str *stored)
{
	struct err later = { .kind = ERR_NONE };
	const char *anew = pass_make(t->a, normal, &later);
	const struct db_rows *rows;

	if (!anew)
		return;
	rows = db_ask(t->db, t->a, "account_passphrase_moved",
	    (const struct db_arg[]){ db_arg_guid(account), db_arg_text(*stored),
		db_arg_text(str_of(anew)) },
	    3, &later);
	if (rows && db_bool(rows, 0, 0))
		*stored = str_of(anew);
}

/* stored  may be stored anew on the way */
static bool
fits(const struct trial *t, const struct guid *account, struct str *stored,
    struct str passphrase, struct err *e)
{
	struct str normal;
	bool old = false, same;

	if (!pass_normal(t->a, passphrase, &normal, e)) {
		err_clear(e); /* nobody's passphrase */
		normal = STR("");
	}
	same = pass_fits(*stored, normal, &old, e) && normal.len;
	if (same && old)
		pass_moved(t, account, normal, stored);
	crypt_wipe((void *)(uintptr_t)normal.at, normal.len);
	return same;
}

static void
take(struct account *who, struct arena *a, const struct db_rows *rows)
{
	struct str *roles;
	size_t n = db_texts(rows, a, 0, 4, &roles);

	who->id = db_guid(rows, 0, 0);
	who->login = db_text(rows, 0, 1);
	who->has_totp = !db_null(rows, 0, 3);
	who->roles = session_roles(roles, n);
}

bool
account_signin(struct account *who, struct db *db, struct arena *a,
    struct str login, struct str passphrase, struct str source, struct err *e)
{
	struct str name = str_lower(a, str_trim(login, " \t\r\n"));
	struct trial t = account_trial(db, a, name, source);
	const struct db_arg arg = db_arg_text(name.len ? name : STR("-"));
	const struct db_rows *rows;
	bool known, good;

	if (!account_trial_may(&t, e))
		return false;
	rows = db_ask(db, a, "account_for_signin", &arg, 1, e);
	known = rows && db_count(rows) > 0;
	if (known)
		who->id = db_guid(rows, 0, 0);
	who->phrase = known ? db_text(rows, 0, 2) : STR_NONE;
	good = rows && fits(&t, &who->id, &who->phrase, passphrase, e) &&
	       !db_bool(rows, 0, 5);
	if (!account_trial_told(&t, good, e))
		return false;
	take(who, a, rows);
	return true;
}

bool
account_vouched(struct account *who, struct db *db, struct arena *a,
    struct str login, struct err *e)
{
	const struct db_arg arg = db_arg_text(login);
	const struct db_rows *rows = NULL;

	if (utf8_valid(login) &&
	    !(rows = db_ask(db, a, "account_for_signin", &arg, 1, e)))
		return false;
	if (!rows || !db_count(rows) || db_bool(rows, 0, 5))
		return err_set(e, ERR_STRANGER,
		    "There is no account here under the name that the web "
		    "server gave. Ask an admin of this gateway.");
	take(who, a, rows);
	return true;
}

const struct db_rows *
account_self(
    struct db *db, struct arena *a, const struct guid *account, struct err *e)
{
	const struct db_arg arg = db_arg_guid(account);
	const struct db_rows *rows = db_ask(db, a, "account_self", &arg, 1, e);

	if (rows && !db_count(rows))
		err_set(e, ERR_SIGNIN, NULL);
	return rows && db_count(rows) ? rows : NULL;
}

bool
account_proves(const struct guid *account, struct db *db, struct arena *a,
    struct str passphrase, struct str source, struct err *e)
{
	struct trial t = account_trial(db, a,
	    (struct str){ (const char *)account->at, sizeof account->at },
	    source);
	const struct db_rows *rows;
	struct str stored;

	if (!account_trial_may(&t, e))
		return false;
	rows = account_self(db, a, account, e);
	stored = rows ? db_text(rows, 0, 2) : STR_NONE;
	return account_trial_told(
	    &t, rows && fits(&t, account, &stored, passphrase, e), e);
}

const char *
account_pass_make(
    struct arena *a, struct str passphrase, struct str login, struct err *e)
{
	const char *stored;
	struct str normal;

	if (!phrase_good(a, passphrase, login, e) ||
	    !pass_normal(a, passphrase, &normal, e))
		return NULL;
	stored = pass_make(a, normal, e);
	crypt_wipe((void *)(uintptr_t)normal.at, normal.len);
	return stored;
}

bool
account_pass_set(struct db *db, struct arena *a, const struct guid *account,
    struct str login, struct str passphrase, const struct session *here,
    struct err *e)
{
	const char *stored = account_pass_make(a, passphrase, login, e);

	return stored &&
	       db_ask(db, a, "account_passphrase_set",
		   (const struct db_arg[]){ db_arg_guid(account),
		       db_arg_text(str_of(stored)),
		       here ? db_arg_bytes((struct str){
				  (const char *)here->hash, sizeof here->hash })
			    : db_arg_null() },
		   3, e);
}

/* ---- invitations ------------------------------------------------------------------- */

bool
account_invite(struct db *db, struct arena *a, struct str name,
    struct str roles, const struct guid *account, const struct guid *made_by,
    int64_t life_s, char link[ACCOUNT_INVITE_LEN + 1], struct err *e)
{
	unsigned char bytes[32], hash[CRYPT_SHA256_BYTES];

	crypt_random(bytes, sizeof bytes);
	crypt_sha256(hash, bytes, sizeof bytes);
	link[enc_b64url(link, bytes, sizeof bytes)] = 0;
	crypt_wipe(bytes, sizeof bytes);
	return db_ask(db, a, "invitation_make",
		   (const struct db_arg[]){
		       db_arg_bytes(
			   (struct str){ (const char *)hash, sizeof hash }),
		       db_arg_text(name), db_arg_text(roles),
		       db_arg_guid(account), db_arg_guid(made_by),
		       db_arg_int(life_s) },
		   6, e) != NULL;
}

bool
account_invited(struct str link, unsigned char hash[CRYPT_SHA256_BYTES])
{
	unsigned char bytes[ENC_B64_ROOM(ACCOUNT_INVITE_LEN)];
	size_t n = sizeof bytes;

	if (link.len != ACCOUNT_INVITE_LEN || !dec_b64url(bytes, &n, link))
		return false;
	crypt_sha256(hash, bytes, n);
	return true;
}
