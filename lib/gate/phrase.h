/* phrase.h - may this be somebody's passphrase?
 * SPDX-License-Identifier: Apache-2.0
 *
 * NIST SP 800-63B-4 3.1.1.2: long enough, none of those that are guessed first,
 * no rules about which characters, no end. */
#ifndef GATE_PHRASE_H
#define GATE_PHRASE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#define PHRASE_MIN 15 /* characters */

/* phrase_good - false: ERR_PASSPHRASE says what is wrong and what to do;
 * ERR_MALFORMED when it is no text.
 *   login  the name of its owner, which it may not be made of */
bool phrase_good(
    struct arena *a, struct str passphrase, struct str login, struct err *e);

#endif
