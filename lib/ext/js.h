/* js.h - reads small JSON from strangers: OAuth bodies, JWS parts, JWKS
 * SPDX-License-Identifier: Apache-2.0
 *
 * The only door to Jansson. Never for FHIR bodies: it rewrites decimals;
 * fhir/tree reads those. What js_read accepts is one JSON object without
 * duplicate members at any level, without NUL in a string, without byte order
 * mark, without trailing bytes other than white space, at most JS_DEPTH_MAX
 * levels deep (RFC 8259). Getters refuse a wrong type and never convert.
 *
 * `struct json_t` is Jansson's; the others only hand pointers on. */
#ifndef EXT_JS_H
#define EXT_JS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#define JS_DEPTH_MAX 64

struct json_t;

/* js_start - seeds the hash tables. Call once, before threads start. */
void js_start(void);

/* js_read - the object in text, borrowed from a.
 *   bytes_max  a longer text is refused unread
 * NULL: ERR_MALFORMED, with `why` naming what and where (no content). */
const struct json_t *js_read(
    struct arena *a, struct str text, size_t bytes_max, struct err *e);

/* js_drop - gives one reference back; for arena_adopt. */
void js_drop(void *json);

/* Members of object o by name. false, and *to unchanged: absent or of another
 * type. Text is UTF-8 without NUL, NUL-terminated too, borrowed from o. A real
 * number (1.0, 1e3) is not an integer. */
bool js_text(const struct json_t *o, const char *name, struct str *to);
bool js_integer(const struct json_t *o, const char *name, int64_t *to);
bool js_bool(const struct json_t *o, const char *name, bool *to);
const struct json_t *js_object(const struct json_t *o, const char *name);
const struct json_t *js_array(const struct json_t *o, const char *name);

/* js_has - is there a member of that name, whatever its type? */
bool js_has(const struct json_t *o, const char *name);

/* js_count - members of an object or entries of an array; else 0. */
size_t js_count(const struct json_t *v);

/* js_at - the i-th entry of array v; NULL past its end. */
const struct json_t *js_at(const struct json_t *v, size_t i);

/* js_value_text - v itself as text; false: it is not a string. */
bool js_value_text(const struct json_t *v, struct str *to);

/* js_each - calls back with every member of o, in the order of the text,
 * until the callback returns false. true: it never did. */
bool js_each(const struct json_t *o,
    bool (*one)(void *ctx, struct str name, const struct json_t *value),
    void *ctx);

#endif
