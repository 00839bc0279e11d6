/* cursor.h - page handles that nobody else can use, read or alter
 * SPDX-License-Identifier: Apache-2.0
 *
 * A provider's paging link may hold a name, and it is good for one tenant
 * only. What goes out is AES-256-GCM over it, bound to tenant, client, face
 * and resource type, good for at most a day, under a key that HKDF derives for
 * the UTC day it was made (RFC 5869). A handle that would pass cursor_bytes is kept in the
 * database instead, sealed as well, and its number goes out. */
#ifndef GATE_CURSOR_H
#define GATE_CURSOR_H

#include "base/conf.h"
#include "ext/db.h"

struct cursor_keys;

/* cursor_open - the master key in conf->cursor_key_file; owned, cursor_close.
 * It seals; what FILE.next and FILE.old hold opens too, so that hosts can pass
 * from one key to another. The files are looked at again once a second, when a
 * cursor is made or read, under a lock of cursor.c's own.
 *   db  where long ones are kept. NULL: ERR_CONF. */
struct cursor_keys *cursor_open(
    struct db *db, const struct conf *conf, struct err *e);
void cursor_close(void *keys);

/* What it is bound to: all must be the same again. */
struct cursor_for {
	struct guid tenant, client;
	struct str face; /* "/fhir/r4" */
	struct str type; /* resource type */
};

#define CURSOR_UNKNOWN (-1) /* a total that nobody has told */
#define CURSOR_UNTRUE  (-2) /* what the provider tells is not the total */

/* What it carries: what was asked for, and a place of the provider's, which is
 * held against it, or, where the gateway filters or sorts itself, how far it
 * was shown. Slices are borrowed from the arena after reading; none may hold a
 * line end. */
struct cursor {
	int64_t revision;  /* of the provider's row */
	int64_t total;     /* matches in all pages; or one of the above */
	int64_t offset;    /* matches before this page; -1: of the provider's */
	struct str search; /* our own, as a query */
	struct str path;   /* under the provider's base, percent-encoded */
	struct str query;  /* there */
	struct str end; /* where the page before ended, hex digits; or absent */
};

/* cursor_make - text for a URL (base64url), borrowed from a. Absent: ERR_DB,
 * a long one could not be kept. */
struct str cursor_make(struct cursor_keys *k, struct arena *a,
    const struct cursor_for *to, const struct cursor *c, int64_t now_s,
    struct err *e);

/* cursor_read - false: ERR_CURSOR_EXPIRED; ERR_CURSOR for anything else, with
 * the same words whatever is wrong; ERR_DB. */
bool cursor_read(struct cursor_keys *k, struct arena *a,
    const struct cursor_for *to, struct str text, int64_t now_s,
    struct cursor *c, struct err *e);

#endif
