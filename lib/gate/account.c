/* account.c - people of the portal: passphrase, phone, recovery, invitation
 * SPDX-License-Identifier: Apache-2.0 */
#include "gate/account.h"

#include <string.h>

#include "base/clock.h"
#include "ext/pass.h"
#include "gate/phrase.h"

#define CODE_SET "abcdefghijklmnopqrstuvwxyz234567" /* no 0, no 1 */

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

/* A name, or an account by its id: whoever fails at one waits there. */
struct trial {
	struct db *db;
	struct arena *a;
	unsigned char who[CRYPT_SHA256_BYTES];
	struct str source;
};

static struct trial
trial_of(struct db *db, struct arena *a, struct str who, struct str source)
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

static bool
trial_may(const struct trial *t, struct err *e)
{
	const struct db_rows *rows = trial_ask(t, "signin_begin", e);
	int64_t wait_s = rows ? db_int(rows, 0, 0) : 0;

	if (!rows || !wait_s)
		return rows != NULL;
	err_set(e, ERR_SIGNIN_WAIT, NULL);
	e->retry_after_s = (unsigned)wait_s;
	return false;
}

/* What failed for want of a turn or a database is no guess. */
static bool
trial_told(const struct trial *t, bool fits, struct err *e)
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
	struct trial t = trial_of(db, a, name, source);
	const struct db_arg arg = db_arg_text(name.len ? name : STR("-"));
	const struct db_rows *rows;
	bool known, good;

	if (!trial_may(&t, e))
		return false;
	rows = db_ask(db, a, "account_for_signin", &arg, 1, e);
	known = rows && db_count(rows) > 0;
	if (known)
		who->id = db_guid(rows, 0, 0);
	who->phrase = known ? db_text(rows, 0, 2) : STR_NONE;
	good = rows && fits(&t, &who->id, &who->phrase, passphrase, e) &&
	       !db_bool(rows, 0, 5);
	if (!trial_told(&t, good, e))
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

