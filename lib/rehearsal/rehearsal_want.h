/* rehearsal_want.h - one search value as ranges and texts to compare with
 * SPDX-License-Identifier: Apache-2.0
 *
 * A criterion is one parameter as it stands in the request; all criteria must
 * hold. Its comma-separated values, and the halves of comparisons such as
 * `ge`, become wants, of which one must match. A want matches a term when
 *
 *     key  lies in key_from .. key_to, and upto in upto_from .. upto_to,
 *     system is equal, part occurs in key, exact is equal,
 *
 * leaving out whatever is absent; ranges include their ends and compare byte
 * by byte. Values mean what FHIR says (R4 search 3.1.1.4): strings start with
 * the value ignoring case and accents unless :contains or :exact, dates
 * compare as the spans that they are. */
#ifndef APP_REHEARSAL_WANT_H
#define APP_REHEARSAL_WANT_H

#include "fhir/param.h"
#include "base/arena.h"

#define REHEARSAL_WANTS_MAX 256 /* in one search */

struct rehearsal_want {
	unsigned criterion; /* counts from 0 */
	bool negate;        /* then no want of this criterion may match */
	const char *param;  /* name of the terms */
	struct str key_from, key_to;
	struct str upto_from, upto_to; /* absent: any */
	struct str system;             /* absent: any; empty: none */
	struct str part, exact;        /* absent: any */
};

struct rehearsal_wants {
	struct arena *a;
	struct rehearsal_want *at;
	size_t n, room;
};

/* One parameter of a request. */
struct rehearsal_given {
	const struct param *param;
	struct str modifier; /* without its colon; absent: none */
	struct str base;     /* of the ward, for references */
	unsigned criterion;
};

/* rehearsal_want_read - adds the wants of a parameter's value: a comma list of
 * alternatives, `\` before , | $ and itself takes away their meaning.
 *   *negate  set when the criterion holds where nothing matches: :not,
 *            :missing=true
 * false: ERR_PARAM, which names parameter and modifier but never the value;
 * ERR_TOO_MANY. */
bool rehearsal_want_read(struct rehearsal_wants *w,
    const struct rehearsal_given *given, struct str value, bool *negate,
    struct err *e);

/* rehearsal_want_any - a criterion that every resource meets. */
void rehearsal_want_any(struct rehearsal_wants *w, unsigned criterion);

#endif
