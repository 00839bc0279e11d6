/* park.c - connections that have not said anything yet
 * SPDX-License-Identifier: Apache-2.0
 *
 * All wait equally long, so the order of coming is the order of going. */
#include "web/park.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"

#define FOUND_MAX 64

struct spot {
	struct spot *before, *after; /* by age; after: also of free spots */
	int fd;
	int64_t until_ms;
};

struct park {
	int epoll;
	unsigned wait_ms;
	struct spot *oldest, *newest, *free;
	size_t count, touched; /* spots from `touched` on were never used */
	int found[FOUND_MAX];  /* own descriptors, then connections on top */
	int found_n;
	struct spot spots[PARK_MAX];
};

struct park *
park_new(unsigned wait_ms)
{
	struct park *k = calloc(1, sizeof *k);

	if (!k)
		abort();
	k->wait_ms = wait_ms;
	if ((k->epoll = epoll_create1(EPOLL_CLOEXEC)) >= 0)
		return k;
	free(k);
	return NULL;
}

void
park_free(struct park *k)
{
	if (!k)
		return;
	while (park_drop(k))
		;
	close(k->epoll);
	free(k);
}

/* Own descriptors are told from spots by an odd number: spots are aligned. */
static uint64_t
own(int fd)
{
	return (uint64_t)(unsigned)fd << 1 | 1;
}

bool
park_watch(struct park *k, int fd)
{
	struct epoll_event on = { .events = EPOLLIN, .data.u64 = own(fd) };

	return !epoll_ctl(k->epoll, EPOLL_CTL_ADD, fd, &on);
}

void
park_leave(struct park *k, int fd)
{
	epoll_ctl(k->epoll, EPOLL_CTL_DEL, fd, NULL);
}

/* The descriptor is the caller's again. */
static int
vacate(struct park *k, struct spot *s)
{
	*(s->before ? &s->before->after : &k->oldest) = s->after;
	*(s->after ? &s->after->before : &k->newest) = s->before;
	s->after = k->free;
	k->free = s;
	k->count--;
	return s->fd;
}

bool
park_drop(struct park *k)
{
	if (!k->oldest)
		return false;
	close(vacate(k, k->oldest)); /* leaves the epoll set too */
	return true;
}

static struct spot *
free_spot(struct park *k)
{
	if (!k->free && k->touched < PARK_MAX)
		return &k->spots[k->touched++];
	if (!k->free)
		park_drop(k);
	return k->free;
}

void
park_add(struct park *k, int fd)
{
	struct spot *s = free_spot(k);
	struct epoll_event on = { .events = EPOLLIN | EPOLLONESHOT,
		.data.ptr = s };

	if (s == k->free)
		k->free = s->after;
	if (epoll_ctl(k->epoll, EPOLL_CTL_ADD, fd, &on) &&
	    epoll_ctl(k->epoll, EPOLL_CTL_MOD, fd, &on)) {
		s->after = k->free;
		k->free = s;
		close(fd);
		return;
	}
	*s = (struct spot){ k->newest, NULL, fd, clock_mono_ms() + k->wait_ms };
	*(k->newest ? &k->newest->after : &k->oldest) = s;
	k->newest = s;
	k->count++;
}

static void
expire(struct park *k)
{
	int64_t now = clock_mono_ms();

	while (k->oldest && k->oldest->until_ms <= now)
		park_drop(k);
}

static void
sort_out(struct park *k, const struct epoll_event *got, int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (got[i].data.u64 & 1)
			k->found[k->found_n++] = (int)(got[i].data.u64 >> 1);
	for (i = 0; i < n; i++)
		if (!(got[i].data.u64 & 1))
			k->found[k->found_n++] = vacate(k, got[i].data.ptr);
}

void
park_wait(struct park *k, int64_t wait_ms)
{
	struct epoll_event got[FOUND_MAX];
	int64_t left;

	if (k->oldest) {
		left = k->oldest->until_ms - clock_mono_ms();
		if (wait_ms < 0 || left < wait_ms)
			wait_ms = left < 0 ? 0 : left;
	}
	k->found_n = 0;
	sort_out(k, got, epoll_wait(k->epoll, got, FOUND_MAX, (int)wait_ms));
	expire(k);
}

int
park_ready(struct park *k)
{
	return k->found_n ? k->found[--k->found_n] : -1;
}

size_t
park_count(const struct park *k)
{
	return k->count;
}
