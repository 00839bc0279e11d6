/* account_phone.c - the second factor: one-time codes, and recovery codes
 * SPDX-License-Identifier: Apache-2.0 */
#include "gate/account_inner.h"

#include <string.h>

#include "base/clock.h"

#define CODE_SET "abcdefghijklmnopqrstuvwxyz234567" /* no 0, no 1 */

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
	struct trial t = account_trial(db, a,
	    (struct str){ (const char *)account->at, sizeof account->at },
	    source);
	struct str plain = code_plain(a, code), sealed;
	const struct db_rows *rows;
	bool good;

	if (!account_trial_may(&t, e))
		return false;
	if (!(rows = account_self(db, a, account, e)))
		return account_trial_told(&t, false, e);
	sealed = db_bytes(rows, 0, 3);
	good = plain.len == 6
	           ? sealed.at && phone_fits(k, &t, account, sealed, plain, e)
	           : recovery_fits(k, &t, account, plain, e);
	return account_trial_told(&t, good, e);
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
