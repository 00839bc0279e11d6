/* secret.h - client secrets: their text, what is stored, whether one fits
 * SPDX-License-Identifier: Apache-2.0
 *
 * Text: wg1_<8 key id [a-z2-7]>_<43 base64url of 32 random bytes><6 checksum>;
 * the checksum is the first 36 bits of SHA-256 over all before it, so a typo
 * is found without the database. Stored: HMAC-SHA-256 of the whole text under
 * a pepper, and the version of that pepper. Secrets have 256 random bits, so
 * one HMAC is enough, and lockouts are needless.
 *
 * Peppers lie in one folder, a file per version: `1`, `2`, ... Each holds 64
 * hex digits and a line end. A version never changes once it is written. */
#ifndef GATE_SECRET_H
#define GATE_SECRET_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#define SECRET_LEN        62
#define SECRET_KEY_ID_LEN 8
#define SECRET_HINT_LEN   12 /* "wg1_" and the key id */
#define SECRET_HASH_BYTES 32
#define SECRET_PEPPERS    64 /* versions 1 to 64 */

/* One stored secret. */
struct secret {
	char key_id[SECRET_KEY_ID_LEN + 1];
	unsigned char hash[SECRET_HASH_BYTES];
	int pepper;      /* version */
	bool dead;       /* invalidated */
	int64_t start_s; /* good from this second on, UTC since 1970 */
	int64_t end_s;   /* good until the second before; INT64_MAX: no end */
};

/* The versions of the pepper. One that is added to the folder later is found
 * when a stored secret first asks for it; readers take no lock. */
struct secret_peppers;

/* secret_peppers_open - the peppers in folder dir, owned;
 * secret_peppers_free. NULL: ERR_CONF (no folder, none in it, a bad mode, a
 * bad file). */
struct secret_peppers *secret_peppers_open(const char *dir, struct err *e);
void secret_peppers_free(void *peppers);

/* secret_pepper_newest - the version that new secrets are stored under: the
 * highest that was there at secret_peppers_open. */
int secret_pepper_newest(const struct secret_peppers *p);

/* secret_hash - what is stored of text under that version. false: its file is
 * not in the folder, even now. */
bool secret_hash(const struct secret_peppers *p, int version, struct str text,
    unsigned char hash[SECRET_HASH_BYTES]);

/* secret_make - a new secret. text receives SECRET_LEN characters and a NUL:
 * show it once, then crypt_wipe it. to receives what is stored, with the
 * newest pepper, alive, without start (0) and end (INT64_MAX). */
void secret_make(const struct secret_peppers *p, char text[SECRET_LEN + 1],
    struct secret *to);

/* secret_read - is text of our form, checksum included? key_id receives its
 * key id. false: ERR_SECRET_MALFORMED. */
bool secret_read(
    struct str text, char key_id[SECRET_KEY_ID_LEN + 1], struct err *e);

/* secret_key_id_fits - [a-z2-7]{8}? */
bool secret_key_id_fits(struct str key_id);

/* secret_check - is text, which secret_read has taken, this secret, and is that
 * good at now_s?
 *
 *   row   the client's secret of that key id; NULL when it has none, or there
 *         is no such client: the same work is done on a row of our own
 *   same  it is the text of that secret, also when it is refused for its
 *         state. May be NULL.
 *
 * One HMAC and one comparison, always. Kinds: ERR_SECRET_WRONG, _DEAD, _EARLY,
 * _EXPIRED; ERR_BROKEN when the pepper of a row that works is not in the
 * folder; without that of a dead one nothing fits it any more. For an unknown
 * client call it all the same and forget its answer. */
bool secret_check(const struct secret_peppers *p, const struct secret *row,
    struct str text, int64_t now_s, bool *same, struct err *e);

#endif