static const struct db_rows *
self(struct db *db, struct arena *a, const struct guid *account, struct err *e)
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
	struct trial t = trial_of(db, a,
	    (struct str){ (const char *)account->at, sizeof account->at },
	    source);
	const struct db_rows *rows;
	struct str stored;

	if (!trial_may(&t, e))
		return false;
	rows = self(db, a, account, e);
	stored = rows ? db_text(rows, 0, 2) : STR_NONE;
	return trial_told(
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

/* ---- phones -------------------------------------------------------------------------- */

void
account_seal_bytes(const struct account_keys *k, const struct guid *account,
    const unsigned char key[OTP_KEY_BYTES],
    unsigned char sealed[ACCOUNT_SEALED])
{
	crypt_seal(sealed, k->seal, key, OTP_KEY_BYTES,
	    (struct str){ (const char *)account->at, sizeof account->at });
}

const char *
account_seal(const struct account_keys *k, struct arena *a,
    const struct guid *account, const unsigned char key[OTP_KEY_BYTES])
{
	unsigned char sealed[ACCOUNT_SEALED];
	char *text = arena_get(a, ENC_B64_LEN(ACCOUNT_SEALED) + 1);

	account_seal_bytes(k, account, key, sealed);
	enc_b64url(text, sealed, sizeof sealed);
	return text;
}

static bool
unseal(const struct account_keys *k, const struct guid *account,
    struct str sealed, unsigned char key[OTP_KEY_BYTES])
{
	return sealed.len == ACCOUNT_SEALED &&
	       crypt_open(key, k->seal, sealed.at, sealed.len,
		   (struct str){
		       (const char *)account->at, sizeof account->at });
}

bool
account_unseal(const struct account_keys *k, const struct guid *account,
    struct str sealed, unsigned char key[OTP_KEY_BYTES])
{
	char bytes[ENC_B64_ROOM(ENC_B64_LEN(ACCOUNT_SEALED))];
	size_t n = sizeof bytes;

	return sealed.len == ENC_B64_LEN(ACCOUNT_SEALED) &&
	       dec_b64url(bytes, &n, sealed) &&
	       unseal(k, account, (struct str){ bytes, n }, key);
}

/* Blanks and hyphens that people put into codes. */
static struct str
code_plain(struct arena *a, struct str code)
{
	char *to = arena_get(a, code.len + 1);
	size_t i, n = 0;

	for (i = 0; i < code.len; i++)
		if (!strchr(" -", code.at[i]))
			to[n++] = code.at[i];
	return str_lower(a, (struct str){ to, n });
}

static void
code_hash(const struct account_keys *k, struct str plain,
    unsigned char hash[CRYPT_SHA256_BYTES])
{
	crypt_hmac(k->code, plain.at, plain.len, hash);
}

static bool
taken(const struct trial *t, const char *statement, const struct guid *account,
    struct db_arg what, struct err *e)
{
	const struct db_arg args[] = { db_arg_guid(account), what };
	const struct db_rows *rows = db_ask(t->db, t->a, statement, args, 2, e);

	return rows && db_bool(rows, 0, 0);
}

static bool
phone_fits(const struct account_keys *k, const struct trial *t,
    const struct guid *account, struct str sealed, struct str code,
    struct err *e)
{
	unsigned char key[OTP_KEY_BYTES];
	int64_t step;

	if (!unseal(k, account, sealed, key))
		return err_why(e, ERR_BROKEN,
		    "a one-time key does not open: "
		    "is it another portal key?");
	step = otp_step(key, code, clock_now_s());
	crypt_wipe(key, sizeof key);
	return step >= 0 &&
	       taken(t, "account_totp_use", account, db_arg_int(step), e);
}

static bool
recovery_fits(const struct account_keys *k, const struct trial *t,
    const struct guid *account, struct str code, struct err *e)
{
	unsigned char hash[CRYPT_SHA256_BYTES];

	code_hash(k, code, hash);
	return taken(t, "account_recovery_use", account,
	    db_arg_bytes((struct str){ (const char *)hash, sizeof hash }), e);
}

bool
account_code(const struct account_keys *k, const struct guid *account,
    struct db *db, struct arena *a, struct str code, struct str source,
    struct err *e)
{
	struct trial t = trial_of(db, a,
	    (struct str){ (const char *)account->at, sizeof account->at },
	    source);
	struct str plain = code_plain(a, code), sealed;
	const struct db_rows *rows;
	bool good;

	if (!trial_may(&t, e))
		return false;
	if (!(rows = self(db, a, account, e)))
		return trial_told(&t, false, e);
	sealed = db_bytes(rows, 0, 3);
	good = plain.len == 6
	           ? sealed.at && phone_fits(k, &t, account, sealed, plain, e)
	           : recovery_fits(k, &t, account, plain, e);
	return trial_told(&t, good, e);
}

/* 80 bits each. */
static void
code_make(char text[ACCOUNT_CODE_LEN + 1])
{
	unsigned char random[16];
	size_t i, n = 0;

	crypt_random(random, sizeof random);
	for (i = 0; i < sizeof random; i++) {
		if (i && i % 4 == 0)
			text[n++] = '-';
		text[n++] = CODE_SET[random[i] % 32];
	}
	text[n] = 0;
	crypt_wipe(random, sizeof random);
}

static struct str
codes_make(const struct account_keys *k, struct arena *a,
    char codes[ACCOUNT_CODES][ACCOUNT_CODE_LEN + 1])
{
	struct buf b = buf_new(a, (size_t)ACCOUNT_CODES * 65);
	unsigned char hash[CRYPT_SHA256_BYTES];
	char hex[2 * CRYPT_SHA256_BYTES];
	size_t i;

	for (i = 0; i < ACCOUNT_CODES; i++) {
		code_make(codes[i]);
		code_hash(k, code_plain(a, str_of(codes[i])), hash);
		enc_hex(hex, hash, sizeof hash);
		if (i)
			buf_char(&b, ' ');
		buf_put(&b, hex, sizeof hex);
	}
	return (struct str){ b.at, b.len };
}

bool
account_totp_set(const struct account_keys *k, struct db *db, struct arena *a,
    const struct guid *account, const unsigned char key[OTP_KEY_BYTES],
    struct str code, const struct session *here,
    char codes[ACCOUNT_CODES][ACCOUNT_CODE_LEN + 1], struct err *e)
{
	int64_t step = otp_step(key, code_plain(a, code), clock_now_s());
	unsigned char sealed[ACCOUNT_SEALED];

	if (step < 0)
		return err_set(e, ERR_SIGNIN, NULL);
	account_seal_bytes(k, account, key, sealed);
	return db_ask(db, a, "account_totp_set",
		   (const struct db_arg[]){ db_arg_guid(account),
		       db_arg_bytes(
			   (struct str){ (const char *)sealed, sizeof sealed }),
		       db_arg_int(step), db_arg_text(codes_make(k, a, codes)),
		       db_arg_bytes((struct str){
			   (const char *)here->hash, sizeof here->hash }) },
		   5, e) != NULL;
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
