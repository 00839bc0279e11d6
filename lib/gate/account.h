/* account.h - people of the portal: passphrase, phone, recovery, invitation
 * SPDX-License-Identifier: Apache-2.0
 *
 * What is typed is checked here and never travels to SQL; hashes do. Whoever
 * fails waits longer each time, by name and source, so that nobody can lock
 * another out (NIST SP 800-63B-4 3.2.2); a try counts before it is looked at,
 * so that many at once gain nothing. The work is the same whether a name exists
 * or not, and so are the words. */
#ifndef GATE_ACCOUNT_H
#define GATE_ACCOUNT_H

#include "base/conf.h"
#include "ext/crypt.h"
#include "ext/db.h"
#include "ext/otp.h"
#include "gate/session.h"

#define ACCOUNT_CODES      10 /* recovery codes made at once */
#define ACCOUNT_CODE_LEN   19 /* "xxxx-xxxx-xxxx-xxxx" */
#define ACCOUNT_INVITE_LEN 43 /* base64url of 32 bytes */

/* What the program keeps under the portal's key file. */
struct account_keys {
	unsigned char seal[CRYPT_KEY_BYTES]; /* of one-time keys at rest */
	struct crypt_hmac *form;             /* of form proofs */
	struct crypt_hmac *code;             /* of recovery codes */
};

/* account_keys_open - from the file `portal_key_file`, each by HKDF. ERR_CONF.
 * account_keys_free - wipes them. */
bool account_keys_open(struct account_keys *k, const char *path, struct err *e);
void account_keys_free(struct account_keys *k);

struct account {
	struct guid id;
	struct str login;
	struct str phrase; /* its passphrase, as it is stored */
	unsigned roles;
	bool has_totp;
};

/* account_signin - is there an account of that name, not disabled, with this
 * passphrase? false: ERR_SIGNIN, one answer for every cause; ERR_SIGNIN_WAIT
 * with retry_after_s; ERR_LIMIT_SIGNIN; ERR_DB. */
bool account_signin(struct account *who, struct db *db, struct arena *a,
    struct str login, struct str passphrase, struct str source, struct err *e);

/* account_vouched - is there an account of that name, not disabled? It is known
 * already that it is them. false: ERR_STRANGER; ERR_DB. */
bool account_vouched(struct account *who, struct db *db, struct arena *a,
    struct str login, struct err *e);

/* account_proves - is it the passphrase of this account? As above. */
bool account_proves(const struct guid *account, struct db *db, struct arena *a,
    struct str passphrase, struct str source, struct err *e);

/* account_code - is it a code of the account's phone, never used before, or one
 * of its recovery codes? As above. */
bool account_code(const struct account_keys *k, const struct guid *account,
    struct db *db, struct arena *a, struct str code, struct str source,
    struct err *e);

/* account_pass_make - what is stored of a good passphrase (gate/phrase), borrowed
 * from a. NULL: ERR_PASSPHRASE, ERR_LIMIT_SIGNIN. */
const char *account_pass_make(
    struct arena *a, struct str passphrase, struct str login, struct err *e);

/* account_pass_set - another passphrase, a good one (gate/phrase); other sessions
 * than `here` end. */
bool account_pass_set(struct db *db, struct arena *a,
    const struct guid *account, struct str login, struct str passphrase,
    const struct session *here, struct err *e);

/* account_totp_set - the phone that showed `code` for this key, from now on.
 * codes receives new recovery codes, to be shown once. ERR_SIGNIN: it is not
 * the code. ERR_CONFLICT: `here` is half signed in, and there is a phone. */
bool account_totp_set(const struct account_keys *k, struct db *db,
    struct arena *a, const struct guid *account,
    const unsigned char key[OTP_KEY_BYTES], struct str code,
    const struct session *here, char codes[ACCOUNT_CODES][ACCOUNT_CODE_LEN + 1],
    struct err *e);

/* account_seal, account_unseal - a one-time key on its way through a form, and at
 * rest; bound to the account. Base64url, borrowed from a. */
const char *account_seal(const struct account_keys *k, struct arena *a,
    const struct guid *account, const unsigned char key[OTP_KEY_BYTES]);
#define ACCOUNT_SEALED (OTP_KEY_BYTES + CRYPT_SEAL_MORE)
void account_seal_bytes(const struct account_keys *k,
    const struct guid *account, const unsigned char key[OTP_KEY_BYTES],
    unsigned char sealed[ACCOUNT_SEALED]);
bool account_unseal(const struct account_keys *k, const struct guid *account,
    struct str sealed, unsigned char key[OTP_KEY_BYTES]);

/* account_invite - a link for a new account with these roles, or for another
 * passphrase of `account`. made_by may be NULL.
 *   link  receives what stands at its end */
bool account_invite(struct db *db, struct arena *a, struct str name,
    struct str roles, const struct guid *account, const struct guid *made_by,
    int64_t life_s, char link[ACCOUNT_INVITE_LEN + 1], struct err *e);

/* account_invited - hash of what stands at the end of a link. false: no link of
 * ours. */
bool account_invited(struct str link, unsigned char hash[CRYPT_SHA256_BYTES]);

#endif
