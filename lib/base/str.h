/* str.h - slices of text that somebody else owns
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

/* A slice: len bytes at `at`, not NUL-terminated. at == NULL: absent, which
 * is not the same as empty. */
struct str {
	const char *at;
	size_t len;
};

#define STR(literal) ((struct str){ literal, sizeof literal - 1 })
#define STR_NONE     ((struct str){ NULL, 0 })
#define STR_FMT(s)   (int)(s).len, (s).at ? (s).at : "" /* for "%.*s" */
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

struct str str_of(const char *text); /* NULL gives STR_NONE */
bool str_eq(struct str a, struct str b);
bool str_is(struct str s, const char *text);        /* exact */
bool str_is_nocase(struct str s, const char *text); /* ASCII letters only */
bool str_starts(struct str s, const char *prefix);
bool str_starts_nocase(struct str s, const char *prefix);

/* str_cut - split at the first c: the part before it is returned, *rest holds
 * what follows; without c all is returned and *rest becomes absent. */
struct str str_cut(struct str s, char c, struct str *rest);

/* str_trim - without leading and trailing bytes that occur in `set`. */
struct str str_trim(struct str s, const char *set);

/* str_text - NUL-terminated copy, borrowed from a; NULL for an absent slice. */
char *str_text(struct arena *a, struct str s);

/* str_lower - copy with ASCII letters in lower case, borrowed from a. */
struct str str_lower(struct arena *a, struct str s);

/* str_number - [0-9]{1,digits} and nothing else (digits at most 18). */
bool str_number(struct str s, unsigned digits, uint64_t *n);

/* utf8_step - length of the well-formed UTF-8 character at p (RFC 3629: no
 * overlong form, no surrogate, at most U+10FFFF), 0 if there is none. */
size_t utf8_step(const char *p, size_t n);

/* utf8_valid - all of s is well-formed UTF-8. */
bool utf8_valid(struct str s);

/* str_plain - valid UTF-8 without control characters (C0, DEL, C1). */
bool str_plain(struct str s);

#endif
