/* answer.h - one HTTP/1.1 answer, found in bytes as they arrive
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_ANSWER_H
#define BENCH_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

enum answer_is { ANSWER_PART, ANSWER_WHOLE, ANSWER_BAD };

struct answer {
	int status;
	char *body;      /* inside the bytes given, chunks taken apart */
	size_t body_len; /* bytes */
	bool closes;     /* the server will not take another request here */
};

/* answer_read - is the answer in at[0..len) complete?
 *
 *   at     what has arrived since the request was sent; a whole chunked body
 *          is joined in place
 *   ended  the server has closed its side
 *
 * ANSWER_PART: read on. ANSWER_BAD: not an answer, or cut off.
 * Source: RFC 9112 6.3 (length of a body), 7.1 (chunks). */
enum answer_is answer_read(struct answer *a, char *at, size_t len, bool ended);

#endif
