/* park.h - connections that have not said anything yet
 * SPDX-License-Identifier: Apache-2.0
 *
 * A worker would sleep on a silent connection; here it costs a descriptor. One
 * epoll set watches them all, together with the caller's own descriptors.
 * Belongs to one thread. */
#ifndef WEB_PARK_H
#define WEB_PARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PARK_MAX 4096u /* over it the one that is silent longest goes */

struct park;

/* park_new - owned; park_free, which closes what is parked. NULL: no epoll.
 *   wait_ms  a connection that says nothing for so long is closed */
struct park *park_new(unsigned wait_ms);
void park_free(struct park *k);

/* park_watch - a descriptor of the caller's own; what park_ready says of it is
 * this number. It is only watched, and forgotten with park_leave. */
bool park_watch(struct park *k, int fd);
void park_leave(struct park *k, int fd);

/* park_add - fd (taken) is watched until it says something. */
void park_add(struct park *k, int fd);

/* park_wait - sleeps until something can be read, at most wait_ms (negative: as
 * long as it takes), and closes what was silent too long. */
void park_wait(struct park *k, int64_t wait_ms);

/* park_ready - the next of what the last park_wait found: an own descriptor,
 * or a connection, which is the caller's again. -1: no more. Connections come
 * first, so what is done for an own descriptor cannot touch them. */
int park_ready(struct park *k);

/* park_drop - closes the one that has been silent longest; false: none is. */
bool park_drop(struct park *k);

size_t park_count(const struct park *k);

#endif
