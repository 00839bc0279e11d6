/* fold.h - text as a search sees it: no case, no accents
 * SPDX-License-Identifier: Apache-2.0
 *
 * What FHIR calls "ignoring case and accents" for string parameters (R4
 * search 3.1.1.4.10). Latin with its European and Vietnamese letters becomes
 * plain a to z (Øster is oster, Weiß is weiss, Nguyễn is nguyen); Greek and
 * Cyrillic become lower case without accents; combining marks vanish; all
 * else stays. */
#ifndef BASE_FOLD_H
#define BASE_FOLD_H

#include "base/arena.h"
#include "base/str.h"

/* fold_text - the folded copy, borrowed from a; at most as long as s. Bytes
 * that are not UTF-8 are copied. An absent slice stays absent. */
struct str fold_text(struct arena *a, struct str s);

#endif
