/* buf.h - text that grows inside an arena, up to a ceiling set at birth
 * SPDX-License-Identifier: Apache-2.0
 *
 * Failure sticks: once a write would pass the ceiling, the buffer keeps what
 * it had, `failed` is set and later writes change nothing. Writers check once,
 * at the end. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/arena.h"

struct buf {
	struct arena *a;
	char *at;        /* not NUL-terminated; buf_text terminates */
	size_t len, cap; /* bytes */
	size_t max;      /* ceiling, bytes */
	bool failed;
};

/* buf_new - an empty buffer of at most max bytes. */
struct buf buf_new(struct arena *a, size_t max);

void buf_put(struct buf *b, const void *bytes, size_t n);
void buf_str(struct buf *b, const char *text); /* up to its NUL */
void buf_char(struct buf *b, char c);
void buf_fmt(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* buf_json - text as a JSON string, quotes included; bytes that are not UTF-8
 * become U+FFFD, so the result is always valid JSON (RFC 8259 7). */
void buf_json(struct buf *b, const char *text, size_t n);

/* buf_room - n writable bytes at the end, for a reader to fill; NULL when over
 * the ceiling. buf_filled then says how many were used. */
char *buf_room(struct buf *b, size_t n);
void buf_filled(struct buf *b, size_t n);

/* buf_text - the content, NUL-terminated, borrowed from the arena; NULL if
 * the buffer failed. The NUL is not counted in len. */
char *buf_text(struct buf *b);

#endif
