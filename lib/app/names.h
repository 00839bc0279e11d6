/* names.h - the names that one answer asks its provider for, each once
 * SPDX-License-Identifier: Apache-2.0
 *
 * Entries of a batch are answered beside each other, each with its own memory,
 * and refer to the same places and people. Whoever first needs a name has it
 * and must tell; the others wait for it. Nobody waits for a name before
 * having told those that are theirs, so nobody waits for who waits.
 *
 * Shared between the threads of one request: all of it, under its own lock
 * (names.lock), never held while a provider is asked. */
#ifndef APP_NAMES_H
#define APP_NAMES_H

#include <pthread.h>
#include <stdatomic.h>

#include "fhir/display_name.h"
#include "fhir/iface.h"

#define NAMES_TYPE_MAX 24 /* bytes of a type that display_known knows */
#define NAMES_ID_MAX   64 /* of an id: iface_id */

struct names_one {
	char type[NAMES_TYPE_MAX], id[NAMES_ID_MAX];
	size_t type_len, id_len;
	bool told;
	size_t len; /* told: 0, it could not be found out */
	char text[DISPLAY_BYTES_MAX];
};

struct names {
	pthread_mutex_t lock;
	pthread_cond_t known;
	atomic_bool enough; /* the provider wants no more questions */
	unsigned asking, at_once;
	size_t n, max;
	struct names_one *one; /* max of them */
};

/* names_open - room for max names, borrowed from a, of which so many may be
 * asked for at once. */
void names_open(struct names *s, struct arena *a, size_t max, unsigned at_once);
void names_close(struct names *s);

/* names_claim - the name of that record. NULL: there is no room for another
 * one.  *mine  the caller is the first: asks, and tells in any case */
struct names_one *names_claim(
    struct names *s, struct str type, struct str id, bool *mine);

/* names_begin - waits until the provider may be asked; names_end follows.
 * false: it must not be asked any more, or not before deadline_ms (clock_mono_ms).
 */
bool names_begin(struct names *s, int64_t deadline_ms);
void names_end(struct names *s);

/* names_tell - to all who wait; absent or empty: it could not be found out. */
void names_tell(struct names *s, struct names_one *n, struct str text);

/* names_wait - until it is told; borrowed from s. Absent: not found out, or not
 * in time. */
struct str names_wait(
    struct names *s, struct names_one *n, int64_t deadline_ms);

#endif
