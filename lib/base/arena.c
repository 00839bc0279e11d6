/* arena.c - memory with one lifetime, given back all at once
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <malloc.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALIGN       16u
#define BLOCK_FIRST ((size_t)64 * 1024) /* what a reset keeps */
#define BLOCK_NEXT  ((size_t)256 * 1024)
#ifdef __SANITIZE_ADDRESS__
#define SPARES_MAX 0 /* what is used after its end shall be seen */
#else
#define SPARES_MAX 24 /* blocks of BLOCK_NEXT that wait for the next user */
#endif

struct block {
	struct block *older;
	size_t size, used; /* of bytes[] */
	_Alignas(ALIGN) char bytes[];
};

struct guest {
	struct guest *older;
	void *p;
	void (*drop)(void *);
};

struct arena {
	struct block *block; /* newest */
	struct guest *guest; /* newest */
	size_t held;
};

static atomic_size_t total;
static size_t budget;

/* What is given back has to leave the process, or it would hold what it once
 * needed for good, beyond any budget: the C library raises its own limit of
 * what goes back at once with every large block that is freed, unless told. */
void
arena_budget(size_t bytes)
{
	budget = bytes;
	mallopt(M_MMAP_THRESHOLD, (int)BLOCK_NEXT);
}

/* A machine without memory: there is nothing left to answer with. */
static void *
get_or_die(size_t n)
{
	void *p = malloc(n);

	if (!p) {
		fputs("{\"level\":\"error\",\"event\":\"out_of_memory\"}\n",
		    stderr);
		abort();
	}
	return p;
}

/* Blocks of the usual size go from request to request: given back to the
 * system they would have to be mapped and cleared for each. */
static struct {
	pthread_mutex_t lock; /* guards the two below */
	struct block *top;
	int n;
} spares = { .lock = PTHREAD_MUTEX_INITIALIZER };

static struct block *
take_spare(void)
{
	struct block *b;

	pthread_mutex_lock(&spares.lock);
	if ((b = spares.top)) {
		spares.top = b->older;
		spares.n--;
	}
	pthread_mutex_unlock(&spares.lock);
	return b;
}

static bool
keep_spare(struct block *b)
{
	bool room;

	pthread_mutex_lock(&spares.lock);
	if ((room = spares.n < SPARES_MAX)) {
		b->older = spares.top;
		spares.top = b;
		spares.n++;
	}
	pthread_mutex_unlock(&spares.lock);
	return room;
}

static void
add_block(struct arena *a, size_t need)
{
	size_t size = a->block ? BLOCK_NEXT : BLOCK_FIRST;
	struct block *b = NULL;

	if (size < need)
		size = need < BLOCK_NEXT ? BLOCK_NEXT : need;
	if (size == BLOCK_NEXT)
		b = take_spare();
	if (!b)
		b = get_or_die(sizeof *b + size);
	b->older = a->block;
	b->size = size;
	b->used = 0;
	a->block = b;
	a->held += size;
	atomic_fetch_add_explicit(&total, size, memory_order_relaxed);
}

static void
drop_block(struct arena *a)
{
	struct block *b = a->block;

	a->block = b->older;
	a->held -= b->size;
	atomic_fetch_sub_explicit(&total, b->size, memory_order_relaxed);
	if (b->size != BLOCK_NEXT || !keep_spare(b))
		free(b);
}

static void
drop_guests(struct arena *a)
{
	struct guest *g;

	while ((g = a->guest)) {
		a->guest = g->older;
		g->drop(g->p);
	}
}

struct arena *
arena_new(void)
{
	struct arena *a = get_or_die(sizeof *a);

	memset(a, 0, sizeof *a);
	return a;
}

void
arena_free(struct arena *a)
{
	if (!a)
		return;
	drop_guests(a);
	while (a->block)
		drop_block(a);
	free(a);
}

void
arena_reset(struct arena *a)
{
	drop_guests(a);
	while (a->block && (a->block->older || a->block->size > BLOCK_FIRST))
		drop_block(a);
	if (a->block)
		a->block->used = 0;
}

static size_t
rounded(size_t n)
{
	if (n > SIZE_MAX / 2)
		abort(); /* no caller has a limit that large */
	return n ? (n + ALIGN - 1) / ALIGN * ALIGN : ALIGN;
}

void *
arena_raw(struct arena *a, size_t n)
{
	void *p;

	n = rounded(n);
	if (!a->block || a->block->size - a->block->used < n)
		add_block(a, n);
	p = a->block->bytes + a->block->used;
	a->block->used += n;
	return p;
}

void *
arena_get(struct arena *a, size_t n)
{
	return memset(arena_raw(a, n), 0, n);
}

void *
arena_grow(struct arena *a, void *p, size_t have, size_t want)
{
	struct block *b = a->block;
	size_t was = rounded(have), now = rounded(want);
	void *q;

	if (p && b && (char *)p + was == b->bytes + b->used &&
	    b->size - b->used >= now - was) {
		b->used += now - was;
		return p;
	}
	q = arena_raw(a, want);
	if (p)
		memcpy(q, p, have);
	return q;
}

bool
arena_over(const struct arena *a)
{
	(void)a;
	return budget &&
	       atomic_load_explicit(&total, memory_order_relaxed) > budget;
}

void *
arena_adopt(struct arena *a, void *p, void (*drop)(void *))
{
	struct guest *g;

	if (!p)
		return NULL;
	g = arena_get(a, sizeof *g);
	g->older = a->guest;
	g->p = p;
	g->drop = drop;
	a->guest = g;
	return p;
}

size_t
arena_used(const struct arena *a)
{
	return a->held;
}

size_t
arena_total(void)
{
	return atomic_load_explicit(&total, memory_order_relaxed);
}

char *
arena_dup(struct arena *a, const char *text, size_t len)
{
	char *p = arena_raw(a, len + 1);

	memcpy(p, text, len);
	p[len] = '\0';
	return p;
}

/* Written where it will stand; once more only when there was no room. */
char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	struct block *b = a->block;
	size_t room = b ? b->size - b->used : 0;
	va_list ap, again;
	char *p;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(room ? b->bytes + b->used : NULL, room, fmt, ap);
	va_end(ap);
	p = arena_raw(a, (size_t)(n < 0 ? 0 : n) + 1);
	if (n < 0)
		p[0] = '\0';
	else if ((size_t)n >= room)
		vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	return p;
}
