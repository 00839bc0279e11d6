/* fetch_pool.c - what transfers of one provider credential share
 * SPDX-License-Identifier: Apache-2.0 */
#include "ext/fetch_pool.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

#define DRAIN_MAX 64 /* blocks read from a connection that is given up */

void
fetch_pool_disarm(struct fetch_pool *p)
{
	if (!p->armed)
		return;
	p->armed = false;
	if (p->armed_next)
		p->armed_next->armed_prev = p->armed_prev;
	if (p->armed_prev)
		p->armed_prev->armed_next = p->armed_next;
	else
		p->all->armed = p->armed_next;
}

static void
arm(struct fetch_pool *p, int64_t due_ms)
{
	p->due_ms = due_ms;
	if (p->armed)
		return;
	p->armed = true;
	p->armed_prev = NULL;
	p->armed_next = p->all->armed;
	if (p->armed_next)
		p->armed_next->armed_prev = p;
	p->all->armed = p;
}

/* One millisecond more than asked: libcurl does not repeat a timer that
 * fires before its time. */
static int
on_timer(CURLM *m, long ms, void *ctx)
{
	(void)m;
	if (ms < 0)
		fetch_pool_disarm(ctx);
	else
		arm(ctx, ms ? clock_mono_ms() + ms + 1 : 0);
	return 0;
}

static int
on_socket(CURL *h, curl_socket_t fd, int what, void *ctx, void *known)
{
	const struct fetch_pool *p = ctx;
	struct epoll_event ev = { .data.u64 =
				      (uint64_t)p->slot << 32 | (uint32_t)fd };

	(void)h;
	if (what == CURL_POLL_REMOVE) {
		epoll_ctl(p->all->epoll, EPOLL_CTL_DEL, fd, NULL);
		return 0;
	}
	ev.events = (what & CURL_POLL_IN ? EPOLLIN : 0u) |
	            (what & CURL_POLL_OUT ? EPOLLOUT : 0u);
	if (epoll_ctl(
		p->all->epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &ev))
		return -1;
	curl_multi_assign(p->multi, fd, ctx);
	return 0;
}

static struct fetch_pool **
bucket_of(struct fetch_pools *all, const struct guid *owner)
{
	return &all->bucket[(owner->at[0] ^ owner->at[15]) % FETCH_BUCKETS];
}

static void
pool_drop(struct fetch_pool *p)
{
	struct fetch_pools *all = p->all;
	struct fetch_pool **at = bucket_of(all, &p->owner);

	while (*at != p)
		at = &(*at)->same;
	*at = p->same;
	while (p->spares)
		curl_easy_cleanup(p->spare[--p->spares]);
	curl_multi_cleanup(p->multi);
	fetch_pool_disarm(p);
	all->slot[p->slot] = NULL;
	all->n--;
	free(p);
}

static void
drop_longest_idle(struct fetch_pools *all)
{
	struct fetch_pool *worst = NULL;
	unsigned i;

	for (i = 0; i < FETCH_SLOTS; i++) {
		struct fetch_pool *p = all->slot[i];

		if (p && !p->running &&
		    (!worst || p->idle_since_ms < worst->idle_since_ms))
			worst = p;
	}
	if (worst)
		pool_drop(worst);
}

