/* account_inner.h - what passphrases and phones have in common
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef GATE_ACCOUNT_INNER_H
#define GATE_ACCOUNT_INNER_H

#include "gate/account.h"

/* A name, or an account by its id: whoever fails at one waits there. */
struct trial {
	struct db *db;
	struct arena *a;
	unsigned char who[CRYPT_SHA256_BYTES];
	struct str source;
};

/* account_trial - who: a login, or the bytes of an account's id.
 * account_trial_may - counts a guess before it is looked at. false:
 * ERR_SIGNIN_WAIT with the seconds, ERR_DB.
 * account_trial_told - what came of it. What failed for want of a turn or a
 * database (e) is no guess. Returns fits; false without e: ERR_SIGNIN. */
struct trial account_trial(
    struct db *db, struct arena *a, struct str who, struct str source);
bool account_trial_may(const struct trial *t, struct err *e);
bool account_trial_told(const struct trial *t, bool fits, struct err *e);

/* account_self - the account's own row, statement account_self. NULL: e. */
const struct db_rows *account_self(
    struct db *db, struct arena *a, const struct guid *account, struct err *e);

#endif
