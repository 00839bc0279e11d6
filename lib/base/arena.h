/* arena.h - memory with one lifetime, given back all at once
 * SPDX-License-Identifier: Apache-2.0
 *
 * Three lifetimes: the program, a cache generation, a request. Each is an
 * arena. An arena belongs to one thread at a time. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

/* arena_budget - bytes that all arenas of the process may hold together.
 * 0 (the start value): no limit. From then on a large block that is given back
 * leaves the process. Call once, before threads start. */
void arena_budget(size_t bytes);

/* arena_new - owned; arena_free. */
struct arena *arena_new(void);

/* arena_free - drops guests, newest first, then all memory. NULL is fine. */
void arena_free(struct arena *a);

/* arena_reset - as good as new, but one small block stays for the next use. */
void arena_reset(struct arena *a);

/* arena_get - n bytes, zeroed, aligned for anything; never NULL: a machine
 * without memory ends the process, which its supervisor replaces. */
void *arena_get(struct arena *a, size_t n);

/* arena_raw - the same without zeroing, for bytes about to be overwritten. */
void *arena_raw(struct arena *a, size_t n);

/* arena_grow - more room for the block at p (old bytes in use of its first
 * have), in place if it is the newest. Contents kept; the tail is not zeroed. */
void *arena_grow(struct arena *a, void *p, size_t have, size_t want);

/* arena_over - is the process over its budget because of arenas like this?
 * Loops that grow with a stranger's input ask this and fail with ERR_BUSY;
 * what is bounded otherwise need not. */
bool arena_over(const struct arena *a);

/* arena_adopt - p is dropped with the arena. Returns p; NULL is passed on
 * and not adopted. */
void *arena_adopt(struct arena *a, void *p, void (*drop)(void *));

/* arena_used, arena_total - bytes held by one arena, by all. */
size_t arena_used(const struct arena *a);
size_t arena_total(void);

/* arena_dup, arena_printf - NUL-terminated text, borrowed from a. */
char *arena_dup(struct arena *a, const char *text, size_t len);
char *arena_printf(struct arena *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