static void
pool_options(struct fetch_pool *p)
{
	curl_multi_setopt(p->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(p->multi, CURLMOPT_SOCKETDATA, p);
	curl_multi_setopt(p->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(p->multi, CURLMOPT_TIMERDATA, p);
	curl_multi_setopt(p->multi, CURLMOPT_MAXCONNECTS, (long)FETCH_KEPT_MAX);
}

static struct fetch_pool *
pool_new(struct fetch_pools *all, const struct fetch_job *job)
{
	struct fetch_pool *p, **at = bucket_of(all, &job->owner);
	unsigned slot = 0;

	if (all->n >= FETCH_POOLS_MAX)
		drop_longest_idle(all);
	while (slot < FETCH_SLOTS && all->slot[slot])
		slot++;
	if (slot == FETCH_SLOTS)
		return NULL;
	if (!(p = calloc(1, sizeof *p)) || !(p->multi = curl_multi_init()))
		abort(); /* no memory */
	p->all = all;
	p->owner = job->owner;
	p->revision = job->revision;
	p->slot = slot;
	p->same = *at;
	*at = all->slot[slot] = p;
	all->n++;
	pool_options(p);
	return p;
}

/* The pool of this owner and revision. Older revisions met on the way are
 * marked: the sweep takes them once they are idle. */
struct fetch_pool *
fetch_pool_for(struct fetch_pools *all, const struct fetch_job *job)
{
	struct fetch_pool *p, *found = NULL;
	bool old = false;

	for (p = *bucket_of(all, &job->owner); p; p = p->same) {
		if (!guid_eq(&p->owner, &job->owner))
			continue;
		if (p->revision == job->revision)
			found = p;
		else if (p->revision < job->revision)
			p->old = true;
		else
			old = true;
	}
	if (!found && (found = pool_new(all, job)))
		found->old = old;
	return found;
}

/* ---- connections that are used again ----------------------------------------- */

/* What waits is thrown away too, or libcurl would look at it and think the
 * connection alive. It notices the end when it sends, and makes a new one. */
static void
give_up(int fd)
{
	char junk[4096];
	int i;

	shutdown(fd, SHUT_RDWR);
	for (i = 0; i < DRAIN_MAX; i++)
		if (recv(fd, junk, sizeof junk, MSG_DONTWAIT) <= 0)
			break;
}

static void
keep(struct fetch_pool *p, const struct fetch_kept *k)
{
	unsigned i = 0;

	while (i < p->kept_n && p->kept[i].fd != k->fd)
		i++;
	if (i == FETCH_KEPT_MAX) {
		give_up(k->fd);
		return;
	}
	p->kept[i] = *k;
	if (i == p->kept_n)
		p->kept_n++;
}

/* A stream of HTTP/2 has a number, so its bytes cannot be another's. */
void
fetch_pool_remember(struct fetch_pool *p, void *h)
{
	struct fetch_kept k = { 0 };
	curl_socket_t fd = CURL_SOCKET_BAD;
	const char *ip = NULL;
	long version = 0, port = 0;

	curl_easy_getinfo(h, CURLINFO_ACTIVESOCKET, &fd);
	curl_easy_getinfo(h, CURLINFO_HTTP_VERSION, &version);
	curl_easy_getinfo(h, CURLINFO_LOCAL_PORT, &port);
	curl_easy_getinfo(h, CURLINFO_LOCAL_IP, &ip);
	if (fd == CURL_SOCKET_BAD || version == CURL_HTTP_VERSION_2_0 || !ip)
		return;
	k.fd = fd;
	k.port = (int)port;
	strncpy(k.ip, ip, sizeof k.ip - 1);
	keep(p, &k);
}

static int
on_close(void *ctx, curl_socket_t fd)
{
	struct fetch_pool *p = ctx;
	unsigned i;

	for (i = 0; i < p->kept_n; i++)
		if (p->kept[i].fd == fd)
			p->kept[i--] = p->kept[--p->kept_n];
	return close(fd);
}

/* A connection has been chosen; the request is not sent yet. */
static int
on_chosen(void *ctx, char *to, char *from, int to_port, int port)
{
	struct fetch_run *r = ctx;
	const struct fetch_pool *p = r->pool;
	unsigned i;
	char c;

	(void)to;
	(void)to_port;
	r->chosen++;
	for (i = 0; i < p->kept_n; i++)
		if (p->kept[i].port == port && !strcmp(p->kept[i].ip, from) &&
		    recv(p->kept[i].fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) > 0)
			give_up(p->kept[i].fd);
	return CURL_PREREQFUNC_OK;
}

static CURL *
handle(struct fetch_pool *p, const char *ca_dir)
{
	CURL *h;

	if (p->spares)
		return p->spare[--p->spares];
	h = fetch_handle_new(ca_dir);
	curl_easy_setopt(h, CURLOPT_CLOSESOCKETFUNCTION, on_close);
	curl_easy_setopt(h, CURLOPT_CLOSESOCKETDATA, p);
	curl_easy_setopt(h, CURLOPT_PREREQFUNCTION, on_chosen);
	return h;
}

void
fetch_pool_lend(struct fetch_pool *p, struct fetch_run *r, const char *ca_dir)
{
	r->pool = p;
	r->easy = handle(p, ca_dir);
	curl_easy_setopt(r->easy, CURLOPT_PREREQDATA, r);
	p->running++;
}

/* What the handle still points at lives in the job's arena. A handle that
 * had to choose twice is not used again: libcurl 7.88 counts its retries for
 * life and gives up at the sixth. Nor one that holds a private key. */
void
fetch_pool_back(struct fetch_run *r)
{
	struct fetch_pool *p = r->pool;
	CURL *h = r->easy;

	if (!--p->running)
		p->idle_since_ms = clock_mono_ms();
	if (r->chosen > 1 || r->job->tls || p->spares == FETCH_SPARE_MAX) {
		curl_easy_cleanup(h);
		return;
	}
	curl_easy_setopt(h, CURLOPT_ERRORBUFFER, NULL);
	curl_easy_setopt(h, CURLOPT_RESOLVE, NULL);
	curl_easy_setopt(h, CURLOPT_HTTPHEADER, NULL);
	curl_easy_setopt(h, CURLOPT_POSTFIELDS, NULL);
	p->spare[p->spares++] = h;
}

void
fetch_pools_sweep(struct fetch_pools *all, int64_t now_ms)
{
	unsigned i;

	for (i = 0; i < FETCH_SLOTS; i++) {
		struct fetch_pool *p = all->slot[i];

		if (p && !p->running &&
		    (p->old || now_ms - p->idle_since_ms > FETCH_POOL_IDLE_MS))
			pool_drop(p);
	}
}

void
fetch_pools_clear(struct fetch_pools *all)
{
	unsigned i;

	for (i = 0; i < FETCH_SLOTS; i++)
		if (all->slot[i])
			pool_drop(all->slot[i]);
}
