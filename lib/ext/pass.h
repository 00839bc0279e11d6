/* pass.h - passphrases of people: what is stored of one, and whether one fits
 * SPDX-License-Identifier: Apache-2.0
 *
 * Stored: "scrypt$15$8$3$<salt>$<hash>", base64url; the numbers are log2 N, r
 * and p (RFC 7914 2), so that they can be raised later. The text is brought to
 * Unicode normal form C first, so that the same passphrase typed on another
 * keyboard is the same (RFC 8265 4.2.1); nothing is cut off it.
 *
 * Slow and large on purpose: 32 MiB and a sixth of a second each. At most
 * PASS_AT_ONCE run side by side in a process. */
#ifndef EXT_PASS_H
#define EXT_PASS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#define PASS_BYTES_MAX ((size_t)1024) /* of a passphrase */
#define PASS_AT_ONCE   2
#define PASS_WAIT_MS   3000 /* for a turn; then ERR_LIMIT_SIGNIN */

/* pass_normal - text in normal form C, borrowed from a; wipe it when done.
 * false: ERR_MALFORMED: not UTF-8, a NUL in it, or over PASS_BYTES_MAX. */
bool pass_normal(
    struct arena *a, struct str text, struct str *normal, struct err *e);

/* pass_make - what to store of a passphrase in normal form, with a salt of its
 * own, borrowed from a. NULL: ERR_LIMIT_SIGNIN: too many at once. */
const char *pass_make(struct arena *a, struct str normal, struct err *e);

/* pass_fits - is it the one that `stored` was made of?
 *   stored  absent: of nobody; the same work is done, and the answer is false
 *   old     the numbers are not those of today: store it anew; may be NULL
 * false with e: ERR_LIMIT_SIGNIN, or ERR_BROKEN when `stored` cannot be read. */
bool pass_fits(struct str stored, struct str normal, bool *old, struct err *e);

#endif
